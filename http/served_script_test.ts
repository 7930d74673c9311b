/**
 * Tests the script for pages as it is handed out: it has shorter versions of some
 * modules, which must do the same for a page.
 *
 * @module
 */

import {
  fetchHandler,
  Handlers,
  OperationError,
  type Peer,
} from "@gotalk/gotalk";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { printed } from "../peer/testing/printed.ts";

type Script = typeof import("@gotalk/gotalk/browser");

const loaded = load();

async function load(): Promise<Script> {
  await using handle = fetchHandler(new Handlers());
  const response = await handle(new Request("http://localhost/gotalk.js"));
  const text = (await response.text()).replace(/\/\/# source.*/, "");
  return await import(`data:text/javascript,${encodeURIComponent(text)}`);
}

/** A server. */
function serve(handlers: Handlers) {
  const handle = fetchHandler(handlers);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handle,
  );
  return {
    handle,
    address: `ws://127.0.0.1:${server.addr.port}/`,
    async [Symbol.asyncDispose]() {
      await handle.close();
      await server.shutdown();
    },
  };
}

/** A schema that takes numbers. */
const NUMBER = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "number"
        ? { value: value + 1 }
        : { issues: [{ message: "no number", path: ["there"] }] },
  },
} as const;

Deno.test("the script calls in every form", async () => {
  const { connect, isOperationError, isValidationError } = await loaded;
  await using server = serve(
    new Handlers()
      .handle("same", (value: unknown) => value)
      .handleText("text", (value) => `${value}!`)
      .handleBytes("bytes", (value) => value)
      .handleStream("echo", (parts) => parts)
      .handleValues("count", async function* (to: number, { values }) {
        for (let n = 1; n <= to; n++) yield n;
        yield (await Array.fromAsync(values)).length;
      })
      .handleValues("one", async function* (_, { signal }) {
        yield 1;
        await new Promise((resolve) =>
          signal.addEventListener("abort", resolve)
        );
      })
      .handle("fail", () => {
        throw new OperationError("too bad", { code: "bad", data: { a: 1 } });
      })
      .handleBytes("broken", () => Uint8Array.of(0xff)),
  );
  await using peer = await connect(server.address);
  const value = { a: [1, "ü", null, { b: true }], when: "2026" };
  assertEquals(await peer.request("same", value), value);
  assertEquals(await peer.request("same"), undefined);
  assertEquals(await peer.requestText("text", "né"), "né!");
  const bytes = Uint8Array.of(1, 2, 3);
  assertEquals(await peer.requestBytes("bytes", bytes), bytes);
  assertEquals(
    await peer.requestBytes("bytes", new DataView(bytes.buffer, 1)),
    bytes.subarray(1),
  );
  assertEquals(await peer.requestBytes("bytes", bytes.buffer), bytes);

  const { readable, writable } = peer.stream("echo");
  const large = new Uint8Array(3_000_000).fill(7);
  const [echoed] = await Promise.all([
    new Response(readable).bytes(),
    new Blob([large]).stream().pipeTo(writable),
  ]);
  assertEquals(echoed, large);
  const values = ["a", "b"];
  assertEquals(await Array.fromAsync(peer.values("count", 3, { values })), [
    1,
    2,
    3,
    2,
  ]);
  const left = peer.values("one");
  assertEquals(await left.next(), { done: false, value: 1 });
  const pending = Array.from({ length: 3 }, () => left.next());
  await left.return();
  const done = { done: true, value: undefined };
  assertEquals(await Promise.all(pending), [done, done, done]);
  assertEquals(await left.next(), done);

  const failure = await assertRejects(() => peer.request("fail"));
  if (!isOperationError(failure)) throw failure;
  assertEquals(
    [failure.text, failure.code, failure.data],
    ["too bad", "bad", { a: 1 }],
  );
  assertEquals(failure.name, "OperationError");
  const broken = await assertRejects(() => peer.requestText("broken", ""));
  if (!isValidationError(broken)) throw broken;
  assertEquals(broken.side, "remote");
  const invalid = await assertRejects(() =>
    peer.request("same", "x", { output: NUMBER })
  );
  if (!isValidationError(invalid)) throw invalid;
  assertEquals(invalid.issues, [{ message: "no number", path: ["there"] }]);
});

Deno.test("the script refuses what JSON would lose, and writes the rest as JSON does", async () => {
  const { connect, isValidationError } = await loaded;
  await using server = serve(
    new Handlers().handle("same", (value: unknown) => value),
  );
  await using peer = await connect(server.address);
  class Point {
    x = 1;
  }
  for (
    const kept of [
      null,
      1,
      "a",
      { a: undefined, f() {} },
      new Date(0),
      new Point(),
      [[], {}],
      Object.create(null),
      new Number(1),
      { toJSON: () => [1] },
    ]
  ) {
    const wanted = JSON.parse(JSON.stringify(kept));
    assertEquals(await peer.request("same", kept), wanted);
  }
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  for (
    const lost of [
      new Map([[1, 2]]),
      { deep: [new Set([1])] },
      new Error("x"),
      Promise.resolve(1),
      new Uint8Array(2),
      new ArrayBuffer(2),
      new Blob([]),
      [1][Symbol.iterator](),
      new ReadableStream(),
      circle,
      1n,
      () => {},
    ]
  ) {
    const error = await assertRejects(() => peer.request("same", lost));
    if (!isValidationError(error)) throw error;
    assertEquals(error.side, "local");
  }
  const error = await assertRejects(() => peer.request("same", { a: circle }));
  assert(error instanceof Error && error.message.includes('of "same"'));
  await assertRejects(() => peer.notify("x", new Map()), Error, "got Map");
});

