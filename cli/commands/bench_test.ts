import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { Handlers, OperationError, serve } from "@gotalk/gotalk";
import { gotalk } from "../testing/program.ts";

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handle("fail", () => {
    throw new OperationError("no");
  });

Deno.test("bench measures requests over several connections", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const args = ["bench", server.address, "--duration", "50ms"];
  const ended = await gotalk([...args, "echo", '"x"', "--connections=3"]);
  assertEquals([ended.status, ended.err], [0, ""]);
  assertStringIncludes(ended.out, "0 answered with an error\nmin ");
  const report = JSON.parse((await gotalk([...args, "--json"])).out);
  assertGreater(report.perSecond, 0);
  // The default operation need not exist.
  assertEquals([report.ok, report.errors], [true, report.count]);
});

Deno.test("bench ends with a status for errors of the operation", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const args = ["bench", server.address, "--duration=10ms"];
  const { status, out, err } = await gotalk([...args, "fail", "--json"]);
  assertEquals([status, JSON.parse(out).ok], [1, false]);
  assertEquals(err.match(/\n/g)?.length, 1);
  assertStringIncludes(err, 'gotalk: Cannot complete "fail": ');
  assertEquals((await gotalk([...args, "--concurrency=0"])).status, 2);
});
