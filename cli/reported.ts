/**
 * Runs a command with the terminal of this process, and reports how it failed.
 *
 * @module
 */

import { failureOf } from "./failure.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/**
 * Runs with the terminal of this process, and returns the exit status; a failure is
 * printed.
 *
 * @param listens Whether the terminal listens for signals; see `processTerminal`.
 */
export async function reported(
  args: readonly string[],
  run: (terminal: Terminal) => Promise<number>,
  listens: boolean = true,
): Promise<number> {
  using terminal = processTerminal(listens);
  try {
    return await run(terminal);
  } catch (error) {
    // What fails after an interrupt fails because of it.
    const { signal } = terminal;
    const { status, ...failure } = failureOf(
      signal.aborted ? signal.reason : error,
    );
    if (status >= 128) return status;
    const report = JSON.stringify({ ok: false, status, ...failure });
    for (
      const print of [
        () => args.includes("--json") && terminal.out(`${report}\n`),
        () => terminal.note(`gotalk: ${failure.message}`),
      ]
    ) {
      try {
        print();
      } catch {
        // Nobody reads it, or the disk is full.
      }
    }
    return status;
  }
}