Deno.test("the script handles in every form", async () => {
  const { connect, Handlers: PageHandlers, OperationError, RetryError } =
    await loaded;
  await using server = serve(new Handlers().handle("ready", () => true));
  const notified = Promise.withResolvers<unknown>();
  const common = new PageHandlers()
    .handleBytes("common", () => Uint8Array.of(1))
    .handleOther((payload) => payload);
  const handlers = new PageHandlers(common)
    .handle("double", (n: number) => n * 2, { input: NUMBER })
    .handleText("text", (value) => `${value}!`)
    .handleStream("echo", (parts) => parts)
    .handleStream("with input", (_, { input }) => [
      new TextEncoder().encode(`${input}`),
    ], { input: NUMBER })
    .handleValues("count", async function* (to: number) {
      for (let n = 1; n <= to; n++) yield n;
    })
    .handle("fail", () => {
      throw new OperationError("too bad", { code: "bad" });
    })
    .handle("later", () => {
      throw new RetryError("busy", { wait: 1 });
    })
    .handle("crash", () => {
      throw new Error("secret");
    })
    .onNotification("seen", (value: unknown) => notified.resolve(value))
    .use(async (_, next) => await next());
  assertThrows(() => handlers.handle("gotalk:x", () => {}), TypeError);
  assertThrows(() => handlers.handle("x", 1 as never), TypeError);
  await using page = await connect(server.address, { handlers });
  await page.request("ready");
  const [peer] = Array.from(server.handle.peers) as [Peer];
  assertEquals(await peer.request("double", 1), 4);
  await assertRejects(() => peer.request("double", "x"), Error, "no number");
  assertEquals(await peer.requestText("text", "a"), "a!");
  assertEquals(
    await peer.requestBytes("common", new Uint8Array(0)),
    Uint8Array.of(1),
  );
  const other = Uint8Array.of(5);
  assertEquals(await peer.requestBytes("anything", other), other);
  const { readable, writable } = peer.stream("echo");
  const [echoed] = await Promise.all([
    new Response(readable).bytes(),
    new Blob([new Uint8Array(100_000)]).stream().pipeTo(writable),
  ]);
  assertEquals(echoed.byteLength, 100_000);
  const withInput = peer.stream("with input", { input: 4 });
  await withInput.writable.close();
  assertEquals(await new Response(withInput.readable).text(), "5");
  assertEquals(await Array.fromAsync(peer.values("count", 2)), [1, 2]);
  await assertRejects(() => peer.request("fail"), Error, "too bad");
  await assertRejects(
    () => peer.request("later", null, { retry: false }),
    Error,
    "busy",
  );
  const lines = await printed(async () => {
    await assertRejects(() => peer.request("crash"), Error, "internal error");
  });
  assertEquals(lines.length, 1);
  await peer.notify("seen", { a: 1 });
  assertEquals(await notified.promise, { a: 1 });
});

Deno.test("the script connects again, and ends for a reason that is final", async () => {
  const { isConnectionClosedError, reconnect } = await loaded;
  await using server = serve(
    new Handlers().handle("greet", (name: string) => `Hello ${name}`)
      .handleValues("count", async function* (to: number) {
        for (let n = 1; n <= to; n++) yield n;
      }),
  );
  const events: string[] = [];
  const peer = reconnect(server.address, {
    initialDelay: 0,
    onConnectionEvent: ({ type }) => events.push(type),
  });
  assertEquals(await Array.fromAsync(peer.values("count", 2)), [1, 2]);
  const [first] = server.handle.peers;
  await first!.drain();
  assertEquals(await peer.request("greet", "again"), "Hello again");
  await peer.close();
  const error = await assertRejects(() => peer.request("greet", "late"));
  if (!isConnectionClosedError(error)) throw error;
  assertEquals(error.outcome, "not-sent");
  assertEquals(events.at(-1), "closed");
  assertEquals(events.filter((type) => type === "connected").length, 2);
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { response, socket } = Deno.upgradeWebSocket(request);
      socket.onopen = () => socket.send("hello");
      return response;
    },
  );
  const ended = reconnect(`ws://127.0.0.1:${other.addr.port}`);
  const { error: final } = await ended.closed;
  assert(final instanceof Error && final.name === "ProtocolError");
  assertThrows(() => reconnect(server.address, { maxDelay: -1 }), RangeError);
});
