/** Requests that do harm: of attackers, and of clients and programs that are wrong. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Handlers } from "../mod.ts";
import { MemoryBudget } from "../peer/mod.ts";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { httpHandler, type HttpHandlerOptions } from "./http_handler.ts";

function post(path: string, init: RequestInit = {}): Request {
  return new Request(`http://localhost/${path}`, { method: "POST", ...init });
}

async function answer(
  request: Request,
  handlers: Handlers,
  options: HttpHandlerOptions = {},
): Promise<[status: number, body: string]> {
  await using handler = httpHandler(handlers, options);
  const response = await handler(request);
  return [response.status, await response.text()];
}

/** Returns a body in chunks of one byte, which are views of one large buffer. */
function smallChunks(text: string): ReadableStream<Uint8Array> {
  const buffer = new Uint8Array(64 * 1024);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at === text.length) return controller.close();
      buffer[0] = text.charCodeAt(at++);
      controller.enqueue(buffer.subarray(0, 1));
    },
  }, { highWaterMark: 0 });
}

Deno.test("of a body in small chunks only the bytes are kept, not the buffers that they are in", async () => {
  const handlers = new Handlers().handle("echo", (value: unknown) => value)
    .handleValues("list", async function* (_: unknown, { values }) {
      yield* values;
    });
  const text = "abc".repeat(1_000);
  const line = JSON.stringify(text);
  const sent = [
    ["echo", "application/json", line, line],
    ["list", "application/x-ndjson", `${line}\n \r\n1\n2`, `${line}\n1\n2\n`],
  ] as const;
  for (const [path, type, body, wanted] of sent) {
    const init = {
      headers: { "content-type": type },
      body: smallChunks(body),
      duplex: "half",
    };
    assertEquals(await answer(post(path, init), handlers), [200, wanted]);
  }
});

Deno.test("each call that runs counts once for the maximum", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handlers = new Handlers().handle("hold", () => promise);
  await using handler = httpHandler(handlers, { maxConcurrentCalls: 2 });
  const calls = [handler(post("hold"))];
  await settled();
  calls.push(handler(post("hold")));
  await settled();
  const third = await handler(post("hold"));
  assertEquals(third.status, 503);
  await third.body?.cancel();
  resolve();
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  assertEquals(statuses, [204, 204]);
});

Deno.test("a compressed body is refused, of notifications and exchanges too", async () => {
  const received: unknown[] = [];
  const handlers = new Handlers()
    .onNotificationBytes("note", (payload) => void received.push(payload))
    .handleBytes("reverse", (payload) => payload);
  const kinds = [
    ["note", { prefer: "respond-async" }],
    ["reverse", {}],
    ["", { "content-type": "application/x-gotalk" }],
  ] as const;
  for (const [path, kind] of kinds) {
    const headers = { "content-encoding": "gzip", ...kind };
    const request = post(path, { headers, body: Uint8Array.of(31, 139) });
    assertEquals((await answer(request, handlers))[0], 415, path);
  }
  assertEquals(received, []);
});

Deno.test("an operation with a name that is too long has status 414", async () => {
  const handlers = new Handlers().handleOther(() => new Uint8Array(1));
  for (const [length, wanted] of [[4095, 200], [4096, 414], [70_000, 414]]) {
    const [status] = await answer(post("x".repeat(length!)), handlers);
    assertEquals(status, wanted, `${length}`);
  }
  const [status] = await answer(post("%c3%a9".repeat(2_048)), handlers);
  assertEquals(status, 414);
});

Deno.test("a Response that is none for the runtime is no identity", async () => {
  const handlers = new Handlers().handle("who", () => 1);
  class Foreign {
    readonly status = 401;
    readonly [Symbol.toStringTag] = "Response";
  }
  const refused: unknown[] = [];
  const [status] = await answer(post("who"), handlers, {
    authenticate: () => new Foreign(),
    onRefused: (error) => refused.push(error),
  });
  assertEquals(status, 403);
  assertMatch(String(refused[0]), /a Response of another kind/);
});

Deno.test("options of CORS are checked before there is a request", async () => {
  const wrong = [
    { maxAge: NaN },
    { maxAge: -1 },
    { maxAge: "1\r\nset-cookie: a" },
    { headers: ["a\r\nb"] },
    { headers: [""] },
    { headers: [5] },
    { headers: "x-a" },
    { credentials: "no" },
  ];
  for (const cors of wrong) {
    assertThrows(
      () => httpHandler(new Handlers(), { cors } as HttpHandlerOptions),
      Error,
      "Cannot set cors.",
    );
  }
  await using handler = httpHandler(new Handlers(), {
    cors: { maxAge: Infinity, headers: ["x-a"] },
  });
  const response = await handler(post("", { method: "OPTIONS" }));
  const age = response.headers.get("access-control-max-age");
  assertEquals(age, "2147483647");
});

