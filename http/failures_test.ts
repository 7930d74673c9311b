/** What HTTP clients receive for calls that fail, and for notifications. */
import { assert, assertEquals } from "@std/assert";
import { Handlers, OperationError, RetryError } from "../mod.ts";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { httpHandler, type HttpHandlerOptions } from "./http_handler.ts";

const NEVER = new Promise<never>(() => {});

const seen: unknown[] = [];

const handlers = new Handlers()
  .handle("add", ([a, b]: [number, number]) => a + b)
  .handle("refuse", (_: unknown) => {
    throw new OperationError("no");
  })
  .handle("later", (_: unknown) => {
    throw new RetryError("later", { wait: 1_500 });
  })
  .handle("broken", (_: unknown) => {
    throw new Error("secret");
  })
  .handle("hang", (_: unknown) => NEVER)
  .handleBytes("bytes", (bytes) => bytes)
  .onNotification("seen", (value) => void seen.push(value))
  .onNotification("add", (value) => void seen.push(["add", value]))
  .onNotification("hang", () => NEVER)
  .onNotification("broken", () => {
    throw new Error("secret");
  }) as Handlers;

const JSON_TYPE = { "content-type": "application/json" };
const ASYNC = { ...JSON_TYPE, prefer: "respond-async" };

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Returns the same request in two forms: with a body of a known size, and of an unknown one. */
function requests(path: string, sent: Sent = {}): Request[] {
  const { method = "POST", headers = JSON_TYPE, body = "[1,2]" } = sent;
  const url = new URL(path, "http://localhost").href;
  if (method !== "POST") return [new Request(url, { method, headers })];
  const length = `${new TextEncoder().encode(body).byteLength}`;
  return [
    new Request(url, { method, headers, body }),
    new Request(url, {
      method,
      headers: { ...headers, "content-length": length },
      body,
    }),
  ];
}

/** Every failure: its status, its code, the request, and what the handler is told. */
const FAILURES: [
  status: number,
  code: string,
  path: string,
  sent?: Sent,
  options?: HttpHandlerOptions,
][] = [
  [400, "invalid-input", "add", { body: "{" }],
  [400, "invalid-input", "add", { body: '"\\ud800' }],
  [400, "invalid-input", "seen", { body: "{" }],
  [400, "invalid-input", "seen", { body: "{", headers: ASYNC }],
  [400, "malformed", "%ff"],
  [401, "not-authenticated", "add", {}, { authenticate: () => undefined }],
  [403, "forbidden", "add", {}, {
    authenticate() {
      throw new Error("no");
    },
  }],
  [403, "forbidden", "add", {
    headers: { ...JSON_TYPE, origin: "https://elsewhere.example" },
  }],
  [403, "forbidden", "http://127.example/add", {}, { hosts: ["api.example"] }],
  [403, "forbidden", "add", {
    headers: { ...JSON_TYPE, "sec-fetch-site": "cross-site" },
  }],
  [404, "unknown-operation", "none"],
  [404, "unknown-operation", "none", { headers: ASYNC }],
  [404, "unknown-operation", "refuse", { headers: ASYNC }],
  [405, "method-not-allowed", "add", { method: "GET" }],
  [405, "method-not-allowed", "add", { method: "PUT" }],
  [405, "method-not-allowed", "seen", { method: "GET" }],
  [405, "method-not-allowed", "seen", { method: "DELETE" }],
  [406, "not-acceptable", "add", {
    headers: { ...JSON_TYPE, accept: "image/png" },
  }],
  [413, "maxJsonBytes", "add", {}, { limits: { maxJsonBytes: 2 } }],
  [413, "maxJsonBytes", "seen", {}, { limits: { maxJsonBytes: 2 } }],
  [413, "maxJsonDepth", "add", { body: "[[[1]]]" }, {
    limits: { maxJsonDepth: 2 },
  }],
  [413, "maxJsonDepth", "seen", { body: "[[[1]]]" }, {
    limits: { maxJsonDepth: 2 },
  }],
  [413, "maxPayloadBytes", "bytes", {
    headers: { "content-type": "application/octet-stream" },
  }, {
    limits: { maxPayloadBytes: 2 },
  }],
  [414, "maxNameBytes", "x".repeat(5_000)],
  [415, "unsupported-media-type", "add", {
    headers: { "content-type": "image/png" },
  }],
  [422, "operation-failed", "refuse"],
  [500, "internal-error", "broken"],
  [500, "internal-error", "broken", { headers: ASYNC }],
  [503, "retry", "later"],
  [503, "retry", "add", {}, { maxConcurrentCalls: 0 }],
];

