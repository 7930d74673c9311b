import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
} from "@std/assert";
import {
  connect,
  type ConnectOptions,
  ExchangeResponseError,
  Handlers,
  isConnectionClosedError,
  isOperationError,
  LimitError,
  OperationError,
  type Peer,
  reconnect,
  RetryError,
} from "../mod.ts";
import { MemoryBudget } from "../peer/mod.ts";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import {
  type HttpHandler,
  httpHandler,
  type HttpHandlerOptions,
} from "./http_handler.ts";

const handlers = new Handlers()
  .handle("echo", (value: unknown) => value)
  .handleBytes("bytes", (payload) => payload)
  .handle("fail", () => {
    throw new OperationError("no", { code: "never" });
  })
  .handle("who", (_: unknown, { auth }) => auth)
  .handle(
    "ask back",
    (_: unknown, { peer }) =>
      peer.request("anything").catch((error) => [error.outcome, error.message]),
  )
  .handle("tell back", async (n: number, { peer }) => {
    for (let at = 0; at < n; at++) await peer.notify("told", at);
    return n;
  })
  .handleStream(
    "gzip",
    (parts) =>
      parts.pipeThrough(new CompressionStream("gzip"))
        .pipeThrough(new DecompressionStream("gzip")),
  )
  .handleValues("count", async function* ({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield n;
  })
  .handleValues("sum", async function* (_input, { values }) {
    let sum = 0;
    for await (const value of values) yield sum += Number(value);
  });

/** A server of exchanges, which counts its requests. */
class ExchangeServer implements AsyncDisposable {
  readonly url: string;
  readonly handler: HttpHandler;
  /** Number of requests. */
  requests = 0;
  /** Called with each request; what it returns is the response. */
  intercept:
    | ((request: Request) => Response | Promise<Response> | undefined)
    | undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(served: Handlers, options: HttpHandlerOptions = {}) {
    this.handler = httpHandler(served, options);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request, info) => {
        this.requests++;
        return this.intercept?.(request) ?? this.handler(request, info);
      },
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}/gotalk`;
  }

  connect(options: ConnectOptions = {}): Promise<Peer> {
    return connect(this.url, { ...options, exchange: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handler.close();
    await this.#server.shutdown();
  }
}

/** Returns what is known of a call whose connection ended. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.catch((error) => error);
  return isConnectionClosedError(error) ? error.outcome : error;
}

const served = handlers as unknown as Handlers;

Deno.test("an exchange carries all calls of one turn in one request", async () => {
  await using server = new ExchangeServer(served);
  await using peer = await server.connect();
  assertEquals(server.requests, 1);
  const payload = new Uint8Array(200_000).fill(7);
  const [one, two, bytes, failure] = await Promise.all([
    peer.request("echo", 1),
    peer.request("echo", { two: 2 }),
    peer.requestBytes("bytes", payload),
    peer.request("fail").catch((error) => error),
  ]);
  assertEquals([one, two, bytes], [1, { two: 2 }, payload]);
  assertEquals(isOperationError(failure) && failure.code, "never");
  assertEquals(server.requests, 2);
  assertEquals(await peer.request("echo", 3), 3);
  assertEquals(server.requests, 3);
  assertEquals(peer.state, "open");
});

Deno.test("an exchange occupies no place once its response has been read", async () => {
  const clock = new VirtualClock();
  await using handler = httpHandler(served, { clock });
  const response = await handler(
    new Request("http://localhost/", {
      method: "POST",
      headers: { "content-type": "application/x-gotalk" },
      body: "01r0001004echo000000011",
    }),
  );
  assertMatch(await response.text(), /^01h.{12}R0001000000011$/);
  await settled();
  assertEquals(handler.stats.open, 0);
});

Deno.test("streams and values travel in exchanges of their own", async () => {
  await using server = new ExchangeServer(served);
  await using peer = await server.connect();
  const { readable, writable } = peer.stream("gzip");
  const data = new Uint8Array(1_000_000).map((_, at) => at % 251);
  const [read] = await Promise.all([
    new Response(readable).bytes(),
    new Blob([data]).stream().pipeTo(writable),
  ]);
  assertEquals(read, data);
  const counts = [2, 3].map((to) =>
    Array.fromAsync(peer.values("count", { to }))
  );
  assertEquals(await Promise.all(counts), [[1, 2], [1, 2, 3]]);
  const sums = peer.values("sum", undefined, { values: [1, 2, 3] });
  assertEquals(await Array.fromAsync(sums), [1, 3, 6]);
});

Deno.test("leaving a subscription ends its exchange, and no other", async () => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const subscribed = new Handlers()
    .handle("hold", () => held)
    .handleValues("ticks", async function* (_input, { signal }) {
      signal.addEventListener("abort", () => leave());
      for (let n = 0;; n++) {
        yield n;
        await settled();
        if (signal.aborted) return;
      }
    }, { subscription: true });
  await using server = new ExchangeServer(subscribed as unknown as Handlers);
  await using peer = await server.connect();
  const call = peer.request("hold");
  for await (const tick of peer.values("ticks")) {
    if (tick === 3) break;
  }
  await left;
  release();
  assertEquals(await call, undefined);
  assertEquals(peer.state, "open");
});

/** Answers the next request with messages, the last of which may not be complete. */
function answerNext(
  server: ExchangeServer,
  messages: (id: string) => string,
  isOpen = false,
): void {
  server.intercept = async (request) => {
    server.intercept = undefined;
    const [, id] = /^01[rs](.{4})/.exec(await request.text())!;
    const bytes = new TextEncoder().encode(`01${messages(id!)}`);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes);
        if (!isOpen) controller.close();
      },
    });
    return new Response(body, {
      headers: { "content-type": "application/x-gotalk" },
    });
  };
}

Deno.test("leaving a subscription within a message disturbs no other exchange", async () => {
  await using server = new ExchangeServer(served);
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  await using peer = await server.connect({
    handlers: new Handlers().onNotification("begun", () => begin()),
  });
  // The message behind the first value is cut off.
  answerNext(
    server,
    (id) => `S${id}000000011n005begun00000000S${id}000186a0${"7".repeat(10)}`,
    true,
  );
  for await (const value of peer.values("ticks")) {
    assertEquals(value, 1);
    await begun;
    break;
  }
  assertEquals(await peer.request("echo", 2), 2);
  assertEquals(peer.state, "open");
});

Deno.test("a response that ends within a message ends the conversation", async () => {
  await using server = new ExchangeServer(served);
  const peer = await server.connect();
  answerNext(server, (id) => `R${id}0000000a123`);
  assertEquals(await outcomeOf(peer.request("echo", 1)), "unknown");
  const { error } = await peer.closed;
  assertMatch(String(error), /the response ended within a message/);
});

Deno.test("notifications travel both ways within an exchange", async () => {
  const told: unknown[] = [];
  const seen: unknown[] = [];
  const notified = new Handlers(handlers)
    .onNotification("seen", async (value) => {
      await settled();
      seen.push(value);
    });
  await using server = new ExchangeServer(notified as unknown as Handlers);
  const peer = await server.connect({
    handlers: new Handlers().onNotification("told", (n) => {
      told.push(n);
    }),
  });
  assertEquals(await peer.request("tell back", 3), 3);
  assertEquals(told, [0, 1, 2]);
  await peer.notify("seen", 1);
  await peer.notify("seen", 2);
  await peer.close();
  assertEquals(seen, [1, 2]);
});

Deno.test("a server cannot call back over an exchange, and learns why", async () => {
  await using server = new ExchangeServer(served);
  await using peer = await server.connect({
    handlers: new Handlers().handle("anything", () => 1),
  });
  assertEquals(await peer.request("ask back"), [
    "not-sent",
    'Cannot complete "anything": a caller over HTTP takes no calls, the request was not sent',
  ]);
});

Deno.test("a stream with too much data for an exchange is refused", async () => {
  await using server = new ExchangeServer(served);
  await using peer = await server.connect();
  const { readable, writable } = peer.stream("gzip");
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)),
  });
  const sent = endless.pipeTo(writable).catch(() => {});
  await assertRejects(
    () => new Response(readable).bytes(),
    OperationError,
    "the data of a stream within an exchange is more than 16777216 bytes",
  );
  await sent;
  assertEquals(await peer.request("echo", 1), 1);
});

Deno.test("the headers of exchanges authenticate them", async () => {
  await using server = new ExchangeServer(served, {
    authenticate: (request) => request.headers.get("authorization"),
  });
  await using peer = await server.connect({
    headers: { authorization: "ali" },
  });
  assertEquals(await peer.request("who"), "ali");
  const error = await server.connect().catch((error) => error);
  assertInstanceOf(error, ExchangeResponseError);
  assertEquals(error.status, 401);
});

Deno.test("what answers with no conversation is no server of exchanges", async () => {
  await using server = new ExchangeServer(served);
  server.intercept = () => new Response("a page");
  const error = await server.connect().catch((error) => error);
  assertInstanceOf(error, ExchangeResponseError);
  assertMatch(error.message, /status 200 and the content type text\/plain/);
  await assertRejects(
    () => connect("ws://localhost:1", { exchange: true }),
    TypeError,
    "wanted a URL with http: or https:",
  );
});

Deno.test("requests that the server has not carried out are repeated", async () => {
  await using server = new ExchangeServer(served);
  await using peer = await server.connect();
  server.intercept = () => {
    server.intercept = undefined;
    return Response.json({ error: "busy", code: "retry" }, {
      status: 503,
      headers: { "retry-after": "0" },
    });
  };
  assertEquals(await peer.request("echo", 1), 1);
  assertEquals(server.requests, 3);
});

Deno.test("a Retry-After that is no number of seconds, or none that fits, is no failure", async () => {
  await using server = new ExchangeServer(served);
  await using peer = await server.connect({ retry: { attempts: 1 } });
  const waits = [
    ["Wed, 21 Oct 2026 07:28:00 GMT", 1_000],
    ["-1", 1_000],
    ["1e99", 1_000],
    ["", 1_000],
    ["7", 7_000],
    ["99999999999", 0xffffffff],
  ] as const;
  for (const [value, wait] of waits) {
    server.intercept = () => {
      server.intercept = undefined;
      const headers = { "retry-after": value };
      const details = { error: "busy", code: "retry" };
      return Response.json(details, { status: 503, headers });
    };
    const error: unknown = await peer.request("echo", 1)
      .catch((error) => error);
    assertInstanceOf(error, RetryError, value);
    assertEquals((error as RetryError).wait, wait);
  }
  assertEquals(await peer.request("echo", 1), 1);
});

Deno.test("an exchange that fails leaves its calls in doubt, and a reconnecting peer goes on", async () => {
  await using server = new ExchangeServer(served);
  const peer = await server.connect();
  server.intercept = () => new Response(null, { status: 502 });
  assertEquals(await outcomeOf(peer.request("echo", 1)), "unknown");
  assertInstanceOf((await peer.closed).error, ExchangeResponseError);
  assertEquals(await outcomeOf(peer.request("echo")), "not-sent");

  server.intercept = undefined;
  await using lasting = reconnect(server.url, {
    exchange: true,
    initialDelay: 1,
  });
  assertEquals(await lasting.request("echo", 1), 1);
  server.intercept = () => {
    server.intercept = undefined;
    return new Response(null, { status: 502 });
  };
  assertEquals(await outcomeOf(lasting.request("echo", 2)), "unknown");
  assertEquals(await lasting.request("echo", 3), 3);
});

Deno.test("notifications in a loop make few requests at once, and all arrive", async () => {
  const { promise: isOpen, resolve: open } = Promise.withResolvers<void>();
  const seen: number[] = [];
  const slow = new Handlers().onNotification("seen", async (n: number) => {
    await isOpen;
    seen.push(n);
  }).handle("echo", (value: unknown) => value);
  await using server = new ExchangeServer(slow as unknown as Handlers);
  const peer = await server.connect();
  for (let n = 0; n < 50; n++) {
    await peer.notify("seen", n);
    await settled();
  }
  // A request does not wait for them.
  assertEquals(await peer.request("echo", 1), 1);
  assertEquals(server.requests < 10, true, `${server.requests} requests`);
  open();
  await peer.close();
  assertEquals(seen.sort((a, b) => a - b), Array.from(Array(50).keys()));
});

Deno.test("what a server does not take holds notifications back, and is held memory", async () => {
  await using server = new ExchangeServer(served);
  const memory = new MemoryBudget();
  const peer = await server.connect({
    memory,
    limits: { maxWriteQueueBytes: 1_000_000 },
  });
  const { promise: isOpen, resolve: open } = Promise.withResolvers<void>();
  const after = async (request: Request) => {
    await isOpen;
    return await server.handler(request);
  };
  server.intercept = after;
  const payload = new Uint8Array(100_000);
  const call = peer.requestBytes("bytes", payload);
  await settled();
  assertEquals(memory.heldBytes >= 100_000, true, `${memory.heldBytes} bytes`);
  let failure: unknown;
  for (let n = 0; n < 100 && failure === undefined; n++) {
    peer.notifyBytes("seen", payload).catch((error) => failure = error);
    await settled();
  }
  assertInstanceOf(failure, LimitError);
  assertEquals(server.requests < 10, true, `${server.requests} requests`);
  open();
  assertEquals((await call).byteLength, 100_000);
  await peer.close();
  assertEquals(memory.heldBytes, 0);
});

Deno.test("what is held for an exchange is given back when the conversation ends", async () => {
  await using server = new ExchangeServer(served);
  const memory = new MemoryBudget();
  const peer = await server.connect({ memory });
  const { promise: isOpen, resolve: open } = Promise.withResolvers<void>();
  server.intercept = async () => {
    await isOpen;
    return new Response();
  };
  const call = peer.requestBytes("bytes", new Uint8Array(100_000));
  call.catch(() => {});
  const { readable, writable } = peer.stream("gzip");
  readable.cancel().catch(() => {});
  await writable.getWriter().write(new Uint8Array(10_000)).catch(() => {});
  await settled();
  peer.abort();
  await peer.closed;
  open();
  await settled();
  assertEquals(memory.heldBytes, 0);
});

Deno.test("a response that stalls within a message holds up others until it is too slow", async () => {
  const clock = new VirtualClock();
  await using server = new ExchangeServer(served);
  const connecting = server.connect({ clock });
  await clock.advance(0);
  const peer = await connecting;
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  answerNext(server, (id) => {
    begin();
    return `R${id}0000000a123`;
  }, true);
  const stalled = outcomeOf(peer.request("echo", 1));
  await clock.advance(0);
  await begun;
  const other = outcomeOf(peer.request("echo", 2));
  // The response arrives over the network, which no clock knows.
  while (peer.state !== "closed") {
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals([await stalled, await other], ["unknown", "unknown"]);
  const { error } = await peer.closed;
  assertMatch(String(error), /received \d+ bytes of a message in 10000 ms/);
});
