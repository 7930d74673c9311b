import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  Handlers,
  isConnectionClosedError,
  OperationError,
  type PeerEvent,
  RetryError,
} from "../mod.ts";
import { MemoryBudget, type Schema } from "../peer/mod.ts";
import { RecordingTelemetry } from "../peer/testing/recording_telemetry.ts";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { httpHandler, type HttpHandlerOptions } from "./http_handler.ts";

const wholeNumber: Schema<unknown, number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      Number.isInteger(value)
        ? { value: value as number }
        : { issues: [{ message: "no whole number", path: ["n"] }] },
  },
};

const handlers = new Handlers()
  .handle("greet", ({ name }: { name: string }) => ({
    greeting: `Hello ${name}`,
  }), { safe: true })
  .handle("nothing", () => undefined)
  .handle("echo", (value: unknown) => value)
  .handleText("shout", (words) => words.toUpperCase(), { safe: true })
  .handleBytes("reverse", (payload) => payload.slice().reverse())
  .handle("whole", (n: number) => n, { input: wholeNumber, sendIssues: true })
  .handle("briefly", (n: number) => n, { input: wholeNumber })
  .handle("sold-out", () => {
    throw new OperationError("sold out", { code: "sold-out", data: 7 });
  })
  .handle("refuse", () => {
    throw new OperationError("no");
  })
  .handle("later", () => {
    throw new RetryError("not yet", { wait: 1_200 });
  })
  .handle("broken", () => {
    throw new Error("the database is gone");
  })
  .handle("who", (_: unknown, { auth, info }) => [auth, info.transport])
  .handle("call back", async (_: unknown, { peer }) => {
    const failures = [peer.request("anything"), peer.notify("anything")]
      .map((each) => each.catch((error) => error));
    return (await Promise.all(failures)).map((error) =>
      isConnectionClosedError(error) && [error.outcome, error.message]
    );
  })
  .handleStream(
    "upper",
    (parts) =>
      parts.pipeThrough(new TextDecoderStream()).pipeThrough(
        new TransformStream<string, Uint8Array<ArrayBuffer>>({
          transform(chunk, controller) {
            controller.enqueue(new TextEncoder().encode(chunk.toUpperCase()));
          },
        }),
      ),
  )
  .handleStream(
    "put",
    async (parts, { input }) => {
      let size = 0;
      for await (const part of parts) size += part.byteLength;
      return new TextEncoder().encode(`${JSON.stringify(input)} ${size}`);
    },
    { input: true },
  )
  .handleValues("count", async function* ({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield { n };
  }, { safe: true })
  .handleValues("sum", async function* (start: number, { values }) {
    let sum = start;
    for await (const value of values) yield sum += Number(value);
  })
  .handleValues("stumble", async function* () {
    yield 1;
    throw new OperationError("no more");
  });

const JSON_BODY = { "content-type": "application/json" };

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit;
  readonly method?: string;
  readonly signal?: AbortSignal;
}

function post(path: string, sent: Sent = {}): Request {
  return new Request(`http://localhost${path}`, {
    method: "POST",
    ...sent,
  });
}

function postJson(path: string, value: unknown, sent: Sent = {}): Request {
  return post(path, {
    ...sent,
    body: JSON.stringify(value),
    headers: { ...JSON_BODY, ...sent.headers },
  });
}

function get(path: string, headers: Record<string, string> = {}): Request {
  return new Request(`http://localhost${path}`, { headers });
}

type Answer = [status: number, type: string | null, body: string];

/** Makes a call, also with the length of its body known: that changes how it is served, not its answer. */
async function answer(
  request: Request,
  options: HttpHandlerOptions = {},
  served: Handlers = handlers as Handlers,
): Promise<Answer> {
  const hasLength = request.headers.has("content-length");
  const body = request.body !== null && !hasLength
    ? await request.clone().bytes()
    : undefined;
  const answered = await answerOf(request, options, served);
  if (body !== undefined) {
    const { headers, method, url } = request;
    const sized = new Request(url, { headers, method, body });
    sized.headers.set("content-length", String(body.byteLength));
    assertEquals(await answerOf(sized, options, served), answered);
  }
  return answered;
}