Deno.test("every failure has its status, and JSON of one form", async () => {
  for (const [status, code, path, sent, options] of FAILURES) {
    for (const request of requests(path, sent)) {
      const onEvent = () => {};
      const where = `${request.method} ${path.slice(0, 20)} ${status} ${code}`;
      await using handler = httpHandler(handlers, {
        onEvent,
        onRefused() {},
        ...options,
      });
      const response = await handler(request);
      assertEquals(response.status, status, where);
      assertEquals(
        response.headers.get("content-type"),
        "application/json",
        where,
      );
      const { error, ...rest } = await response.json();
      assert(typeof error === "string" && error.length > 0, where);
      assert(!error.includes("secret"), where);
      assertEquals(rest, { code }, where);
      assertEquals(response.headers.has("retry-after"), status === 503, where);
      assertEquals(response.headers.has("allow"), status === 405, where);
    }
  }
});

Deno.test("a POST to a name that only notifications have is one", async () => {
  for (const request of requests("seen")) {
    seen.length = 0;
    await using handler = httpHandler(handlers);
    const response = await handler(request);
    assertEquals([response.status, response.body], [202, null]);
    assertEquals(seen, [[1, 2]]);
  }
});

Deno.test("Prefer decides where a name has both a handler of requests and one of notifications", async () => {
  for (
    const [prefer, status] of [
      ["respond-async", 202],
      ["wait=10, Respond-Async", 202],
      ["respond-async;x=1", 202],
      ["return=minimal", 200],
      ["no-respond-async", 200],
      ['x="respond-async"', 200],
    ] as const
  ) {
    const headers = { ...JSON_TYPE, prefer };
    for (const request of requests("add", { headers })) {
      await using handler = httpHandler(handlers);
      const response = await handler(request);
      assertEquals(response.status, status, prefer);
      await response.body?.cancel();
    }
  }
});

Deno.test("handlers that hang are answered 504, and count until they end", async () => {
  for (const headers of [JSON_TYPE, ASYNC]) {
    for (const index of [0, 1]) {
      const clock = new VirtualClock();
      const refusals: unknown[] = [];
      await using handler = httpHandler(handlers, {
        clock,
        limits: { handlerTimeout: 1_000, maxAbandonedHandlers: 2 },
        onEvent() {},
        onRefused: (error) => refusals.push(error),
      });
      const call = (path: string) =>
        handler(requests(path, { headers })[index]!);
      for (const abandoned of [1, 2]) {
        const hung = call("hang");
        await settled();
        await clock.advance(1_000);
        const { status, headers } = await hung.then(async (response) => {
          const details = await response.json();
          assertEquals(details.code, "handlerTimeout");
          return response;
        });
        assertEquals([status, headers.has("retry-after")], [504, false]);
        await settled();
        assertEquals([handler.stats.open, handler.stats.running], [0, 0]);
        assertEquals(handler.stats.abandoned, abandoned);
      }
      const refused = await call("add");
      assertEquals(refused.status, 503);
      assertEquals((await refused.json()).error, "too many abandoned handlers");
      assertEquals([refusals.length, handler.stats.refused], [1, 1]);
    }
  }
});

Deno.test("a handler that ends late frees its place", async () => {
  const clock = new VirtualClock();
  const gates: PromiseWithResolvers<void>[] = [];
  const slow = new Handlers().handle("slow", async (_: unknown) => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
  });
  await using handler = httpHandler(slow, {
    clock,
    limits: { handlerTimeout: 1_000, maxAbandonedHandlers: 20 },
    onEvent() {},
  });
  const call = async () => {
    const response = handler(requests("slow")[1]!);
    await settled();
    await clock.advance(1_000);
    const { body, status } = await response;
    await body?.cancel();
    return status;
  };
  for (let n = 0; n < 20; n++) assertEquals(await call(), 504);
  assertEquals([await call(), handler.stats.abandoned], [503, 20]);
  gates[0]!.resolve();
  await settled();
  assertEquals([await call(), handler.stats.abandoned], [504, 20]);
  for (const { resolve } of gates) resolve();
  await settled();
  assertEquals(handler.stats.abandoned, 0);
});
