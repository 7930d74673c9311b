import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import { gotalk, RunningProgram } from "../testing/program.ts";

const handlers = new Handlers()
  .handle("greet", ({ name }: { name: string }) => `Hello ${name}`)
  .handleText("echo", (text) => text)
  .handle("leave", (_: unknown, { peer }) => peer.abort())
  .onNotification("seen", (value, { peer }) => peer.notify("thanks", value));

Deno.test("repl carries out each line, and goes on after an error", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const { status, out, err } = await gotalk(["repl", server.address], {
    input: `greet {"name": "you"}
nope
.text echo a b
greet {
.frob
.notify
echo -

.help
.stats
.exit
greet {"name":"nobody"}`,
  });
  assertEquals(status, 0);
  assertEquals(
    out.startsWith('"Hello you"\na b\nOPERATION [INPUT] '),
    true,
    out,
  );
  assertMatch(out, /^messagesOut +\d+$/m);
  assertEquals(out.includes("nobody"), false);
  const errors = err.trim().split("\n");
  assertEquals(errors.length, 5);
  for (
    const [index, message] of [
      "unknown operation",
      "is not JSON",
      "there is no .frob",
      "a name is missing",
      "INPUT is JSON or @FILE",
    ].entries()
  ) assertStringIncludes(errors[index]!, message);
});

Deno.test("repl has the status of the last line of a script", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const ended = await gotalk(["repl", server.address], { input: "nope\n" });
  assertEquals(ended.status, 1);
});

Deno.test("repl shows notifications, and ends at Ctrl-C", async () => {
  await using server = await serve({ port: 0 }, handlers);
  await using program = new RunningProgram(["repl", server.address]);
  await program.write('.notify seen {"id":7}\n');
  assertEquals(await program.line(), 'notification thanks {"id":7}');
  assertEquals(await program.interrupt(), 130);
});

Deno.test("repl ends with the connection", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const ended = await gotalk(["repl", server.address], { input: "leave\n" });
  assertEquals(ended.status, 3);
  assertEquals((await gotalk(["repl", "tcp://127.0.0.1:1"])).status, 3);
});
