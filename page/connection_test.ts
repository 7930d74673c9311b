/**
 * Tests the peer of a page over one connection: what becomes of calls, streams
 * and handlers.
 *
 * @module
 */

import { fetchHandler, type Peer } from "@gotalk/gotalk";
import {
  connect,
  Handlers,
  isConnectionClosedError,
  isLimitError,
  isOperationError,
  isRetryError,
  OperationError,
  type PageConnectOptions,
  type PagePeer,
  RetryError,
} from "@gotalk/gotalk/browser";
import { assert, assertEquals, assertRejects } from "@std/assert";

/** A page and its server. */
class Pair implements AsyncDisposable {
  readonly page: PagePeer;
  readonly server: Peer;
  readonly #close: () => Promise<void>;

  private constructor(
    page: PagePeer,
    server: Peer,
    close: () => Promise<void>,
  ) {
    this.page = page;
    this.server = server;
    this.#close = close;
  }

  static async open(
    handlers: Handlers,
    options: PageConnectOptions = {},
    extensions = true,
  ): Promise<Pair> {
    const handler = fetchHandler(handlers, { extensions, retry: false });
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      handler,
    );
    const { port } = server.addr;
    const page = await connect(`http://127.0.0.1:${port}/#page`, options);
    await page.requestBytes("none", new Uint8Array(0)).catch(() => {});
    const [peer] = handler.peers;
    return new Pair(page, peer!, async () => {
      await handler.close();
      await server.shutdown();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
    await this.#close();
  }
}

/** A handler that lasts until it is stopped, and what it is stopped with. */
function holding() {
  const stopped = Promise.withResolvers<unknown>();
  const entered = Promise.withResolvers<void>();
  const hold = (_: unknown, { signal }: { signal: AbortSignal }) => {
    entered.resolve();
    return new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => {
        stopped.resolve(signal.reason);
        reject(signal.reason);
      })
    );
  };
  return { hold, entered: entered.promise, stopped: stopped.promise };
}

Deno.test("a call that is abandoned is cancelled at the remote peer, in both directions (extension/cancel)", async () => {
  const there = holding(), here = holding();
  const handlers = new Handlers().handle("hold", there.hold);
  const mine = new Handlers().handle("hold", here.hold)
    .handleStream("hold-stream", here.hold as never);
  await using pair = await Pair.open(handlers, { handlers: mine });
  const { page, server } = pair;
  const controller = new AbortController();
  const { signal } = controller;
  const call = page.request("hold", 1, { signal });
  await there.entered;
  controller.abort(new Error("left"));
  await assertRejects(() => call, Error, "left");
  assert(await there.stopped instanceof DOMException);

  const back = new AbortController();
  const asked = server.request("hold", 1, { signal: back.signal });
  await here.entered;
  back.abort("enough");
  await asked.catch(() => {});
  const reason = await here.stopped as DOMException;
  assertEquals(
    reason.message,
    'The remote peer cancelled the request: "enough"',
  );
  const timed = await assertRejects(() =>
    page.request("hold", 1, { timeout: 5 })
  );
  assertEquals((timed as DOMException).name, "TimeoutError");
});

Deno.test("errors reach the remote peer as their handler chose them, and no others", async () => {
  const mine = new Handlers()
    .handle("chosen", () => {
      throw new OperationError("sold out", { code: "sold-out", data: 1 });
    })
    .handle("later", () => {
      throw new RetryError("busy", { wait: 5 });
    })
    .handleStream("chosen-stream", () => {
      throw new OperationError("no stream");
    });
  await using pair = await Pair.open(mine, { handlers: mine, retry: false });
  for (const peer of [pair.page, pair.server]) {
    const chosen = await assertRejects(() =>
      peer.request("chosen")
    ) as OperationError;
    assertEquals(isOperationError(chosen), true);
    const { code, text, data } = chosen;
    assertEquals([code, text, data], ["sold-out", "sold out", 1]);
    const later = await assertRejects(() => peer.request("later"));
    assert(isRetryError(later) && later.wait === 5);
    const none = await assertRejects(() => peer.request("none"));
    assert(isOperationError(none));
    const { readable } = peer.stream("chosen-stream");
    assert(
      isOperationError(
        await assertRejects(() => new Response(readable).text()),
      ),
    );
  }
});

Deno.test("a request that is answered with a RetryResult is repeated", async () => {
  let calls = 0;
  const handlers = new Handlers().handle("twice", () => {
    if (++calls === 1) throw new RetryError("busy", { wait: 1 });
    return calls;
  });
  await using pair = await Pair.open(handlers);
  assertEquals(await pair.page.request("twice"), 2);
});

