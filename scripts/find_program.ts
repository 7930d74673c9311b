/**
 * The programs that tests need.
 *
 * @module
 */

/**
 * Finds the first of some programs that can run, by running it with arguments
 * that do no harm.
 *
 * Where none can, the tests that need it are skipped: see {@linkcode needing}.
 * With `CI=true` in the environment the result is the first of them instead, so
 * that these tests fail.
 *
 * @returns The program, or `undefined` if none can run.
 */
export async function findProgram(
  candidates: readonly [string, ...string[]],
  ...harmless: string[]
): Promise<string | undefined> {
  for (const program of candidates) {
    if (await canRun(program, ...harmless)) return program;
  }
  return Deno.env.get("CI") === "true" ? candidates[0] : undefined;
}

/**
 * Returns whether a program can run, by running it with arguments that do no
 * harm: for tests that are skipped in CI too where it is missing.
 */
export async function canRun(
  program: string,
  ...harmless: string[]
): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args: harmless });
    // A program that exists but cannot run, such as a launcher with nothing
    // to launch, is as good as none.
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Makes a test that is skipped where something that it needs is missing. Its
 * name then ends with the first thing that is missing, `(skipped: no go)`,
 * which `deno task test` counts.
 *
 * @param needs What the test needs, by a name that readers know; `undefined`
 * for what is missing.
 */
export function needing(
  needs: Readonly<Record<string, string | undefined>>,
  test: Deno.TestDefinition,
): Deno.TestDefinition {
  const missing = Object.keys(needs).find((name) => needs[name] === undefined);
  if (missing === undefined) return test;
  return {
    ...test,
    name: `${test.name} (skipped: no ${missing})`,
    ignore: true,
  };
}
