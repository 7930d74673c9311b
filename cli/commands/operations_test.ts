import { assertEquals, assertStringIncludes } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import * as z from "npm:zod@4.6";
import { runHere } from "../testing/in_process.ts";
import { gotalk, RunningProgram } from "../testing/program.ts";

const handlers = new Handlers()
  .handle("greet", ({ name }) => `Hello ${name}`, {
    input: z.object({ name: z.string() }),
    output: z.string(),
  })
  .handleStream("gzip", (parts) => parts)
  .handleValues("count", function* () {})
  .onNotification("se\nen", () => {});

Deno.test("operations lists what a peer handles, with schemas on request", async () => {
  await using server = await serve({ port: 0, listOperations: true }, handlers);
  const { status, out, err } = await gotalk(["operations", server.address]);
  assertEquals([status, err], [0, ""]);
  assertEquals(
    out,
    "count   stream of values\n" +
      "greet   request of json, schema of input and output\n" +
      "gzip    stream of bytes\n" +
      "se\\nen  notification of json\n",
  );
  const one = await runHere([
    "operations",
    server.address,
    "greet",
    "--schemas",
  ]);
  assertStringIncludes(one.out, "greet  request of json\n  input {");
  assertStringIncludes(one.out, '"required":["name"]');
  const json = await runHere(["operations", server.address, "--json"]);
  const list = json.out.trimEnd().split("\n").map((text) => JSON.parse(text));
  assertEquals(list.map(({ name }) => name), [
    "count",
    "greet",
    "gzip",
    "se\nen",
  ]);
  const missing = await runHere(["operations", server.address, "nope"]);
  assertEquals([missing.status, missing.out], [1, ""]);
  assertStringIncludes(missing.err, "the remote peer lists no nope");
});

Deno.test("operations of a peer that reveals none are an error", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const { status, out, err } = await runHere(["operations", server.address]);
  assertEquals([status, out], [1, ""]);
  assertStringIncludes(err, "unknown operation");
  assertStringIncludes(err, "only with listOperations, or serve --list");
});

Deno.test("serve --list reveals what it serves, and repl shows it", async () => {
  await using program = new RunningProgram([
    "serve",
    "tcp://127.0.0.1:0",
    "--list",
    "--quiet",
    "--exec=upper=tr a-z A-Z",
    '--reply=v={"v":1}',
  ]);
  const url = (await program.line())!.replace("listening at ", "");
  const { out } = await runHere(["operations", url]);
  assertEquals(
    out,
    "upper  request of bytes\nupper  stream of bytes\nv      request of bytes\n",
  );
  const repl = await gotalk(["repl", url], { input: ".operations\n" });
  assertEquals(repl.out.split("\n")[0], "upper (request of bytes)");
});
