/**
 * Streams of JSON values between our peer and the Go reference, whose handlers
 * read and write JSON part by part.
 *
 * @module
 */

import { Handlers } from "@gotalk/gotalk";
import { text } from "@gotalk/gotalk/codec";
import { assertEquals } from "@std/assert";
import type { AdapterCall } from "./_adapter.ts";
import { goTests } from "./_go.ts";

const handlers = new Handlers()
  .handleValues("scale", async function* ({ by }: { by: number }, { values }) {
    for await (const value of values) yield Number(value) * by;
  })
  .handleValues("ticks", function* () {
    for (let n = 0; n < 3; n++) yield { n };
  });

goTests("returns a value for each value that is sent", async ({ ours }) => {
  const long = "é".repeat(20_000); // More than maxPartBytes.
  const values = [2, null, { a: [1] }, long];
  const echoed = ours.values("stream-echo", "first", { values });
  assertEquals(await Array.fromAsync(echoed), ["first", ...values]);
});

goTests("receives an input, and returns values", async ({ ours }) => {
  const counted = ours.values("count", { parts: 3 }, { values: [] });
  assertEquals(await Array.fromAsync(counted), [1, 2, 3]);
  for await (const _ of ours.values("stream-echo", 1)) break;
  assertEquals(await ours.requestText("echo", "on"), "on");
});

goTests("requests values from our peer", async ({ theirs }) => {
  const call = await theirs.openStream("scale");
  for (const part of ['{"by":10}', "1", " 2 "]) {
    await call.write(text.encode(part));
  }
  await call.end();
  assertEquals(await partsOf(call), ["10", "20"]);
  const ticks = await theirs.openStream("ticks");
  await ticks.write(new Uint8Array(0)); // Go sends the request with the first write.
  await ticks.end();
  assertEquals(await partsOf(ticks), ['{"n":0}', '{"n":1}', '{"n":2}']);
}, { handlers });

/** Returns the parts of the answer to a call, as text. */
async function partsOf(call: AdapterCall): Promise<string[]> {
  const report = await call.settled();
  if (!("parts" in report)) throw new Error(JSON.stringify(report));
  return (report.parts ?? []).map((part) => text.decode(part));
}