async function answerOf(
  request: Request,
  options: HttpHandlerOptions,
  served: Handlers,
): Promise<Answer> {
  await using handler = httpHandler(served, options);
  const response = await handler(request);
  return [
    response.status,
    response.headers.get("content-type"),
    await response.text(),
  ];
}

const OF_JSON = "application/json";

async function failed(
  request: Request,
  options?: HttpHandlerOptions,
  served?: Handlers,
): Promise<[status: number, details: { error: string; code?: string }]> {
  const [status, type, body] = await answer(request, options, served);
  assertEquals(type, OF_JSON, body);
  return [status, JSON.parse(body)];
}

Deno.test("single requests: JSON, text and bytes", async () => {
  assertEquals(await answer(postJson("/api/greet", { name: "Ali" })), [
    200,
    OF_JSON,
    '{"greeting":"Hello Ali"}',
  ]);
  assertEquals(await answer(post("/nothing")), [204, null, ""]);
  const headers = { "content-type": "text/plain; charset=UTF-8" };
  assertEquals(await answer(post("/shout", { headers, body: "hé" })), [
    200,
    "text/plain; charset=utf-8",
    "HÉ",
  ]);
  const body = Uint8Array.of(1, 2, 3);
  await using handler = httpHandler(handlers);
  const response = await handler(post("/reverse", { body }));
  assertEquals(
    response.headers.get("content-type"),
    "application/octet-stream",
  );
  assertEquals(await response.bytes(), Uint8Array.of(3, 2, 1));
});

Deno.test("an operation is the last part of the path, percent-decoded", async () => {
  const [status, , body] = await answer(post("/a/b/call%20back"));
  assertEquals(status, 200);
  assertMatch(body, /not-sent/);
  assertEquals((await failed(post("/%ff")))[0], 400);
  assertEquals((await failed(post("/gotalk%3Atrace")))[0], 404);
});

Deno.test("a handler cannot call or notify a caller over HTTP, and learns why", async () => {
  const [, , body] = await answer(post("/call%20back"));
  const why =
    'Cannot complete "anything": a caller over HTTP takes nothing but its result, the request was not sent';
  assertEquals(JSON.parse(body), [["not-sent", why], ["not-sent", why]]);
});

Deno.test("GET calls only what is safe, with its input in the query", async () => {
  const input = encodeURIComponent(JSON.stringify({ name: "Ali" }));
  const [status, , body] = await answer(get(`/greet?input=${input}`));
  assertEquals([status, body], [200, '{"greeting":"Hello Ali"}']);
  assertEquals((await answer(get("/shout?input=hi")))[2], "HI");
  await using handler = httpHandler(handlers);
  const refused = await handler(get("/echo"));
  assertEquals(refused.status, 405);
  assertEquals(refused.headers.get("allow"), "POST, OPTIONS");
  await refused.body?.cancel();
  const head = await handler(
    new Request(`http://localhost/greet?input=${input}`, { method: "HEAD" }),
  );
  assertEquals([head.status, head.body], [200, null]);
  assertEquals(head.headers.get("cache-control"), "no-store");
});

Deno.test("failures have a status, and the JSON of an ErrorResult", async () => {
  assertEquals(await failed(post("/none")), [404, {
    error: 'unknown operation "none"',
    code: "unknown-operation",
  }]);
  assertEquals(await failed(post("/sold-out")), [
    422,
    { error: "sold out", code: "sold-out", data: 7 } as never,
  ]);
  assertEquals(await failed(post("/refuse")), [
    422,
    { error: "no", code: "operation-failed" },
  ]);
  assertEquals(await failed(postJson("/whole", 1.5)), [400, {
    error: 'Cannot accept the input of "whole": no whole number at n',
    code: "invalid-input",
    data: { issues: [{ message: "no whole number", path: ["n"] }] },
  } as never]);
  assertEquals(await failed(postJson("/briefly", 1.5)), [400, {
    error: 'Cannot accept the input of "briefly": no whole number at n',
    code: "invalid-input",
  }]);
  const malformed = post("/greet", { headers: JSON_BODY, body: "{" });
  assertEquals((await failed(malformed))[0], 400);
  const events: PeerEvent[] = [];
  const onEvent = (event: PeerEvent) => events.push(event);
  assertEquals(await failed(post("/broken"), { onEvent }), [500, {
    error: "internal error",
    code: "internal-error",
  }]);
  assertEquals(events.map(({ type }) => type), ["handler-error"]);
});

