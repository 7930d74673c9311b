/**
 * Runs a subcommand without checking certificates.
 *
 * The runtime decides this for a whole process, before it starts: so the program
 * starts again.
 *
 * @module
 */

import type { Terminal } from "./terminal.ts";

/** Runs the program with other arguments, and returns its exit status. */
export async function runInsecurely(
  args: readonly string[],
  { signal }: Terminal,
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--unsafely-ignore-certificate-errors",
      Deno.mainModule,
      ...args,
    ],
  }).spawn();
  signal.addEventListener("abort", () => child.kill("SIGTERM"), {
    once: true,
  });
  return (await child.status).code;
}
