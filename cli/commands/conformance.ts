/**
 * The subcommand `conformance`.
 *
 * @module
 */

import { type Command, UsageError } from "../command.ts";
import { runProgram } from "../run_program.ts";

/** The program of the suite, which is a package of its own. */
const SUITE = "@gotalk/conformance/cli";

/** Runs the conformance suite. */
export const conformanceCommand: Command = {
  about: "Runs the conformance suite, where it is installed.",
  words: ["[ARGUMENT…]"],
  options: [],
  passesArguments: true,
  examples: [
    ["conformance --help", "the commands of the suite"],
    ["conformance run --target tcp://localhost:1234", "test a server"],
  ],
  async run({ words }, terminal) {
    return await runProgram([suiteUrl(), ...words], terminal);
  },
};

/**
 * Returns the URL of the program of the suite.
 *
 * @throws {UsageError} If it is not installed.
 */
export function suiteUrl(
  resolve: (specifier: string) => string = (specifier) =>
    import.meta.resolve(specifier),
): string {
  try {
    return resolve(SUITE);
  } catch {
    throw new UsageError(
      `the suite is not installed here: run deno run -A jsr:${SUITE} instead`,
    );
  }
}