Deno.test("what may be repeated has status 503 and Retry-After", async () => {
  await using handler = httpHandler(handlers);
  const response = await handler(post("/later"));
  assertEquals(response.status, 503);
  assertEquals(response.headers.get("retry-after"), "2");
  assertEquals(await response.json(), { error: "not yet", code: "retry" });
  await handler.drain();
  const late = await handler(post("/nothing"));
  assertEquals([late.status, late.headers.get("retry-after")], [503, "1"]);
  await late.body?.cancel();
});

Deno.test("methods and media types that do not fit are refused", async () => {
  assertEquals((await failed(post("/echo", { method: "PUT" })))[0], 405);
  assertEquals((await failed(post("/echo", { body: "1" })))[0], 415);
  const form = new URLSearchParams({ name: "Ali" });
  assertEquals((await failed(post("/greet", { body: form })))[0], 415);
  assertEquals((await failed(post("/reverse", { body: "text" })))[0], 415);
  const gzip = { ...JSON_BODY, "content-encoding": "gzip" };
  assertEquals((await failed(postJson("/echo", 1, { headers: gzip })))[0], 415);
  const accept = { accept: "text/html, application/xml;q=0.9" };
  assertEquals(
    (await failed(postJson("/echo", 1, { headers: accept })))[0],
    406,
  );
  const any = { accept: "text/html, */*;q=0.1" };
  assertEquals((await answer(postJson("/echo", 1, { headers: any })))[2], "1");
});

Deno.test("limits of payloads and JSON hold, with or without a length", async () => {
  const events: PeerEvent[] = [];
  const onEvent = (event: PeerEvent) => events.push(event);
  const limits = {
    maxPayloadBytes: 100,
    maxJsonDepth: 3,
    maxSkippedBytes: 200,
  };
  const tooLarge: [number, { error: string; code: string }] = [413, {
    error: "payload too large",
    code: "maxPayloadBytes",
  }];
  const text = "x".repeat(150);
  const options = { limits, onEvent };
  assertEquals(await failed(postJson("/echo", text), options), tooLarge);
  for (const length of ["152", "1000000", "99999999999"]) {
    const headers = { "content-length": length };
    assertEquals(
      (await failed(postJson("/echo", text, { headers }), options))[0],
      413,
      length,
    );
  }
  const [status, { code }] = await failed(
    postJson("/echo", [[[[1]]]]),
    options,
  );
  assertEquals([status, code], [413, "maxJsonDepth"]);
  assertEquals(
    events.flatMap((event) => event.type === "refusal" ? [event.limit] : [])
      .slice(0, 2),
    ["maxPayloadBytes", "maxPayloadBytes"],
  );
});

Deno.test("a body that differs from its length is refused", async () => {
  for (const length of ["1", "20"]) {
    const headers = { "content-length": length };
    const [status] = await failed(postJson("/echo", "abc", { headers }));
    assertEquals(status, 400, length);
  }
});

Deno.test("a stream of bytes is the body, in both directions", async () => {
  const body = new Blob(["abc".repeat(100_000)]).stream();
  const [status, type, text] = await answer(post("/upper", { body }));
  assertEquals([status, type], [200, "application/octet-stream"]);
  assertEquals(text, "ABC".repeat(100_000));
  const input = encodeURIComponent('{"path":"a"}');
  const put = post(`/put?input=${input}`, { body: new Uint8Array(1000) });
  assertEquals((await answer(put))[2], '{"path":"a"} 1000');
});