Deno.test("what a call that is ended within its body has held is given back once", async () => {
  const handlers = new Handlers().handle("echo", (value: unknown) => value)
    .handleValues("list", async function* (_: unknown, { values }) {
      yield* values;
    });
  const sent = [
    ["echo", "application/json"],
    ["list", "application/x-ndjson"],
  ] as const;
  for (const [path, type] of sent) {
    const clock = new VirtualClock();
    const memory = new MemoryBudget(1_000_000);
    await using handler = httpHandler(handlers, {
      clock,
      memory,
      onEvent() {},
    });
    const body = new ReadableStream<Uint8Array>({
      start: (controller) =>
        controller.enqueue(new Uint8Array(10_000).fill(49)),
    });
    const init = { headers: { "content-type": type }, body, duplex: "half" };
    const call = handler(post(path, init));
    await settled();
    assert(memory.heldBytes >= 10_000, `${memory.heldBytes} bytes`);
    await clock.advance(60_000);
    const response = await call;
    assertEquals(response.status, 408);
    await response.body?.cancel();
    await settled();
    assertEquals(memory.heldBytes, 0, path);
  }
});

Deno.test("a call whose body has not arrived when the server shuts down may be repeated", async () => {
  const handlers = new Handlers().handle("echo", (value: unknown) => value);
  for (const length of [undefined, "20"]) {
    for (const end of ["drain", "close"] as const) {
      const clock = new VirtualClock();
      await using handler = httpHandler(handlers, { clock });
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new Uint8Array(10).fill(49)),
      });
      const headers = {
        "content-type": "application/json",
        ...length !== undefined && { "content-length": length },
      };
      const init = { headers, body, duplex: "half" };
      const call = handler(post("echo", init));
      await settled();
      const ended = handler[end]();
      await clock.advance(10_000);
      const response = await call;
      await ended;
      assertEquals(
        [response.status, response.headers.get("retry-after")],
        [503, "1"],
        `${end} ${length}`,
      );
      await response.body?.cancel();
    }
  }
});

Deno.test("a notification is answered once its handler has ended, without a wait", async () => {
  const handlers = new Handlers().onNotification("note", () => {});
  await using handler = httpHandler(handlers, { clock: new VirtualClock() });
  const response = await handler(
    post("note", { headers: { prefer: "respond-async" } }),
  );
  assertEquals(response.status, 202);
});

Deno.test("what a page of another site embeds calls nothing, as it sends no Origin", async () => {
  let runs = 0;
  const handlers = new Handlers().handle("report", () => ++runs, {
    safe: true,
  });
  const get = (site: string, dest: string) =>
    new Request("http://localhost/report", {
      headers: { "sec-fetch-site": site, "sec-fetch-dest": dest },
    });
  const status = async (request: Request, options: HttpHandlerOptions = {}) =>
    (await answer(request, handlers, options))[0];
  for (const dest of ["image", "script", "iframe", "empty", ""]) {
    assertEquals(await status(get("cross-site", dest)), 403, dest);
    assertEquals(await status(get("same-site", dest)), 403, dest);
  }
  assertEquals(runs, 0);
  // Links, the address bar, the server's own pages, and programs.
  assertEquals(await status(get("cross-site", "document")), 200);
  assertEquals(await status(get("none", "document")), 200);
  assertEquals(await status(get("same-origin", "image")), 200);
  assertEquals(await status(new Request("http://localhost/report")), 200);
  assertEquals(await status(get("cross-site", "image"), { origins: "*" }), 200);
  const origins = ["https://example.com"];
  assertEquals(await status(get("cross-site", "image"), { origins }), 403);
});

Deno.test("a name beyond the limit of the handler has status 414 as well", async () => {
  const handlers = new Handlers().handleOther(() => new Uint8Array(1));
  const options = { limits: { maxNameBytes: 10 } };
  const [long, body] = await answer(post("x".repeat(11)), handlers, options);
  assertEquals([long, JSON.parse(body).code], [414, "maxNameBytes"]);
  const [fitting] = await answer(post("x".repeat(10)), handlers, options);
  assertEquals(fitting, 200);
});

Deno.test("a body that something else has read or holds is named as the reason", async () => {
  const handlers = new Handlers().handle("echo", (value: unknown) => value);
  await using handler = httpHandler(handlers as Handlers);
  const read = post("echo", { body: "1" });
  await read.text();
  const [locked, lockedWithLength] = [{}, { "content-length": "1" }].map(
    (length) => {
      const headers = { "content-type": "application/json", ...length };
      const request = post("echo", { headers, body: "1" });
      request.body!.getReader();
      return request;
    },
  );
  const exchange = post("echo", {
    body: "1",
    headers: { "content-type": "application/x-gotalk" },
  });
  await exchange.text();
  for (const request of [read, locked, lockedWithLength, exchange]) {
    await assertRejects(
      () => handler(request!),
      TypeError,
      "Cannot make a call: the body of the request has been read or is locked, wanted the request itself",
    );
  }
  assertEquals(handler.stats.open, 0);
});
