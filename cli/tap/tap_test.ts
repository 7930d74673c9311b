import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, Handlers, serve } from "@gotalk/gotalk";
import { listenTcp } from "@gotalk/gotalk/transport/tcp";
import { WebSocket, WebSocketServer } from "ws";
import { EXTENSION_BYTES, EXTENSION_LINES } from "../testing/extensions.ts";
import { openTap, type TapEntry } from "./mod.ts";

const handlers = new Handlers().handle(
  "greet",
  (name: string) => `Hello ${name}`,
);
const limits = { heartbeatInterval: Infinity };

/** The printed lines, without numbers and times. */
function plain(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^\d+ +[\d.]+ ms /, ""));
}

for (const transport of ["tcp", "websocket"] as const) {
  Deno.test(`what passes over ${transport} is shown, and arrives`, async () => {
    const lines: string[] = [];
    const entries: TapEntry[] = [];
    const ends = Promise.withResolvers<void>();
    await using server = await serve({ transport, port: 0, limits }, handlers);
    await using tap = await openTap({
      listen: `${transport === "tcp" ? "tcp" : "ws"}://127.0.0.1:0`,
      target: server.address,
      onEntry: (entry) => entries.push(entry),
      print(line) {
        lines.push(line);
        if (
          lines.filter((each) => /(end|closed with 1000)$/.test(each))
            .length === 2
        ) ends.resolve();
      },
    });
    const peer = await connect(tap.address, {
      limits,
      extensions: false,
    });
    assertEquals(await peer.request("greet", "you"), "Hello you");
    await peer.close();
    await ends.promise;
    const request = entries.find(({ message }) =>
      message?.kind === "SingleRequest"
    );
    assertEquals([request?.by, request?.connection], [
      ">",
      Number(lines[0]!.split(" ")[0]),
    ]);
    assertEquals(entries.length, lines.length);
    const printed = plain(lines);
    const end = transport === "tcp" ? "end" : "closed with 1000";
    assertStringIncludes(printed.shift()!, "# connection from ");
    assertEquals(printed.filter((line) => line.startsWith(">")), [
      "> version 01",
      `> SingleRequest 0000 "greet" 5 bytes "\\"you\\""`,
      `> ${end}`,
    ]);
    assertEquals(
      printed.filter((line) => line.startsWith("<")).map((line) =>
        line.slice(0, 16)
      ),
      [
        "< version 01",
        "< SingleResult 0",
        `< ${end}`.slice(0, 16),
      ],
    );
  });
}

Deno.test("a tap says what extensions mean", async () => {
  await using server = listenTcp({ port: 0 });
  const { port } = new URL(server.address);
  const lines: string[] = [];
  const ended = Promise.withResolvers<void>();
  await using tap = await openTap({
    listen: "tcp://127.0.0.1:0",
    target: `tcp://127.0.0.1:${port}`,
    print(line) {
      lines.push(line);
      if (line.endsWith("> end")) ended.resolve();
    },
  });
  using conn = await Deno.connect({ port: Number(new URL(tap.address).port) });
  await conn.write(new TextEncoder().encode(`01${EXTENSION_BYTES}`));
  await conn.closeWrite();
  await ended.promise;
  assertEquals(
    plain(lines).slice(1),
    ["version 01", ...EXTENSION_LINES, "end"].map((line) => `> ${line}`),
  );
});

Deno.test("bytes that are not a message are shown up to the error, and forwarded", async () => {
  const lines: string[] = [];
  await using target = listenTcp();
  await using tap = await openTap({
    listen: "tcp://127.0.0.1:0",
    target: target.address,
    print: (line) => lines.push(line),
  });
  const near = await Deno.connect({
    port: Number(new URL(tap.address).port),
  });
  await near.write(new TextEncoder().encode("01xyz"));
  const far = await target.accept();
  assertEquals(new TextDecoder().decode((await far!.read())!), "01xyz");
  assertStringIncludes(plain(lines).at(-1)!, "its kind is");
  await far!.close();
  near.close();
});