Deno.test("a slow reader of the response holds the handler back, and a slow handler the body", async () => {
  const made: number[] = [];
  const pulled: number[] = [];
  const { promise: isOpen, resolve: open } = Promise.withResolvers<void>();
  const streams = new Handlers()
    .handleStream("down", async function* () {
      for (let n = 0; n < 1000; n++) {
        made.push(n);
        yield new Uint8Array(16 * 1024);
      }
    })
    .handleStream("up", async (parts) => {
      await isOpen;
      let size = 0;
      for await (const part of parts) size += part.byteLength;
      return new TextEncoder().encode(String(size));
    });
  await using handler = httpHandler(streams);
  const down = await handler(post("/down"));
  await settled();
  assert(made.length < 100, `${made.length} parts made`);
  assertEquals((await down.bytes()).byteLength, 1000 * 16 * 1024);

  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled.push(pulled.length);
      if (pulled.length > 1000) controller.close();
      else controller.enqueue(new Uint8Array(16 * 1024));
    },
  });
  const up = handler(post("/up", { body }));
  await settled();
  assert(pulled.length < 600, `${pulled.length} parts read`);
  open();
  assertEquals(await (await up).text(), String(1000 * 16 * 1024));
});

Deno.test("values are lines, or events for those who want them", async () => {
  const counted = postJson("/count", { to: 2 });
  assertEquals(await answer(counted), [
    200,
    "application/x-ndjson",
    '{"n":1}\n{"n":2}\n',
  ]);
  const input = encodeURIComponent('{"to":1}');
  const events = get(`/count?input=${input}`, { accept: "text/event-stream" });
  assertEquals(await answer(events), [
    200,
    "text/event-stream",
    'data: {"n":1}\n\nevent: end\ndata:\n\n',
  ]);
  const headers = { "content-type": "application/x-ndjson" };
  const sum = post("/sum?input=10", { headers, body: "1\n2\r\n\n3" });
  assertEquals((await answer(sum))[2], "11\n13\n16\n");
  const limits = { maxPayloadBytes: 10 };
  const long = post("/sum?input=0", { headers, body: "1".repeat(11) });
  assertEquals((await failed(long, { limits }))[0], 413);
});

Deno.test("an error after the first value breaks the body off, or is an event", async () => {
  const accept = { accept: "text/event-stream" };
  assertEquals(
    (await answer(post("/stumble", { headers: accept })))[2],
    'data: 1\n\nevent: error\ndata: {"error":"no more","code":"operation-failed"}\n\n',
  );
  await using handler = httpHandler(handlers);
  const response = await handler(post("/stumble"));
  assertEquals(response.status, 200);
  const error = await response.text().catch((error) => error);
  assertMatch(String(error), /Cannot complete the answer: "no more"/);
});

Deno.test("events of a subscription stay open through proxies, until the client leaves", async () => {
  const clock = new VirtualClock();
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const subscribed = new Handlers()
    .handleValues("clock", async function* (_input, { signal }) {
      signal.addEventListener("abort", () => resolve());
      yield "tick";
      await left;
    }, { subscription: true, safe: true });
  await using handler = httpHandler(subscribed, { clock });
  const response = await handler(
    get("/clock", { accept: "text/event-stream" }),
  );
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  assertEquals((await reader.read()).value, 'data: "tick"\n\n');
  const read = reader.read();
  await clock.advance(20_000);
  assertEquals((await read).value, ":\n\n");
  await clock.advance(100_000);
  await reader.cancel();
  await left;
});

Deno.test("the signal of a handler aborts if the client leaves", async () => {
  const clock = new VirtualClock();
  const entered = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<unknown>();
  const waiting = new Handlers().handle(
    "wait",
    async (_: unknown, { signal }) => {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      entered.resolve();
      await aborted.promise;
    },
  );
  await using handler = httpHandler(waiting, { clock });
  const controller = new AbortController();
  const response = handler(post("/wait", { signal: controller.signal }));
  await entered.promise;
  await clock.advance(50);
  controller.abort(new Error("gone"));
  assertMatch(String(await aborted.promise), /gone/);
  await (await response).body?.cancel();
});

