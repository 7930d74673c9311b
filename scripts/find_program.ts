/**
 * The programs that tests need.
 *
 * @module
 */

/**
 * Finds the first of some programs that is there, by running it in a harmless way.
 *
 * Where none is, the tests that need it are to be skipped, which is said here: the result is
 * `undefined`. Only where the environment says `CI=true` it is the first one, so that they fail.
 */
export async function findProgram(
  candidates: readonly [string, ...string[]],
  ...harmless: string[]
): Promise<string | undefined> {
  for (const program of candidates) {
    try {
      const command = new Deno.Command(program, { args: harmless });
      // One that is there but cannot run, such as a launcher with nothing to launch, is as good as none.
      if ((await command.output()).success) return program;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const [program] = candidates;
  if (Deno.env.get("CI") === "true") return program;
  console.warn(`There is no ${program}: the tests that need it are skipped`);
  return undefined;
}
