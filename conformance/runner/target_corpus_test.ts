/** The whole corpus against `serve`, a server of which nothing is known but its address. */

import { assert, assertEquals } from "@std/assert";
import { main } from "../main.ts";
import type { Report } from "./judging/report.ts";
import { isBad } from "./judging/verdicts.ts";

/** How many cases apply at least. */
const LEAST = { tcp: 500, websocket: 600 } as const;

for (const [transport, least] of Object.entries(LEAST)) {
  Deno.test(`serve passes all cases that apply to a target over ${transport}, at level should`, async () => {
    const path = await Deno.makeTempFile();
    const serving = new AbortController();
    const { promise: listening, resolve } = Promise.withResolvers<string>();
    const served = main(["serve", `--${transport}`, "127.0.0.1:0"], {
      out: (text) => {
        if (text.startsWith("{")) resolve(JSON.parse(text).address);
      },
      err: () => {},
      signal: serving.signal,
    });
    let out = "";
    try {
      const status = await main([
        "run",
        `--target=${await listening}`,
        "--level=should",
        // The machine may have much else to do.
        "--timeout-scale=3",
        `--report=json:${path}`,
      ], {
        out: (text) => void (out += text),
        err: () => {},
        signal: new AbortController().signal,
      });
      const report: Report = JSON.parse(await Deno.readTextFile(path));
      assertEquals(
        report.results.filter(({ verdict }) => isBad(verdict))
          .map(({ name, reason }) => [name, reason]),
        [],
      );
      assertEquals(status, 0, out);
      assertEquals(report.leftOut, undefined);
      const { applied } = report.target!;
      assert(applied >= least, `only ${applied} cases apply`);
    } finally {
      serving.abort();
      await Promise.all([served, Deno.remove(path)]);
    }
  });
}