Deno.test("notifications are accepted once their handlers have ended", async () => {
  const seen: unknown[] = [];
  const notified = new Handlers()
    .onNotification("seen", async (value) => {
      await settled();
      seen.push(value);
    });
  const headers = { prefer: "respond-async" };
  const request = () => postJson("/seen", { id: 1 }, { headers });
  assertEquals((await answer(request(), {}, notified as Handlers))[0], 202);
  assertEquals(seen, [{ id: 1 }, { id: 1 }]);
  const limits = { maxConcurrentNotifications: 0 };
  assertEquals(
    (await failed(request(), { limits }, notified as Handlers))[0],
    503,
  );
  assertEquals((await failed(postJson("/none", 1, { headers })))[0], 404);
  const malformed = post("/seen", {
    headers: { ...headers, ...JSON_BODY },
    body: "{",
  });
  assertEquals(
    (await failed(malformed, { onEvent() {} }, notified as Handlers))[0],
    400,
  );
});

Deno.test("handlers have a time, and a body has one too", async () => {
  const clock = new VirtualClock();
  const slow = new Handlers().handle("slow", () => new Promise(() => {}));
  await using handler = httpHandler(slow, {
    clock,
    limits: { handlerTimeout: 1_000, receiveTimeout: 5_000 },
  });
  const call = handler(post("/slow"));
  await settled();
  await clock.advance(1_000);
  const response = await call;
  assertEquals(response.status, 504);
  await response.body?.cancel();

  const body = new ReadableStream<Uint8Array>();
  const stalled = handler(post("/slow", { body, headers: JSON_BODY }));
  await settled();
  await clock.advance(5_000);
  const late = await stalled;
  assertEquals([late.status, (await late.json()).code], [408, "timeout"]);
});

Deno.test("a body that waits for its rest, and a payload that is handled, are held memory", async () => {
  const memory = new MemoryBudget();
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = new Handlers().handleBytes("hold", async (payload) => {
    await promise;
    return payload.slice(0, 1);
  });
  await using handler = httpHandler(held, { memory });
  const size = 1_000_000;
  let end: () => void;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array(size));
      end = () => controller.close();
    },
  });
  const call = handler(post("/hold", { body }));
  await settled();
  const waiting = memory.heldBytes;
  assert(waiting >= size && waiting < 1.1 * size, `${waiting} bytes`);
  end!();
  await settled();
  assert(memory.heldBytes >= size, `${memory.heldBytes} bytes`);
  resolve();
  assertEquals((await (await call).bytes()).byteLength, 1);
  await settled();
  assertEquals(memory.heldBytes, 0);
});

Deno.test("a line that waits for its rest is released once when its call ends", async () => {
  const memory = new MemoryBudget();
  await using handler = httpHandler(handlers as Handlers, { memory });
  const size = 500_000;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(size).fill(49)),
  });
  const call = handler(
    post("/sum", { body, headers: { "content-type": "application/x-ndjson" } }),
  );
  await settled();
  assert(memory.heldBytes >= size, `${memory.heldBytes} bytes`);
  await handler.close();
  await (await call).body?.cancel();
  await settled();
  assertEquals(memory.heldBytes, 0);
});

Deno.test("calls at once have a maximum", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = new Handlers().handle("hold", () => promise)
    .handle("echo", (value: unknown) => value);
  await using handler = httpHandler(held, { maxConcurrentCalls: 1 });
  const first = handler(post("/hold"));
  await settled();
  const second = await handler(post("/hold"));
  assertEquals([second.status, second.headers.get("retry-after")], [503, "1"]);
  await second.body?.cancel();
  assertEquals([handler.stats.open, handler.stats.refused], [1, 1]);
  resolve();
  assertEquals((await first).status, 204);
});

