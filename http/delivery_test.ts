/** Responses that nobody reads, or slowly, and bodies that arrive slowly. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Handlers, OperationError } from "../mod.ts";
import { MemoryBudget } from "../peer/mod.ts";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { httpHandler } from "./http_handler.ts";

const SIZE = 1_000_000;

const handlers = new Handlers()
  .handleBytes("big", () => new Uint8Array(SIZE).fill(7))
  .handleText("long", () => "é".repeat(SIZE / 2), { safe: true })
  .handle("small", () => 1)
  .handleBytes("size", ({ byteLength }) => Uint8Array.of(byteLength))
  .handle("fail", () => {
    throw new OperationError("no", { data: "x".repeat(SIZE) });
  })
  .handleValues("list", async function* (_: unknown, { values }) {
    yield* values;
  });

function post(path: string, init: RequestInit = {}): Request {
  return new Request(`http://localhost/${path}`, { method: "POST", ...init });
}

Deno.test("a result that nobody reads is a call that runs, held memory, and ends after writeTimeout", async () => {
  const clock = new VirtualClock();
  const memory = new MemoryBudget();
  await using handler = httpHandler(handlers as Handlers, {
    clock,
    memory,
    maxConcurrentCalls: 1,
    onEvent() {},
  });
  const response = await handler(post("big"));
  await settled();
  assertEquals([response.status, handler.stats.open], [200, 1]);
  assertEquals(response.headers.get("content-length"), String(SIZE));
  assert(memory.heldBytes >= SIZE, `${memory.heldBytes} bytes`);
  const refused = await handler(post("small"));
  assertEquals(refused.status, 503);
  await refused.body?.cancel();

  await clock.advance(60_000);
  assertEquals([handler.stats.open, memory.heldBytes], [0, 0]);
  await assertRejects(() => response.bytes(), Error, "response is not read");
});

Deno.test("a result is given back once it has been read, or its client has left", async () => {
  const memory = new MemoryBudget();
  await using handler = httpHandler(handlers as Handlers, { memory });
  const read = await handler(post("big"));
  const bytes = await read.bytes();
  assert(bytes.byteLength === SIZE && bytes.every((byte) => byte === 7));
  await settled();
  assertEquals([handler.stats.open, memory.heldBytes], [0, 0]);
  const left = await handler(post("big"));
  await left.body!.cancel();
  await settled();
  assertEquals([handler.stats.open, memory.heldBytes], [0, 0]);
  const head = await handler(
    new Request("http://localhost/long", { method: "HEAD" }),
  );
  assertEquals(head.body, null);
  assertEquals(
    head.headers.get("content-type"),
    "text/plain; charset=utf-8",
  );
  assertEquals(head.headers.get("content-length"), String(SIZE));
  await settled();
  assertEquals([handler.stats.open, memory.heldBytes], [0, 0]);
});

Deno.test("a result may take any time, as long as it is read", async () => {
  const clock = new VirtualClock();
  await using handler = httpHandler(handlers as Handlers, { clock });
  const response = await handler(post("big"));
  let size = 0;
  for await (const chunk of response.body!) {
    size += chunk.byteLength;
    await clock.advance(25_000);
  }
  assertEquals(size, SIZE);
  await settled();
  assertEquals(handler.stats.open, 0);
});

Deno.test("a shutdown waits for a result that is read, and breaks one off that is not", async () => {
  const clock = new VirtualClock();
  const handler = httpHandler(handlers as Handlers, { clock, onEvent() {} });
  const read = await handler(post("big"));
  const unread = await handler(post("big"));
  const drained = handler.drain();
  await settled();
  assertEquals((await read.bytes()).byteLength, SIZE);
  await clock.advance(120_000);
  await drained;
  assertEquals(handler.stats.open, 0);
  await assertRejects(() => unread.bytes());
});

Deno.test("an error with much data is delivered like a result", async () => {
  const memory = new MemoryBudget();
  await using handler = httpHandler(handlers as Handlers, { memory });
  const response = await handler(post("fail"));
  await settled();
  assertEquals([response.status, handler.stats.open], [422, 1]);
  assert(memory.heldBytes >= SIZE, `${memory.heldBytes} bytes`);
  assertEquals(response.headers.get("content-type"), "application/json");
  const { error, data } = await response.json();
  assertEquals([error, data.length], ["no", SIZE]);
  await settled();
  assertEquals([handler.stats.open, memory.heldBytes], [0, 0]);
});

Deno.test("over the network, a result has a length, whatever its size", async () => {
  await using handler = httpHandler(handlers as Handlers);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  for (const path of ["big", "small"]) {
    const response = await fetch(`${url}/${path}`, { method: "POST" });
    const length = response.headers.get("content-length");
    assertEquals(length, String((await response.bytes()).byteLength));
  }
});

/** Sends chunks in a body without a length, 5 s apart, and returns the response. */
async function sendSlowly(
  path: string,
  type: string,
  chunks: readonly string[],
): Promise<[status: number, seconds: number]> {
  const clock = new VirtualClock();
  await using handler = httpHandler(handlers as Handlers, {
    clock,
    onEvent() {},
  });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const headers = { "content-type": type };
  let end: number | undefined;
  const call = handler(post(path, { body: readable, headers }))
    .then((response) => {
      end = clock.now();
      return response.text().then((text) => [response.status, text] as const);
    });
  for (const chunk of chunks) {
    writer.write(new TextEncoder().encode(chunk)).catch(() => {});
    await clock.advance(5_000);
  }
  writer.close().catch(() => {});
  const [status] = await call;
  return [status, end! / 1_000];
}

Deno.test("a body may take any time, with or without a length, as long as it arrives at the lowest rate", async () => {
  const bytes = "application/octet-stream";
  const steady = Array<string>(20).fill("x".repeat(10_240));
  assertEquals(await sendSlowly("size", bytes, steady), [200, 100]);
  const lines = "application/x-ndjson";
  const line = ['"', ...steady, '"\n'];
  assertEquals(await sendSlowly("list", lines, line), [200, 105]);
  const drip = Array<string>(20).fill("1");
  assertEquals(await sendSlowly("size", bytes, drip), [408, 10]);
  assertEquals(await sendSlowly("list", lines, drip), [408, 10]);
});

Deno.test("values may be far apart, but not blank lines", async () => {
  const lines = "application/x-ndjson";
  const values = Array<string>(20).fill("1\n");
  // The first value begins the response.
  assertEquals(await sendSlowly("list", lines, values), [200, 0]);
  const blank = Array<string>(20).fill("\n");
  assertEquals(await sendSlowly("list", lines, blank), [408, 45]);
});
