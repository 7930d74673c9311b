import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ValidationError } from "../codec/mod.ts";
import { type Channel, memoryPair } from "../transport/mod.ts";
import { Handlers } from "./handlers.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import type { Span, Tracer } from "./telemetry.ts";
import { RecordingTelemetry } from "./testing/recording_telemetry.ts";
import { telemetryOf } from "./testing/telemetry_of.ts";
import { settled } from "./testing/virtual_clock.ts";

/** Records the calls of each span. */
class RecordingTracer implements Tracer {
  readonly calls: string[] = [];

  startSpan(name: string, options?: { readonly kind?: number }): Span {
    const calls = this.calls;
    return {
      setStatus: ({ code, message }) =>
        calls.push(`${name} status ${code} ${message ?? ""}`),
      recordException: (error) => calls.push(`${name} threw ${error}`),
      end: () => calls.push(`${name} ended, kind ${options?.kind}`),
    };
  }
}

Deno.test("a tracer receives a span for each call and each handler", async () => {
  const tracer = new RecordingTracer();
  const telemetry = telemetryOf(tracer);
  const handlers = new Handlers()
    .handle("double", (n: number) => n * 2)
    .handle("later", async (n: number) => await Promise.resolve(n));
  const [left, right] = memoryPair();
  await using _server = new Peer(right, {
    handlers,
    telemetry,
    role: "acceptor",
  });
  await using client = new Peer(left, { telemetry });

  assertEquals(await client.request("double", 21), 42);
  assertEquals(await client.request("later", 1), 1);
  assertEquals(tracer.calls, [
    "double status 1 ",
    "double ended, kind 1",
    "double status 1 ",
    "double ended, kind 2",
    "later status 1 ",
    "later ended, kind 1",
    "later status 1 ",
    "later ended, kind 2",
  ]);
});

Deno.test("the span of a failure records the error that was thrown locally", async () => {
  const tracer = new RecordingTracer();
  const telemetry = telemetryOf(tracer);
  const handlers = new Handlers().handle("fail", () => {
    throw new OperationError("no luck");
  });
  const [left, right] = memoryPair();
  await using _server = new Peer(right, {
    handlers,
    telemetry,
    role: "acceptor",
  });
  await using client = new Peer(left, { telemetry });

  await assertRejects(() => client.request("fail"), OperationError);
  assertEquals(tracer.calls.filter((call) => call.includes("threw")), [
    "fail threw OperationError: no luck",
    'fail threw OperationError: Cannot complete "fail": the remote peer answered with the error "no luck"',
  ]);
  assertEquals(tracer.calls.filter((call) => call.includes("ended")).length, 2);
});

/** Returns a tracer that throws in one of its methods. */
function throwingTracer(
  faulty: string,
): { tracer: Tracer; ended: () => number } {
  let ended = 0;
  const step = (method: string) => () => {
    if (method === faulty) throw new Error(method);
    if (method === "end") ended++;
  };
  const span: Span = {
    setStatus: step("setStatus"),
    recordException: step("recordException"),
    end: step("end"),
  };
  const startSpan = step("startSpan");
  const tracer: Tracer = {
    startSpan() {
      startSpan();
      return span;
    },
  };
  return { tracer, ended: () => ended };
}

Deno.test("errors thrown by a tracer change no outcome, and spans that started are ended", async (t) => {
  const handlers = new Handlers()
    .handle("double", (n: number) => n * 2)
    .handle("fail", () => {
      throw new OperationError("no luck");
    })
    .handle("odd", () => {
      // This cannot even be converted to text.
      throw Object.create(null);
    });
  for (
    const method of ["startSpan", "setStatus", "recordException", "end", "none"]
  ) {
    await t.step(method, async () => {
      const { tracer, ended } = throwingTracer(method);
      const telemetry = telemetryOf(tracer);
      const [left, right] = memoryPair();
      await using _server = new Peer(right, {
        handlers,
        telemetry,
        role: "acceptor",
      });
      await using client = new Peer(left, { telemetry });

      assertEquals(await client.request("double", 21), 42);
      await assertRejects(
        () => client.request("fail"),
        OperationError,
        "no luck",
      );
      await assertRejects(
        () => client.request("odd"),
        OperationError,
        "internal error",
      );
      assertEquals(ended(), method === "startSpan" || method === "end" ? 0 : 6);
    });
  }
});

/** Two peers with telemetry of their own. */
function pair(
  handlers: Handlers,
  ofClient = new Handlers(),
): {
  readonly client: Peer;
  readonly server: Peer;
  readonly here: RecordingTelemetry;
  readonly there: RecordingTelemetry;
} {
  const [left, right] = memoryPair();
  const [here, there] = [
    new RecordingTelemetry("c"),
    new RecordingTelemetry("d"),
  ];
  const server = new Peer(right, {
    handlers,
    telemetry: there,
    role: "acceptor",
  });
  const client = new Peer(left, { handlers: ofClient, telemetry: here });
  return { client, server, here, there };
}

/** Parents by name of the span, as `parent > child`. */
function tree(...telemetries: RecordingTelemetry[]): string[] {
  const spans = telemetries.flatMap(({ spans }) => spans);
  const name = (id: string | undefined) =>
    spans.find(({ context }) => context.spanId === id)?.name ?? "";
  for (const { ended } of spans) assertEquals(ended, 1);
  return spans.map((span) =>
    `${name(span.parent)} > ${span.name} ${span.kind}`
  );
}