Deno.test("a drain lets running calls end, and a close ends them", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = new Handlers().handle("hold", () => promise);
  const handler = httpHandler(held);
  const call = handler(post("/hold"));
  await settled();
  const drained = handler.drain({ timeout: 60_000 });
  resolve();
  assertEquals((await call).status, 204);
  await drained;

  const closed = httpHandler(
    new Handlers().handle("hold", () => new Promise(() => {})),
  );
  const ended = closed(post("/hold"));
  await settled();
  await closed.close();
  const response = await ended;
  assertEquals([response.status, (await response.json()).code], [500, "ended"]);
});

Deno.test("authenticate gives each call its identity, or refuses it", async () => {
  const authenticate = (request: Request) => {
    const token = request.headers.get("authorization");
    if (token === "Bearer eve") throw new Error("no eves");
    if (token === "Bearer old") {
      return Response.json("expired", { status: 401 });
    }
    return token?.slice("Bearer ".length);
  };
  const refused: string[] = [];
  const options = {
    authenticate,
    onRefused: (error: unknown) => refused.push(String(error)),
  };
  const as = (name: string) =>
    post("/who", { headers: { authorization: `Bearer ${name}` } });
  assertEquals((await answer(as("ali"), options))[2], '["ali","http"]');
  await using handler = httpHandler(handlers, options);
  const anonymous = await handler(post("/who"));
  assertEquals(anonymous.status, 401);
  assertEquals(anonymous.headers.get("www-authenticate"), "Bearer");
  await anonymous.body?.cancel();
  assertEquals((await answer(as("eve"), options))[0], 403);
  assertEquals(await answer(as("old"), options), [
    401,
    OF_JSON,
    '"expired"',
  ]);
  assertEquals(refused.length, 3);
});

Deno.test("with a login, calls are refused: they cannot log in", async () => {
  const login = { operation: "login", authenticate: () => "ali" };
  assertEquals((await failed(post("/who"), { login }))[0], 401);
});

Deno.test("middleware, spans and message observers see HTTP calls like others", async () => {
  const seen: string[] = [];
  const observed = new Handlers(handlers).use((context, next) => {
    seen.push(context.operation);
    return next();
  });
  const onMessage = (direction: string, { kind }: { kind: string }) =>
    seen.push(`${direction} ${kind}`);
  await answer(postJson("/echo", 1), { onMessage }, observed as Handlers);
  const called = ["in SingleRequest", "echo", "out SingleResult"];
  assertEquals(seen, [
    "out Heartbeat",
    ...called,
    // Without a conversation, there are no heartbeats.
    ...called,
  ]);
});

Deno.test("the span of a handler belongs to the trace of the request", async () => {
  const telemetry = new RecordingTelemetry("a");
  const [trace, span] = [
    "0af7651916cd43dd8448eb211c80319c",
    "b7ad6b7169203331",
  ];
  const traced = (traceparent: string) =>
    answer(postJson("/echo", 1, { headers: { traceparent } }), { telemetry });
  assertEquals((await traced(`00-${trace}-${span}-01`))[2], "1");
  assertEquals((await traced("none"))[2], "1");
  const parents = telemetry.spans.map(({ parent }) => parent);
  assertEquals(parents, [span, span, undefined, undefined]);
  for (const known of telemetry.spans.slice(0, 2)) {
    assertEquals([known.name, known.context.traceId], ["echo", trace]);
  }
});

