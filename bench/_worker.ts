/**
 * The inner side of a process of the harness: does the work that comes line by line.
 *
 * @module
 */

import process from "node:process";
import { TextLineStream } from "@std/streams";
import type { Answer, Figures, Skills, Work } from "./_work.ts";

/** Does what stdin says and answers on stdout, until stdin ends. */
export async function work(skills: Skills): Promise<void> {
  const lines = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    console.log(
      JSON.stringify(await answer(JSON.parse(line), { memory, ...skills })),
    );
  }
}

async function answer(work: Work, skills: Skills): Promise<Answer> {
  const skill = skills[work.kind] as
    | ((work: Work) => Figures | Promise<Figures>)
    | undefined;
  try {
    if (skill === undefined) {
      throw new Error(
        `Cannot do ${work.kind}: wanted one of ${Object.keys(skills)}`,
      );
    }
    return { figures: await skill(work) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Without garbage, as far as the process was started with `--expose-gc`. */
function memory(): Figures {
  // What the operating system saw at most, not what happens to be there when one looks.
  const peak = process.resourceUsage().maxRSS * 1024;
  (globalThis as { gc?: () => void }).gc?.();
  return { resident: Deno.memoryUsage().rss, peak };
}
