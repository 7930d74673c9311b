import { assertEquals, assertStringIncludes } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import { gotalk, RunningProgram } from "../testing/program.ts";

Deno.test("ping measures round trips, also of a peer without the operation", async () => {
  await using server = await serve({ port: 0 }, new Handlers());
  const args = ["ping", server.address, "--interval", "1ms"];
  const { status, out, err } = await gotalk([...args, "--count", "3"]);
  assertEquals([status, err], [0, ""]);
  assertEquals(out.match(/^\d+ answered in [\d.]+ (µs|ms|s)$/gm)?.length, 3);
  assertStringIncludes(out, "3 round trips\nmin ");
  const quiet = await gotalk([...args, "--count", "20", "--json"]);
  const report = JSON.parse(quiet.out);
  assertEquals([report.ok, report.count], [true, 20]);
  assertEquals(report.min <= report.p50 && report.p50 <= report.max, true);
});

Deno.test("ping prints a summary at Ctrl-C", async () => {
  await using server = await serve({ port: 0 }, new Handlers());
  await using program = new RunningProgram([
    "ping",
    server.address,
    "--interval=1m",
  ]);
  assertStringIncludes((await program.line())!, "1 answered in ");
  assertEquals(await program.interrupt(), 130);
});

Deno.test("ping ends when time runs out", async () => {
  await using server = await serve(
    { port: 0 },
    new Handlers().handle("ping", () => new Promise(() => {})),
  );
  const ended = await gotalk(["ping", server.address, "--timeout", "50ms"]);
  assertEquals([ended.status, ended.out], [4, ""]);
});
