/**
 * Runs a program of the runtime in place of this one.
 *
 * @module
 */

import { SIGNALS, type Terminal } from "./terminal.ts";

/** Runs a program with the arguments of `deno run`, and returns its exit status. */
export async function runProgram(
  args: readonly string[],
  { signal, hasColors }: Terminal,
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", ...args],
    env: hasColors ? {} : { NO_COLOR: "1" },
  }).spawn();
  signal.addEventListener("abort", () => {
    const isInterrupt = signal.reason?.status === SIGNALS.SIGINT;
    // A terminal has sent it to both.
    if (isInterrupt && Deno.stdin.isTerminal()) return;
    child.kill(isInterrupt ? "SIGINT" : "SIGTERM");
  }, { once: true });
  return (await child.status).code;
}