Deno.test("a missing target ends the connection", async () => {
  const gone = listenTcp();
  gone.close();
  const { promise: line, resolve } = Promise.withResolvers<string>();
  await using tap = await openTap({
    listen: "tcp://127.0.0.1:0",
    target: gone.address,
    print: (line) => line.includes("Cannot connect") && resolve(line),
  });
  await assertRejects(() => connect(tap.address));
  assertStringIncludes(await line, gone.address);
});

Deno.test("addresses of different kinds are refused", async () => {
  for (
    const [listen, target] of [["tcp://127.0.0.1:0", "ws://127.0.0.1:1"], [
      "ws://127.0.0.1:0",
      "tcp://127.0.0.1:1",
    ], ["x", "y"]] as const
  ) {
    await assertRejects(
      () => openTap({ listen, target, print() {} }),
      TypeError,
      "Cannot forward connections",
    );
  }
});

for (const transport of ["tcp", "websocket"] as const) {
  Deno.test({
    name: `a recording over ${transport} that fails ends, and nothing else`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const folder = await Deno.makeTempDir();
      // Connections are numbered throughout the program.
      for (let number = 1; number < 300; number++) {
        await Deno.symlink("/dev/full", `${folder}/${number}.sent`);
      }
      const lines: string[] = [];
      await using server = await serve({ transport, port: 0 }, handlers);
      const tap = await openTap({
        listen: `${transport === "tcp" ? "tcp" : "ws"}://127.0.0.1:0`,
        target: server.address,
        print: (line) => lines.push(line),
        record: `${folder}/`,
      });
      const peer = await connect(tap.address);
      assertEquals(await peer.request("greet", "you"), "Hello you");
      await peer.close();
      await tap[Symbol.asyncDispose]();
      const failures = plain(lines).filter((line) => /record/.test(line));
      assertEquals(failures.length, 1);
      assertStringIncludes(failures[0]!, "# the recording ends: ");
      await Deno.remove(folder, { recursive: true });
    },
  });
}

Deno.test("a tap over websocket takes no more than its target does", async () => {
  const MESSAGES = 20, SIZE = 1024 * 1024;
  const { promise: arrives, resolve: arrive } = Promise.withResolvers<
    () => void
  >();
  const { promise: complete, resolve: end } = Promise.withResolvers<void>();
  const target = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    verifyClient: (_: unknown, decide: (accepts: boolean) => void) =>
      arrive(() => decide(true)),
  });
  await new Promise<void>((resolve) => target.on("listening", resolve));
  let received = 0;
  target.on(
    "connection",
    (socket: WebSocket) =>
      socket.on("message", (data: Uint8Array) => {
        received += data.length;
        if (received === MESSAGES * SIZE) end();
      }),
  );
  await using tap = await openTap({
    listen: "ws://127.0.0.1:0",
    target: `ws://127.0.0.1:${(target.address() as { port: number }).port}`,
    print() {},
    maxPayloadBytes: 0,
  });
  const client = new WebSocket(tap.address);
  await new Promise<void>((resolve) => client.on("open", () => resolve()));
  let taken = 0;
  for (let n = 0; n < MESSAGES; n++) {
    client.send(new Uint8Array(SIZE), () => taken++);
  }
  const open = await arrives;
  // What the system takes by itself is less; a tap that queues takes all.
  for (let turn = 0, before = -1; turn < 100; turn++) {
    if (taken !== before) turn = 0;
    before = taken;
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(taken < MESSAGES, true, `${taken} messages`);
  open();
  await complete;
  assertEquals(received, MESSAGES * SIZE);
  const closed = new Promise((resolve) => client.on("close", resolve));
  client.close();
  await closed;
  await new Promise<void>((resolve) => target.close(() => resolve()));
});

Deno.test("a tap refuses a misspelt option", async () => {
  const listen = "tcp://127.0.0.1:0";
  const options = { listen, target: listen, print() {}, onEntries() {} };
  await assertRejects(
    () => openTap(options),
    TypeError,
    "Cannot set onEntries: there is no such option, the nearest is onEntry",
  );
});