Deno.test("streams are limited by credit in both directions, and end where they are left (extension/credit-held)", async () => {
  const size = 4 * 1024 * 1024;
  const sent = { page: 0, server: 0 };
  const left = Promise.withResolvers<void>();
  const endless = (side: keyof typeof sent) =>
    async function* () {
      try {
        for (;;) {
          sent[side] += 64 * 1024;
          yield new Uint8Array(64 * 1024);
        }
      } finally {
        left.resolve();
      }
    };
  const handlers = new Handlers().handleStream("endless", endless("server"));
  const mine = new Handlers().handleStream("endless", endless("page"));
  await using pair = await Pair.open(handlers, { handlers: mine });
  for (
    const [side, peer] of [["server", pair.page], [
      "page",
      pair.server,
    ]] as const
  ) {
    const reader = peer.stream("endless").readable.getReader();
    await reader.read();
    // What a call takes there and back, a stream without limits fills.
    for (let call = 0; call < 20; call++) {
      await peer.request("none").catch(() => {});
    }
    assert(sent[side] < 2 * size, `${sent[side]}`);
    await reader.cancel();
    await left.promise;
  }
  assertEquals([pair.page.state, pair.server.state], ["open", "open"]);
});

Deno.test("a stream too much of which is unread ends alone, if its sender knows no credit (extension/credit-exceeded)", async () => {
  const handlers = new Handlers().handleStream("much", async function* () {
    for (let part = 0; part < 64; part++) yield new Uint8Array(16 * 1024);
  }).handle("ping", () => "pong");
  const limits = { maxUnreadBytes: 256 * 1024 };
  await using pair = await Pair.open(handlers, { limits }, false);
  const reader = pair.page.stream("much").readable.getReader();
  await reader.read();
  const error = await assertRejects(() => reader.closed);
  assert(isLimitError(error) && error.code === "maxUnreadBytes");
  assertEquals(await pair.page.request("ping"), "pong");
});

Deno.test("requests beyond a limit are refused, and payloads that are too large", async () => {
  const { hold, entered } = holding();
  const mine = new Handlers().handle("hold", hold).handleBytes(
    "size",
    (payload) => payload,
  );
  const limits = { maxConcurrentRequests: 1, maxPayloadBytes: 1_000 };
  const handlers = new Handlers().handleBytes(
    "large",
    () => new Uint8Array(2_000),
  );
  await using pair = await Pair.open(handlers, { handlers: mine, limits });
  const { page, server } = pair;
  const large = await assertRejects(() =>
    page.requestBytes("large", new Uint8Array(0))
  );
  assert(isLimitError(large) && large.code === "maxPayloadBytes");
  const refused = await assertRejects(() =>
    server.requestBytes("size", new Uint8Array(2_000))
  );
  assert(isOperationError(refused) && refused.text === "payload too large");
  const held = server.request("hold").catch((error) => error);
  await entered;
  assert(
    isRetryError(
      await assertRejects(() => server.request("hold", 1, { retry: false })),
    ),
  );
  await page.close();
  assert(isConnectionClosedError(await held));
});

Deno.test("drain() lets running calls finish, and refuses new ones", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<
    string
  >();
  const handlers = new Handlers().handle("slow", () => released);
  const mine = new Handlers().handle("quick", () => "quick");
  await using pair = await Pair.open(handlers, { handlers: mine });
  const { page, server } = pair;
  assertEquals(await server.request("quick"), "quick");
  const slow = page.request("slow");
  const draining = page.drain();
  assertEquals(page.state, "draining");
  const refused = await assertRejects(() => page.request("slow"));
  assert(isConnectionClosedError(refused) && refused.outcome === "not-sent");
  release("done");
  assertEquals(await slow, "done");
  await draining;
  assertEquals([page.state, page.signal.aborted], ["closed", true]);
});

Deno.test("connect() fails with its signal, with a server that is none, and with one of another protocol", async () => {
  const reason = new Error("not wanted");
  await assertRejects(
    () => connect("ws://127.0.0.1:1", { signal: AbortSignal.abort(reason) }),
    Error,
    "not wanted",
  );
  await assertRejects(() => connect("ws://127.0.0.1:1"), Error, "did not open");
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
  }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => socket.send("02");
    return response;
  });
  const error = await assertRejects(() =>
    connect(`ws://127.0.0.1:${server.addr.port}`)
  );
  assertEquals([(error as Error).name, (error as { code?: number }).code], [
    "ProtocolError",
    1,
  ]);
});

Deno.test("no credit is granted for an answer whose end has arrived", async () => {
  const received: string[] = [];
  const ascii = new TextEncoder();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { response, socket } = Deno.upgradeWebSocket(request);
      socket.onopen = () => socket.send(ascii.encode("01"));
      socket.onmessage = ({ data }) => {
        const text = new TextDecoder().decode(data);
        received.push(text);
        const id = /^s(.{4})/.exec(text)?.[1];
        if (id === undefined) return;
        const part = `S${id}00004000${"x".repeat(0x4000)}`;
        socket.send(ascii.encode(`${part.repeat(60)}S${id}00000000`));
      };
      return response;
    },
  );
  const page = await connect(`ws://127.0.0.1:${server.addr.port}`);
  const { readable, writable } = page.stream("much");
  await writable.close();
  assertEquals((await new Response(readable).bytes()).byteLength, 60 * 0x4000);
  await page.close();
  assertEquals(received.filter((text) => text.includes("credit")), []);
});
