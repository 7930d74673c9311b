/**
 * Runs several Deno commands after each other and says which of them hold.
 *
 * @module
 */

/** One `deno` command, and the name under which it is reported. */
export interface Step {
  name: string;
  args: string[];
}

/**
 * Runs all steps in the folder of the project, also after one that fails.
 * Writes a line `# NAME: passed` or `# NAME: FAILED` after each.
 *
 * @returns Whether every step passed.
 */
export async function runSteps(steps: Step[]): Promise<boolean> {
  let passed = true;
  for (const { name, args } of steps) {
    console.log(`# ${name}: deno ${args.join(" ")}`);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: new URL("../", import.meta.url),
      stdin: "null", // so that nothing asks
    }).spawn().status;
    console.log(`# ${name}: ${success ? "passed" : "FAILED"}`);
    passed &&= success;
  }
  return passed;
}
