/**
 * Runs a subcommand without checking certificates.
 *
 * The runtime decides this for a whole process, before it starts: so the program
 * starts again.
 *
 * @module
 */

import { runProgram } from "./run_program.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the program with other arguments, and returns its exit status. */
export async function runInsecurely(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  return await runProgram(
    ["--unsafely-ignore-certificate-errors", Deno.mainModule, ...args],
    terminal,
  );
}
