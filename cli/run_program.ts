/**
 * Runs a program of the runtime in place of this one.
 *
 * @module
 */

import type { Terminal } from "./terminal.ts";

/** Runs a program with the arguments of `deno run`, and returns its exit status. */
export async function runProgram(
  args: readonly string[],
  { signal }: Terminal,
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", ...args],
  }).spawn();
  signal.addEventListener("abort", () => child.kill("SIGTERM"), {
    once: true,
  });
  return (await child.status).code;
}