Deno.test("pages of other origins are refused, unless origins allows them", async () => {
  const page = { origin: "https://example.com", ...JSON_BODY };
  const foreign = () => postJson("/echo", 1, { headers: page });
  assertEquals((await answer(foreign()))[0], 403);
  const own = { origin: "http://localhost" };
  assertEquals((await answer(postJson("/echo", 1, { headers: own })))[0], 200);

  const origins = ["https://example.com"];
  await using handler = httpHandler(handlers, {
    origins,
    cors: { credentials: true, headers: ["x-tenant"] },
  });
  const response = await handler(foreign());
  assertEquals(await response.json(), 1);
  const { headers } = response;
  assertEquals(
    headers.get("access-control-allow-origin"),
    "https://example.com",
  );
  assertEquals(headers.get("access-control-allow-credentials"), "true");
  assertEquals(headers.get("vary"), "Origin");
  const error = await handler(postJson("/none", 1, { headers: page }));
  assertEquals(
    error.headers.get("access-control-allow-origin"),
    "https://example.com",
  );
  await error.body?.cancel();

  const preflight = (origin: string) =>
    handler(post("/echo", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    }));
  const allowed = await preflight("https://example.com");
  assertEquals(allowed.status, 204);
  assertEquals(
    allowed.headers.get("access-control-allow-methods"),
    "GET, HEAD, POST, OPTIONS",
  );
  assertMatch(
    allowed.headers.get("access-control-allow-headers")!,
    /content-type.*x-tenant/,
  );
  const refused = await preflight("https://example.org");
  assertEquals(refused.status, 403);
  assertEquals(refused.headers.get("access-control-allow-origin"), null);
  await refused.body?.cancel();
  assertThrows(
    () => httpHandler(handlers, { origins: "*", cors: { credentials: true } }),
    TypeError,
    'Cannot set cors.credentials: got true with origins "*"',
  );
});

Deno.test("a page whose name resolves to this machine cannot read from it either", async () => {
  const rebound = new Request("http://evil.example/shout?input=hi");
  assertEquals((await answer(rebound))[0], 403);
  const hosts = ["evil.example"];
  assertEquals((await answer(rebound, { hosts }))[2], "HI");
  const overTls = new Request("https://shop.example/shout?input=hi");
  assertEquals((await answer(overTls))[2], "HI");
});

/** Serves handlers by the HTTP server of the runtime. */
function served(
  handlers: Handlers,
  options: HttpHandlerOptions = {},
): AsyncDisposable & { readonly url: string } {
  const handler = httpHandler(handlers, options);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await handler.close();
      await server.shutdown();
    },
  };
}

Deno.test("over the network, a client that leaves aborts its call, within a body too", async () => {
  const aborted: string[] = [];
  const reasons: unknown[] = [];
  const entered = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const ended = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const waiting = new Handlers()
    .handle("wait", async (_: unknown, { signal }) => {
      signal.addEventListener("abort", () => {
        aborted.push("wait");
        reasons.push(signal.reason);
        ended[0]!.resolve();
      });
      entered[0]!.resolve();
      await ended[0]!.promise;
    })
    .handleStream("stream", async function* (_parts, { signal }) {
      signal.addEventListener("abort", () => {
        aborted.push("stream");
        reasons.push(signal.reason);
        ended[1]!.resolve();
      });
      yield new Uint8Array(1);
      entered[1]!.resolve();
      await ended[1]!.promise;
    });
  await using server = served(waiting);
  for (const [at, path] of ["wait", "stream"].entries()) {
    const controller = new AbortController();
    const { signal } = controller;
    const call = fetch(`${server.url}/${path}`, { method: "POST", signal })
      .catch(() => undefined);
    await entered[at]!.promise;
    const response = path === "stream" ? await call : undefined;
    controller.abort();
    await ended[at]!.promise;
    await response?.body?.cancel().catch(() => {});
  }
  assertEquals(aborted, ["wait", "stream"]);
  // The runtime cancels the body with a string, which nobody should throw.
  assertEquals(
    reasons.map((reason) => (reason as Error).name),
    ["AbortError", "AbortError"],
  );
});

Deno.test("over the network, bodies of many megabytes pass in both directions", async () => {
  await using server = served(handlers as Handlers);
  const size = 20 * 1024 * 1024;
  const response = await fetch(`${server.url}/upper`, {
    method: "POST",
    body: new Blob([new Uint8Array(size).fill(0x61)]).stream(),
  });
  let read = 0;
  for await (const chunk of response.body!) read += chunk.byteLength;
  assertEquals(read, size);
  const twoValues = await fetch(`${server.url}/count`, {
    method: "POST",
    headers: JSON_BODY,
    body: '{"to":2}',
  });
  assertEquals(await twoValues.text(), '{"n":1}\n{"n":2}\n');
});
