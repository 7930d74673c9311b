import { assert, assertEquals } from "@std/assert";
import { TraceLog } from "./_trace_log.ts";

Deno.test("texts are made when they are read, and once", () => {
  const trace = new TraceLog();
  let made = 0;
  trace.add("<", () => `text ${++made}`, 10);
  trace.add("#", "given");
  assertEquals(made, 0);
  const texts = () => trace.entries.map(({ text }) => text);
  assertEquals(texts(), ["text 1", "given"]);
  assertEquals(texts(), ["text 1", "given"]);
});

Deno.test("what makes texts keeps little in memory, and only while its entry is kept", () => {
  const large = new TraceLog();
  let made = 0;
  const text = () => `text ${++made}`;
  for (let at = 0; at < 10; at++) large.add("<", text, 100_000);
  assertEquals(made, 8);
  const long = new TraceLog();
  made = 0;
  for (let at = 0; at < 50_000; at++) long.add("<", text, 50);
  assertEquals(made, 0);
  const { entries } = long;
  assert(entries.length < 2_000);
  assertEquals(made, entries.length - 1);
});
