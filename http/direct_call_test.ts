/** Calls that are served without a conversation: what they have in common with one. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  Handlers,
  isConnectionClosedError,
  type PeerEvent,
  type Remote,
} from "../mod.ts";
import { MemoryBudget } from "../peer/mod.ts";
import { RecordingTelemetry } from "../peer/testing/recording_telemetry.ts";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import { httpHandler } from "./http_handler.ts";

/** Returns a request whose body is JSON of a known size. */
function post(path: string, value?: unknown, signal?: AbortSignal): Request {
  const body = value === undefined ? "" : JSON.stringify(value);
  const headers = {
    "content-type": "application/json",
    "content-length": String(new TextEncoder().encode(body).byteLength),
  };
  const url = `http://localhost/${path}`;
  return new Request(url, { method: "POST", headers, body, signal: signal! });
}

/** Returns a request with a body that never arrives as a whole. */
function stalled(path: string, length: number): Request {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Uint8Array.of(49)),
  });
  const headers = {
    "content-type": "application/json",
    "content-length": String(length),
  };
  return new Request(`http://localhost/${path}`, {
    method: "POST",
    headers,
    body,
  });
}

const echo = new Handlers()
  .handle("echo", (value: unknown) => value) as Handlers;

Deno.test("a small body that does not arrive has a time, and is given back", async () => {
  const clock = new VirtualClock();
  const memory = new MemoryBudget();
  await using handler = httpHandler(echo, { clock, memory, onEvent() {} });
  const call = handler(stalled("echo", 10_000));
  await settled();
  assert(memory.heldBytes >= 10_000, `${memory.heldBytes} bytes`);
  await clock.advance(15_000);
  assertEquals(handler.stats.open, 1);
  await clock.advance(15_000);
  const response = await call;
  assertEquals([response.status, (await response.json()).code], [
    408,
    "timeout",
  ]);
  await settled();
  assertEquals([handler.stats.open, memory.heldBytes], [0, 0]);
});

Deno.test("receiveTimeout bounds the time of a small body", async () => {
  const clock = new VirtualClock();
  const limits = { receiveTimeout: 2_000 };
  await using handler = httpHandler(echo, { clock, limits, onEvent() {} });
  const call = handler(stalled("echo", 10));
  await clock.advance(2_000);
  assertEquals((await call).status, 408);
});

Deno.test("what a waiting handler works on is held memory", async () => {
  const memory = new MemoryBudget();
  const { promise, resolve } = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handle("wait", async (_: unknown) => await promise);
  await using handler = httpHandler(handlers, { memory });
  const call = handler(post("wait", "x".repeat(10_000)));
  await settled();
  assert(memory.heldBytes > 10_000, `${memory.heldBytes} bytes`);
  assertEquals(handler.stats.running, 1);
  resolve();
  assertEquals((await call).status, 204);
  await settled();
  assertEquals([memory.heldBytes, handler.stats.open], [0, 0]);
});

