/**
 * The main loop of a worker process, which performs the work that arrives on
 * stdin.
 *
 * @module
 */

import process from "node:process";
import { TextLineStream } from "@std/streams";
import type { Answer, Figures, Work, WorkHandlers } from "./_work.ts";

/**
 * Performs each line of work from stdin and writes the answer to stdout, until
 * stdin ends.
 */
export async function work(handlers: WorkHandlers): Promise<void> {
  const lines = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    console.log(
      JSON.stringify(await answer(JSON.parse(line), { memory, ...handlers })),
    );
  }
}

async function answer(work: Work, handlers: WorkHandlers): Promise<Answer> {
  const handler = handlers[work.kind] as
    | ((work: Work) => Figures | Promise<Figures>)
    | undefined;
  try {
    if (handler === undefined) {
      throw new Error(
        `Cannot perform ${work.kind}: wanted one of ${Object.keys(handlers)}`,
      );
    }
    return { figures: await handler(work) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Measures memory, after a garbage collection if the process runs with
 * `--expose-gc`.
 */
function memory(): Figures {
  // The peak that the operating system has recorded; sampling would miss it.
  const peak = process.resourceUsage().maxRSS * 1024;
  (globalThis as { gc?: () => void }).gc?.();
  return { resident: Deno.memoryUsage().rss, peak };
}
