/**
 * Runs a command with the terminal of this process, and reports how it failed.
 *
 * @module
 */

import { failureOf } from "./failure.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** Runs with the terminal of this process, and returns the exit status; a failure is printed. */
export async function reported(
  args: readonly string[],
  run: (terminal: Terminal) => Promise<number>,
): Promise<number> {
  using terminal = processTerminal();
  try {
    return await run(terminal);
  } catch (error) {
    const { status, ...failure } = failureOf(error);
    try {
      if (status < 128) {
        if (args.includes("--json")) {
          const report = { ok: false, status, ...failure };
          terminal.out(`${JSON.stringify(report)}\n`);
        }
        terminal.note(`gotalk: ${failure.message}`);
      }
    } catch {
      // Nobody reads it.
    }
    return status;
  }
}