Deno.test("without memory, a small call is refused as well", async () => {
  const memory = new MemoryBudget(20_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  const handlers = new Handlers(echo)
    .handle("wait", async (_: unknown) => await promise);
  const events: PeerEvent[] = [];
  await using handler = httpHandler(handlers as Handlers, {
    memory,
    onEvent: (event) => events.push(event),
  });
  const waiting = [1, 2].map(() => handler(post("wait", "x".repeat(8_000))));
  await settled();
  const refused = await handler(post("echo", "x".repeat(8_000)));
  assertEquals([refused.status, refused.headers.has("retry-after")], [
    503,
    true,
  ]);
  await refused.body?.cancel();
  assertEquals(
    events.map((event) => event.type === "refusal" && event.limit),
    ["maxTotalHeldBytes"],
  );
  resolve();
  await Promise.all(waiting);
});

Deno.test("a caller is a remote peer that takes no calls, and ends with its call", async () => {
  const { promise, resolve } = Promise.withResolvers<Remote>();
  const { promise: seen, resolve: see } = Promise.withResolvers<void>();
  const handlers = new Handlers().handle("who", async (_: unknown, context) => {
    resolve(context.peer as Remote);
    await seen;
  });
  const events: string[] = [];
  const onEvent = ({ type }: PeerEvent) => events.push(type);
  await using handler = httpHandler(handlers, { onEvent });
  const call = handler(post("who"));
  const peer = await promise;
  assertEquals(peer.id, peer.id);
  assertEquals([peer.state, peer.info?.transport], ["open", "http"]);
  assertEquals(peer.info?.request?.method, "POST");
  assertEquals(peer.stats.running, 1);
  const refusals = [
    () => peer.request("any"),
    () => peer.requestText("any", ""),
    () => peer.requestBytes("any", new Uint8Array(1)),
    () => peer.notify("any"),
    () => peer.notifyText("any", ""),
    () => peer.notifyBytes("any", new Uint8Array(1)),
    () => peer.values("any").next(),
    () => new Response(peer.stream("any").readable).text(),
  ];
  for (const refused of refusals) {
    const error = await Promise.resolve<unknown>(refused())
      .catch((error: unknown) => error);
    assert(isConnectionClosedError(error), String(error));
    assertMatch(String(error), /takes nothing but its result/);
  }
  const { signal } = peer;
  assert(!signal.aborted);
  see();
  assertEquals((await call).status, 204);
  assertEquals((await peer.closed).clean, true);
  assert(signal.aborted && peer.signal.aborted);
  assertEquals(peer.state, "closed");
  const late = await peer.notify("any").catch((error) => error);
  assert(isConnectionClosedError(late));
  assertEquals(events, []);
});

Deno.test("a handler may end its call, also in order", async () => {
  const handlers = new Handlers()
    .handle("abort", async (_: unknown, { peer, signal }) => {
      await Promise.resolve();
      peer.abort(new Error("enough"));
      assertEquals(signal.reason.message, "enough");
    })
    .handle("close", async (_: unknown, { peer }) => {
      await peer.close();
      return 1;
    })
    .handle("drain", (_: unknown, { peer }) => {
      void peer.drain();
      return 1;
    });
  await using handler = httpHandler(handlers);
  for (
    const [path, status] of [["abort", 500], ["close", 500], ["drain", 200]]
  ) {
    const response = await handler(post(`${path}`));
    assertEquals(response.status, status, `${path}`);
    await response.body?.cancel();
  }
});

Deno.test("calls count in the totals, and in what telemetry measures", async () => {
  const telemetry = new RecordingTelemetry("a");
  await using handler = httpHandler(echo, { telemetry });
  assertEquals(await (await handler(post("echo", "abc"))).json(), "abc");
  const missing = await handler(post("none"));
  await missing.body?.cancel();
  await settled();
  const { accepted, bytesIn, bytesOut, messagesIn, messagesOut, open } =
    handler.stats;
  assertEquals([accepted, open, messagesIn, messagesOut], [1, 0, 1, 1]);
  assertEquals([bytesIn, bytesOut], [5, 5]);
  assertEquals(telemetry.spans.length, 1);
});

Deno.test("a call that has ended within its body leaves nothing, whatever arrives then", async () => {
  const calls: unknown[] = [];
  const handlers = new Handlers().handle("note", (value) => {
    calls.push(value);
  });
  const clock = new VirtualClock();
  const memory = new MemoryBudget();
  const handler = httpHandler(handlers as Handlers, { clock, memory });
  let arrive!: () => void;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      arrive = () => {
        controller.enqueue(Uint8Array.of(49));
        controller.close();
      };
    },
  });
  const headers = { "content-type": "application/json", "content-length": "1" };
  const init = { method: "POST", headers, body };
  const call = handler(new Request("http://localhost/note", init));
  await settled();
  await handler.close();
  assertEquals((await call).status, 503);
  arrive();
  await settled();
  assertEquals([calls, memory.heldBytes, handler.stats.open], [[], 0, 0]);
});

Deno.test("a client that leaves within a small body, or before its result, ends its call", async () => {
  const clock = new VirtualClock();
  const left: unknown[] = [];
  const handlers = new Handlers(echo)
    .handle("wait", async (_: unknown, { signal }) => {
      await new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve())
      );
      left.push(signal.reason.message);
    });
  await using handler = httpHandler(handlers as Handlers, { clock });
  const controller = new AbortController();
  const call = handler(post("wait", 1, controller.signal));
  await settled();
  await clock.advance(50);
  controller.abort(new Error("gone"));
  assertEquals((await call).status, 500);
  await settled();
  assertEquals([left, handler.stats.open], [["gone"], 0]);
});