Deno.test("one call is one trace over both peers, with all that its handler does", async () => {
  const { client, server, here, there } = pair(
    new Handlers().handle("outer", async (_, { peer }) => {
      await Promise.resolve();
      await peer.notify("note");
      return await peer.request("back");
    }),
    new Handlers().handle("back", () => 1).onNotification("note", () => {}),
  );
  await using _server = server;
  await using _client = client;
  assertEquals(await client.request("outer"), 1);
  assertEquals(tree(here, there), [
    " > outer 2",
    " > note 4",
    "back > back 1",
    "outer > outer 1",
    "outer > note 3",
    "outer > back 2",
  ]);
  const traces = [...here.spans, ...there.spans]
    .filter(({ kind }) => kind !== 4)
    .map(({ context }) => context.traceId);
  assertEquals(new Set(traces).size, 1);
});

Deno.test("a stream is one trace over both peers, whose spans end with it", async () => {
  const active: unknown[] = [];
  const { client, server, here, there } = pair(
    new Handlers().handleStream("numbers", async function* (parts) {
      for await (const part of parts) {
        active.push(there.context.active());
        yield part;
      }
    }),
  );
  await using _server = server;
  await using _client = client;
  const { readable, writable } = client.stream("numbers");
  const writer = writable.getWriter();
  await writer.write(new Uint8Array([1]));
  const reader = readable.getReader();
  await reader.read();
  assertEquals(here.spans[0]!.ended + there.spans[0]!.ended, 0);
  await writer.close();
  assertEquals((await reader.read()).done, true);
  assertEquals(tree(here, there), [" > numbers 2", "numbers > numbers 1"]);
  assertEquals(active, [{ span: there.spans[0]!.context }]);
});

Deno.test("the span of a stream that fails, or is abandoned, ends", async () => {
  const { client, server, here, there } = pair(
    new Handlers().handleStream("fail", () => {
      throw new OperationError("no luck");
    }).handleStream("endless", async function* (_, { signal }) {
      while (!signal.aborted) {
        yield new Uint8Array(8);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }),
  );
  await using _server = server;
  await using _client = client;
  await assertRejects(
    () => Array.fromAsync(client.stream("fail").readable),
    OperationError,
  );
  assertEquals([here.spans[0]!.status, there.spans[0]!.status], [2, 2]);
  for await (const _ of client.stream("endless").readable) break;
  // Once the request's data has ended.
  while (client.stats.pending > 0) await settled();
  assertEquals(here.spans[1]!.ended, 1);
  const { readable, writable } = client.stream("endless");
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(1));
  await readable.cancel();
  assertEquals(here.spans[2]!.ended, 0);
  await writer.close();
  assertEquals(here.spans[2]!.ended, 1);
  assertThrows(() => client.stream("fail", { timeout: -1 }), TypeError);
  assertThrows(() => client.stream("fail", { input: 1n }), ValidationError);
  assertEquals(here.spans.length, 3);
  // A call that is left before it is sent.
  await client.stream("endless").readable.cancel();
  assertEquals(here.spans[3]!.ended, 1);
});

Deno.test("metrics: durations, traffic, drops and what is open", async () => {
  const { client, server, here, there } = pair(
    new Handlers().handle("double", (n: number) => n * 2)
      .handle("fail", () => {
        throw new OperationError("no luck");
      }),
  );
  await using _server = server;
  await using _client = client;
  await client.request("double", 21);
  await client.request("fail").catch(() => {});
  await client.notify("none");
  await client.request("double", 1);
  assertEquals(here.records.map((line) => line.replace(/ [\d.e-]+ /, " ")), [
    "rpc.client.call.duration gotalk double",
    "rpc.client.call.duration gotalk fail OperationError",
    "rpc.client.call.duration gotalk double",
  ]);
  assertEquals(there.records.map((line) => line.replace(/ [\d.e-]+ /, " ")), [
    "rpc.server.call.duration gotalk double",
    "rpc.server.call.duration gotalk fail OperationError",
    "gotalk.drops no-handler",
    "rpc.server.call.duration gotalk double",
  ]);
  const { bytesIn, bytesOut, messagesIn, messagesOut } = server.stats;
  const traffic = [
    `gotalk.io ${bytesIn} receive`,
    `gotalk.io ${bytesOut} transmit`,
  ];
  assertEquals(there.read("gotalk.io"), traffic);
  assertEquals(there.read("gotalk.messages"), [
    `gotalk.messages ${messagesIn} receive`,
    `gotalk.messages ${messagesOut} transmit`,
  ]);
  assertEquals(there.read("gotalk.connections"), ["gotalk.connections 1"]);
  assertEquals(here.read("gotalk.calls.pending"), ["gotalk.calls.pending 0"]);
  assertEquals(there.read("gotalk.requests.running"), [
    "gotalk.requests.running 0",
  ]);
  assertEquals(there.read("gotalk.write_queue.size"), [
    "gotalk.write_queue.size 0",
  ]);
  await client.close();
  await server.closed;
  assertEquals(there.read("gotalk.connections"), ["gotalk.connections 0"]);
  assertEquals(there.read("gotalk.io")[0], traffic[0]);
});

Deno.test("a call that waits for a connection has the span as its parent that was active when it was made", async () => {
  const telemetry = new RecordingTelemetry("c");
  const opened = Promise.withResolvers<Channel>();
  await using peer = new ReconnectingPeer(() => opened.promise, { telemetry });
  const tracer = telemetry.trace.getTracer("");
  const root = tracer.startSpan("root", {}, telemetry.context.active());
  let call: Promise<unknown> | undefined;
  telemetry.context.with(telemetry.trace.setSpan(undefined, root), () => {
    call = peer.request("ping");
  });
  const [left, right] = memoryPair();
  const handlers = new Handlers().handle("ping", () => "pong");
  await using _server = new Peer(right, { handlers, role: "acceptor" });
  opened.resolve(left);
  assertEquals(await call, "pong");
  root.end();
  assertEquals(tree(telemetry), [" > root undefined", "root > ping 2"]);
});
