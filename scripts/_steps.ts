/**
 * Runs Deno commands quietly: the output of a command is shown only if it fails.
 *
 * @module
 */

import { ROOT } from "./_project_files.ts";

/** One `deno` command, and the name under which it is reported. */
export interface Step {
  name: string;
  args: string[];
}

/** How a command ended. */
export interface Outcome {
  success: boolean;
  /** All that it printed, both streams in the order in which it arrived. */
  output: string;
  /** How long it took. */
  seconds: number;
}

/** Runs `deno` in the folder of the project. */
export async function runDeno(args: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null", // so that nothing prompts
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
    }
  };
  const [{ success }] = await Promise.all([
    child.status,
    collect(child.stdout),
    collect(child.stderr),
  ]);
  return { success, output, seconds: (performance.now() - start) / 1000 };
}

/** Prints the name of a step, while it runs. */
export function begin(name: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${name} ... `));
}

/** Completes the line of a step, and prints details below it. */
export function end(result: string, seconds: number, details = ""): void {
  console.log(`${result} (${seconds.toFixed(seconds < 10 ? 1 : 0)} s)`);
  if (details !== "") console.log(`\n${details.trim()}\n`);
}
