/** The whole corpus against `serve`, a server of which nothing is known but its address. */

import { assert, assertEquals } from "@std/assert";
import { main } from "../main.ts";
import type { Report } from "./judging/report.ts";
import { isBad } from "./judging/verdicts.ts";

/** How many cases apply at least. */
const LEAST = { tcp: 500, websocket: 600 } as const;

/** Runs the suite against a target, and returns the report. */
async function judged(target: string, ...options: string[]): Promise<Report> {
  const path = await Deno.makeTempFile();
  try {
    await main([
      "run",
      `--target=${target}`,
      "--level=should",
      // The machine may have much else to do.
      "--timeout-scale=3",
      `--report=json:${path}`,
      ...options,
    ], {
      out: () => {},
      err: () => {},
      signal: new AbortController().signal,
    });
    return JSON.parse(await Deno.readTextFile(path));
  } finally {
    await Deno.remove(path);
  }
}

/** The runs that fail, each with the reason. */
function failuresIn({ results }: Report): [name: string, reason: string][] {
  return results.filter(({ verdict }) => isBad(verdict))
    .map(({ name, reason = "" }) => [name, reason]);
}

/** How many runs may have to be judged again, alone: on a machine that stands still, some take too long. */
const MOST_AGAIN = 12;

for (const [transport, least] of Object.entries(LEAST)) {
  Deno.test(`serve passes all cases that apply to a target over ${transport}, at level should`, async () => {
    const serving = new AbortController();
    const { promise: listening, resolve } = Promise.withResolvers<string>();
    const served = main(["serve", `--${transport}`, "127.0.0.1:0"], {
      out: (text) => {
        if (text.startsWith("{")) resolve(JSON.parse(text).address);
      },
      err: () => {},
      signal: serving.signal,
    });
    try {
      const address = await listening;
      const report = await judged(address);
      assertEquals(report.leftOut, undefined);
      const { applied } = report.target!;
      assert(applied >= least, `only ${applied} cases apply`);
      const failures = failuresIn(report);
      if (failures.length === 0) return assertEquals(report.status, 0);
      assert(failures.length <= MOST_AGAIN, Deno.inspect(failures));
      const names = failures.map(([name]) => `--run=${name}`);
      const again = await judged(address, "--jobs=1", ...names);
      assertEquals(failuresIn(again), []);
      assertEquals(again.status, 0);
    } finally {
      serving.abort();
      await served;
    }
  });
}
