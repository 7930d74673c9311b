import { assertEquals, assertMatch } from "@std/assert";
import { DEFAULT_LIMITS, Handlers, serve } from "@gotalk/gotalk";
import { STATUS } from "./failure.ts";
import { standardInput } from "./input.ts";
import { runHere } from "./testing/in_process.ts";
import { gotalk, RunningProgram } from "./testing/program.ts";

const MAIN = new URL("main.ts", import.meta.url).pathname;
const NO_SPACE = "gotalk: No space left on device (os error 28)\n";

/** Runs the program with a full disk as its standard output. */
async function gotalkToFullDisk(input: string, ...args: string[]) {
  const run = [Deno.execPath(), "run", "--allow-all", "--no-check", MAIN];
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" > /dev/full', "sh", ...run, ...args],
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stderr } = await child.output();
  return [code, new TextDecoder().decode(stderr)];
}

Deno.test({
  name: "a full disk is one line and status 1, whatever is printed",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const handlers = new Handlers()
      .handle("echo", (value: unknown) => value)
      .handleStream("echo", (parts) => parts);
    await using server = await serve({ port: 0 }, handlers);
    const { address } = server;
    for (
      const [input, ...args] of [
        ["", "request", address, "echo", "1"],
        ["", "request", address, "echo", "1", "--json"],
        ["", "request", `${address}/`, "echo", "1", "--json"],
        ["abc\n", "stream", address, "echo"],
        ["1\n", "stream", address, "echo", "--values"],
        ["01n001a00000000", "decode", "-"],
        ["", "--help"],
      ] as const
    ) {
      const ended = await gotalkToFullDisk(input, ...args);
      assertEquals(ended, [STATUS.remoteError, NO_SPACE], args.join(" "));
    }
  },
});

Deno.test("an interrupt ends the wait for standard input", async () => {
  await using program = new RunningProgram(["decode", "-"]);
  await program.write("01n001a00000000");
  assertEquals(await program.line(), 'Notification "a" 0 bytes');
  assertEquals(await program.interrupt(), 130);
});

Deno.test("standard input fails with the reason of its signal", async () => {
  const reason = new Error("enough");
  const input = standardInput(AbortSignal.abort(reason));
  const error = await input.getReader().read().catch((error) => error);
  assertEquals(error, reason);
});

Deno.test("a result that is too large is no wrong argument, quickly or not", async () => {
  const large = new Uint8Array(DEFAULT_LIMITS.maxPayloadBytes + 1);
  const handlers = new Handlers().handleBytes("large", () => large);
  await using server = await serve({ port: 0 }, handlers);
  for (const url of [server.address, `${server.address}/`]) {
    const { status, out, err } = await runHere(["request", url, "large"]);
    assertEquals([status, out], [STATUS.remoteError, ""], err);
    assertMatch(err, /^gotalk: [^\n]+ its payload is 16777217 bytes[^\n]+\n$/);
  }
});

Deno.test("names that cannot be sent are wrong arguments, quickly or not", async () => {
  await using server = await serve({ port: 0 }, new Handlers());
  for (const url of [server.address, `${server.address}/`]) {
    for (
      const [command, name] of [
        ["request", "a".repeat(5000)],
        ["notify", "a".repeat(5000)],
        ["notify", "gotalk:x"],
      ] as const
    ) {
      const { status, out, err } = await gotalk([command, url, name, "1"]);
      assertEquals([status, out], [STATUS.usage, ""], err);
      assertMatch(err, /^gotalk: [^\n]+\n$/);
    }
  }
});
