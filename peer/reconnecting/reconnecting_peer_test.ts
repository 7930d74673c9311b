import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  isLimitError,
  isValidationError,
  type LimitError,
} from "../../codec/mod.ts";
import { type Channel, memoryPair } from "../../transport/mod.ts";
import { ScriptedChannel } from "../testing/scripted_channel.ts";
import { watch } from "../testing/scripted_peer.ts";
import { settled, VirtualClock } from "../testing/virtual_clock.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import type { CallOptions } from "../call_options.ts";
import { Handlers } from "../handlers.ts";
import { Peer } from "../peer.ts";
import { isRetryError } from "../retry_error.ts";
import type { Schema } from "../standard_schema.ts";
import type { ConnectionEvent, ReconnectOptions } from "./reconnect_options.ts";
import { ReconnectingPeer } from "./reconnecting_peer.ts";

/** A server that can be down or killed, and the clock of both ends. */
class Server {
  readonly clock: VirtualClock = new VirtualClock();
  /** Times of the attempts to connect. */
  readonly attempts: number[] = [];
  /** Inputs of requests and notifications, in order. */
  readonly received: string[] = [];
  /** Connection events of the clients. */
  readonly events: ConnectionEvent[] = [];
  /** Whether connecting succeeds. */
  up = true;
  readonly #peers = new Set<Peer>();
  readonly #handlers = new Handlers()
    .handle("say", (input: string) => (this.received.push(input), input))
    .handle("hold", (input: string) => {
      this.received.push(input);
      return new Promise(() => {});
    })
    .handleStream("echo", (parts) => parts)
    .onNotification("note", (input: string) => void this.received.push(input));

  /** Opens a connection, if the server is up. */
  readonly open = (): Channel => {
    this.attempts.push(this.clock.now());
    if (!this.up) throw new Error("Connection refused");
    const [here, there] = memoryPair();
    const { clock } = this;
    const peer = new Peer(there, {
      handlers: this.#handlers,
      role: "acceptor",
      clock,
    });
    this.#peers.add(peer);
    void peer.closed.then(() => this.#peers.delete(peer));
    return here;
  };

  /** Returns a peer that connects to this server; its random numbers are all 0.5. */
  client(
    options: ReconnectOptions = {},
    open: (signal: AbortSignal) => Channel | Promise<Channel> = this.open,
  ): ReconnectingPeer {
    return new ReconnectingPeer(open, {
      clock: this.clock,
      random: () => 0.5,
      onConnectionEvent: (event) => void this.events.push(event),
      ...options,
    });
  }

  /** Aborts all connections. */
  kill(): void {
    for (const peer of this.#peers) peer.abort(new Error("Server was killed"));
  }

  /** Types of the connection events, in order. */
  get eventTypes(): string {
    return this.events.map(({ type }) => type).join(" ");
  }

  /** Delays between attempts, in milliseconds. */
  get delays(): number[] {
    return this.events.flatMap((event) =>
      event.type === "waiting" ? [event.delay] : []
    );
  }
}

/** Runs a test with a server, and checks that no timer is left. */
function test(
  name: string,
  body: (server: Server) => Promise<void>,
): void {
  Deno.test(`a reconnecting peer ${name}`, async () => {
    const server = new Server();
    await body(server);
    server.kill();
    await settled();
    assertEquals(server.clock.timers, 0, "timers are left");
  });
}

test("makes calls over its connection", async (server) => {
  await using client = server.client();
  assertEquals(await client.request("say", "a"), "a");
  assertEquals(await client.requestText("say", '"b"'), '"b"');
  const bytes = new TextEncoder().encode('"c"');
  assertEquals(await client.requestBytes("say", bytes), bytes);
  await client.notify("note", "d");
  await client.notifyText("note", '"e"');
  await settled();
  assertEquals(server.received, ["a", "b", "c", "d", "e"]);
  assertEquals(server.eventTypes, "connecting connected");
  assertEquals(client.current?.state, "open");
});

test("doubles the upper bound of its random delay after each failure, up to maxDelay", async (server) => {
  server.up = false;
  for (const random of [0.01, 0.25, 0.999]) {
    server.events.length = 0;
    const client = server.client({ random: () => random });
    while (server.delays.length < 8) await server.clock.advance(100);
    await client.close();
    const bounds = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
    const wanted = bounds.map((bound) => random * bound);
    assertEquals(server.delays.slice(0, 8), wanted);
  }
});

test("connects again when the delay is over, not before", async (server) => {
  server.up = false;
  await using _ = server.client({ initialDelay: 100, maxDelay: 300 });
  await server.clock.advance(50 + 100 + 150 + 149);
  assertEquals(server.attempts, [0, 50, 150, 300]);
  await server.clock.advance(1);
  assertEquals(server.attempts, [0, 50, 150, 300, 450]);
});

test("starts with initialDelay again after a connection that succeeded", async (server) => {
  server.up = false;
  await using client = server.client();
  await server.clock.advance(10_000);
  assertGreater(server.delays.at(-1)!, 2_000);
  server.up = true;
  await server.clock.advance(30_000);
  assertEquals(client.current?.state, "open");
  server.events.length = 0;
  server.kill();
  await server.clock.advance(10_000);
  assertEquals(server.delays, [250]);
  assertEquals(server.eventTypes, "waiting connecting connected");
});

test("does not take connections that end at once for successes", async (server) => {
  await using client = server.client();
  for (let round = 0; round < 10; round++) {
    while (client.current === undefined) await server.clock.advance(250);
    server.kill();
    await settled();
  }
  const bounds = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
  assertEquals(server.delays.slice(0, 8), bounds.map((bound) => bound / 2));
});

test("resets its delay after a connection of 2 seconds, or as long as the longest delay now", async (server) => {
  await using client = server.client();
  const lose = async (after: number) => {
    while (client.current === undefined) await server.clock.advance(250);
    await server.clock.advance(after);
    server.kill();
    await settled();
    return server.delays.at(-1)! * 2;
  };
  // The first connection, and one that follows a lasting one.
  assertEquals(await lose(1_999), 500);
  assertEquals(await lose(2_000), 500);
  assertEquals(await lose(0), 500);
  for (const bound of [1000, 2000, 4000, 8000]) {
    assertEquals(await lose(bound / 2 - 1), bound);
  }
  assertEquals(await lose(7_999), 16_000);
  assertEquals(await lose(16_000), 500);
});

test("counts attempts since the last connection", async (server) => {
  await using _ = server.client();
  await server.clock.advance(2_000);
  server.up = false;
  server.kill();
  await server.clock.advance(3_000);
  server.up = true;
  await server.clock.advance(3_000);
  const attempts = server.events.flatMap((event) =>
    event.type === "connecting" ? [event.attempt] : []
  );
  assertEquals(attempts, [1, 1, 2, 3, 4, 5]);
});

test("closes after maxAttempts failures in a row", async (server) => {
  server.up = false;
  const client = server.client({ maxAttempts: 3 });
  const call = watch(client.request("say", "a"));
  await server.clock.advance(60_000);
  await client.closed;
  assertEquals(
    server.eventTypes,
    "connecting waiting connecting waiting connecting closed",
  );
  const error = call.rejection(isConnectionClosedError);
  assertEquals(error.outcome, "not-sent");
  assertEquals((error.cause as Error).message, "Connection refused");
  assertEquals(
    error.message,
    'Cannot complete "say": there will be no connection, the request was not sent',
  );
  const late = watch(client.request("say", "b"));
  await settled();
  assertEquals(late.rejection(isConnectionClosedError).outcome, "not-sent");
});

test("does not count a lost connection that lasted as a failed attempt", async (server) => {
  await using client = server.client({ maxAttempts: 1 });
  for (const input of ["a", "b", "c"]) {
    assertEquals(await client.request("say", input), input);
    await server.clock.advance(2_000);
    server.kill();
    await server.clock.advance(3_000);
  }
  server.up = false;
  server.kill();
  await server.clock.advance(1_000);
  await client.closed;
  assertEquals(server.attempts.length, 5);
});

test("sends queued calls in order, after onConnect and before later calls", async (server) => {
  const late = Promise.withResolvers<unknown>();
  const client: ReconnectingPeer = server.client({
    onConnect: async (peer) => {
      await peer.request("say", "login");
      await peer.request("say", "subscribe");
    },
    onConnectionEvent: ({ type }) => {
      if (type === "connected") late.resolve(client.request("say", "late"));
    },
  });
  await using _ = client;
  const calls = ["a", "b"].map((input) => client.request("say", input));
  const notified = client.notify("note", "c");
  const stream = client.stream("echo");
  const last = client.requestText("say", '"d"');
  await Promise.all([...calls, notified, last, late.promise]);
  assertEquals(
    server.received,
    ["login", "subscribe", "a", "b", "c", "d", "late"],
  );
  await stream.readable.cancel();
});

test("connects again when onConnect fails, and keeps the queued calls", async (server) => {
  let connections = 0;
  await using client = server.client({
    onConnect: () => {
      if (++connections < 3) throw new Error("login failed");
    },
  });
  const call = watch(client.request("say", "a"));
  await settled();
  assertEquals(call.state, "pending");
  assertEquals(client.current, undefined);
  await server.clock.advance(2_000);
  assertEquals(call.value, "a");
  assertEquals(connections, 3);
  assertEquals(server.delays, [250, 500]);
  const [waiting] = server.events.filter(({ type }) => type === "waiting");
  assertEquals(
    (waiting as { error: Error }).error.message,
    "login failed",
  );
});

test("connects again when onConnect closes the connection in order", async (server) => {
  let connections = 0;
  await using client = server.client({
    onConnect: (peer) => ++connections > 1 ? undefined : peer.close(),
  });
  const call = watch(client.request("say", "a"));
  await server.clock.advance(1_000);
  assertEquals(call.value, "a");
  const [waiting] = server.events.filter(({ type }) => type === "waiting");
  assertEquals(
    (waiting as { error: Error }).error.message,
    "the connection ended before it was ready",
  );
});

test("validates results", async (server) => {
  await using client = server.client();
  const output: Schema<unknown, string> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) =>
        typeof value === "string"
          ? { value: value.toUpperCase() }
          : { issues: [{ message: "wanted text" }] },
    },
  };
  assertEquals(await client.request("say", "a", { output }), "A");
  const error = await assertRejects(() => client.request("say", 1, { output }));
  assert(isValidationError(error) && error.side === "remote");
});

test("connects again when the connection ends during onConnect", async (server) => {
  let connections = 0;
  await using client = server.client({
    onConnect: async (peer) => {
      if (++connections > 1) return;
      server.kill();
      await peer.closed;
    },
  });
  const call = watch(client.request("say", "a"));
  await server.clock.advance(1_000);
  assertEquals(call.value, "a");
  assertEquals(
    server.eventTypes,
    "connecting waiting connecting connected",
  );
});

test("rejects calls beyond maxQueuedCalls", async (server) => {
  server.up = false;
  await using client = server.client({ maxQueuedCalls: 2 });
  const waiting = [
    watch(client.request("say", "a")),
    watch(client.notify("note", "b")),
  ];
  const error = await assertRejects(() => client.request("say", "c"));
  assert(isLimitError(error));
  assertEquals((error as LimitError).code, "maxQueuedCalls");
  assertEquals(
    (error as LimitError).message,
    'Cannot send "say": 2 calls wait for a connection, wanted less than 2 (maxQueuedCalls)',
  );
  await assertRejects(() => client.stream("echo").readable.getReader().read());
  server.up = true;
  await server.clock.advance(1_000);
  assertEquals(waiting.map(({ state }) => state), ["resolved", "resolved"]);
  assertEquals(server.received, ["a", "b"]);
});

test("rejects calls beyond maxQueuedCallBytes", async (server) => {
  server.up = false;
  await using client = server.client({ maxQueuedCallBytes: 10 });
  const calls = [5, 5].map((size) =>
    watch(client.requestBytes("none", new Uint8Array(size)))
  );
  const error = await assertRejects(() =>
    client.requestBytes("none", new Uint8Array(1))
  );
  assert(isLimitError(error));
  assertEquals((error as LimitError).code, "maxQueuedCallBytes");
  const empty = watch(client.requestBytes("none", new Uint8Array(0)));
  server.up = true;
  await server.clock.advance(1_000);
  // They were sent and rejected: the operation is unknown.
  assertEquals(calls.map(({ state }) => state), ["rejected", "rejected"]);
  assertEquals(empty.state, "rejected");
});

test("removes a queued call when its signal aborts", async (server) => {
  server.up = false;
  await using client = server.client({ maxQueuedCalls: 1 });
  const reason = new Error("not wanted any more");
  const controller = new AbortController();
  const { signal } = controller;
  const call = watch(client.request("say", "a", { signal }));
  await settled();
  controller.abort(reason);
  await settled();
  assertStrictEquals(call.error, reason);
  const aborted = watch(client.request("say", "b", { signal }));
  await settled();
  assertStrictEquals(aborted.error, reason);
  // Its place in the queue is free.
  const next = watch(client.request("say", "c"));
  server.up = true;
  await server.clock.advance(1_000);
  assertEquals(next.value, "c");
  assertEquals(server.received, ["c"]);
});

test("refuses calls and draining with a timeout or signal that is none, connected or not", async (server) => {
  server.up = false;
  await using client = server.client();
  const options = [{ timeout: NaN }, { timeout: null }, { timeout: -1 }, {
    signal: new AbortController(),
  }] as unknown as CallOptions[];
  for (const connected of [false, true]) {
    server.up = connected;
    await server.clock.advance(60_000);
    for (const option of options) {
      for (
        const call of [
          () => client.request("say", "a", option),
          () => client.requestText("say", "a", option),
          () => client.requestBytes("say", new Uint8Array(0), option),
          () => Promise.try(() => client.stream("echo", option)),
          ...("timeout" in option
            ? [() => client.drain(option as { timeout: number })]
            : []),
        ]
      ) {
        await assertRejects(call, TypeError, "Cannot set ");
      }
    }
  }
  assertEquals(client.state, "open");
  assertEquals(server.received, []);
});

test("names no cause in the timeout of a call while the first attempt to connect still runs", async (server) => {
  const opening = Promise.withResolvers<Channel>();
  await using client = server.client({}, () => opening.promise);
  const call = watch(client.request("say", "a", { timeout: 400 }));
  await server.clock.advance(400);
  const error = call.error as DOMException;
  assertEquals([error.name, "cause" in error], ["TimeoutError", false]);
  opening.resolve(server.open());
});

test("includes the wait for a connection in the timeout of a call", async (server) => {
  server.up = false;
  await using client = server.client();
  const offline = watch(client.request("say", "a", { timeout: 400 }));
  const both = watch(client.request("hold", "b", { timeout: 2_000 }));
  await server.clock.advance(400);
  assertEquals((offline.error as DOMException).name, "TimeoutError");
  assertEquals(
    (offline.error as Error).message,
    'Cannot complete "say": no connection within 400 ms, the request was not sent',
  );
  server.up = true;
  await server.clock.advance(1_599);
  assertEquals(server.received, ["b"]);
  assertEquals(both.state, "pending");
  await server.clock.advance(1);
  assertEquals((both.error as DOMException).name, "TimeoutError");
});

/** Opens a first connection with a scripted remote end, then connections to the server. */
function scriptedFirst(server: Server): {
  readonly channel: ScriptedChannel;
  readonly open: () => Channel;
} {
  const channel = new ScriptedChannel();
  let opened = false;
  return {
    channel,
    open: () => {
      if (opened) return server.open();
      opened = true;
      channel.send("01");
      return channel;
    },
  };
}

test("sends calls again that were not sent when the connection ended", async (server) => {
  const { channel, open } = scriptedFirst(server);
  await using client = server.client({}, open);
  await settled();
  channel.stall();
  const written = ["a", "b", "c"].map((input) =>
    watch(client.request("say", input))
  );
  await settled();
  const notSent = watch(client.request("say", "d"));
  await settled();
  channel.reset();
  await settled();
  // These were being written, and may have arrived.
  for (const call of written) {
    assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
  }
  assertEquals(notSent.state, "pending");
  await server.clock.advance(1_000);
  assertEquals(notSent.value, "d");
  assertEquals(server.received, ["d"]);
});

test("keeps the order of calls that it sends again", async (server) => {
  const { channel, open } = scriptedFirst(server);
  await using client = server.client({}, open);
  await settled();
  channel.stall();
  const inDoubt = watch(client.request("say", "in doubt"));
  await settled();
  const inputs = Array.from({ length: 20 }, (_, index) => `call ${index}`);
  const calls = inputs.map((input) => client.request("say", input));
  await settled();
  channel.reset();
  await server.clock.advance(1_000);
  assertEquals(await Promise.all(calls), inputs);
  assertEquals(server.received, inputs);
  assertEquals(inDoubt.state, "rejected");
});

test("repeats a call with an unknown outcome only if it is idempotent (close/in-doubt)", async (server) => {
  await using client = server.client();
  const once = watch(client.request("hold", "once"));
  const often = watch(client.request("hold", "often", { idempotent: true }));
  await settled();
  for (let kills = 1; kills <= 2; kills++) {
    server.kill();
    await server.clock.advance(1_000);
    const error = once.rejection(isConnectionClosedError);
    assertEquals(error.outcome, "unknown");
    assertEquals(often.state, "pending");
    assertEquals(server.received, ["once", ...Array(kills + 1).fill("often")]);
  }
  await client.close();
  assertEquals(often.rejection(isConnectionClosedError).outcome, "unknown");
});

/** Connects a client to a remote end that has half-closed and still awaits a result, so that it accepts no calls. */
async function halfClosed(
  server: Server,
): Promise<{ channel: ScriptedChannel; client: ReconnectingPeer }> {
  const { channel, open } = scriptedFirst(server);
  const handlers = new Handlers().handle("hold", () => new Promise(() => {}));
  const client = server.client({ handlers }, open);
  await settled();
  channel.send("r0001004hold00000000");
  channel.end();
  await settled();
  return { channel, client };
}

test("keeps calls for the next connection when the remote peer has half-closed this one", async (server) => {
  const { channel, client } = await halfClosed(server);
  await using _ = client;
  const call = watch(client.request("say", "a"));
  const note = watch(client.notify("note", "b"));
  await settled();
  assertEquals([call.state, note.state], ["pending", "pending"]);
  channel.reset();
  await server.clock.advance(1_000);
  assertEquals(call.value, "a");
  assertEquals(note.state, "resolved");
  assertEquals(server.received, ["a", "b"]);
});

test("can be closed when the remote peer has half-closed", async (server) => {
  const { client } = await halfClosed(server);
  const call = watch(client.request("say", "a"));
  await settled();
  const closed = watch(client.close());
  await settled();
  assertEquals(closed.state, "resolved");
  assertEquals(call.rejection(isConnectionClosedError).outcome, "not-sent");
});

test("opens a stream over the next connection, and errors it when that ends", async (server) => {
  server.up = false;
  await using client = server.client();
  const { readable, writable } = client.stream("echo");
  server.up = true;
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const part = new TextEncoder().encode("part");
  const written = watch(writer.write(part));
  await settled();
  assertEquals(written.state, "pending");
  await server.clock.advance(1_000);
  assertEquals(written.state, "resolved");
  assertEquals((await reader.read()).value, part);
  const rest = [watch(reader.read()), watch(writer.closed)];
  server.kill();
  await settled();
  for (const end of rest) {
    assertEquals(end.rejection(isConnectionClosedError).outcome, "unknown");
  }
});

test("sends the end marker of a stream closed offline over the next connection", async (server) => {
  server.up = false;
  await using client = server.client();
  const { readable, writable } = client.stream("echo");
  const writer = writable.getWriter();
  const sent = [writer.write(new TextEncoder().encode("ab")), writer.close()];
  // A reader with its own buffer, which the end of the stream returns.
  const reader = readable.getReader({ mode: "byob" });
  const read = watch(reader.read(new Uint8Array(8)));
  server.up = true;
  await server.clock.advance(1_000);
  await Promise.all(sent);
  assertEquals(new TextDecoder().decode(read.value?.value), "ab");
  assertEquals((await reader.read(new Uint8Array(8))).done, true);
});

test("abandons a stream that is cancelled or aborted offline", async (server) => {
  server.up = false;
  await using client = server.client({ maxQueuedCalls: 1 });
  const cancelled = client.stream("echo");
  assertEquals(client.stats.pending, 1);
  await cancelled.readable.cancel(new Error("not wanted"));
  await assertRejects(
    () => cancelled.writable.getWriter().closed,
    Error,
    "not wanted",
  );
  assertEquals(client.stats.pending, 0);
  const aborted = client.stream("echo");
  await aborted.writable.abort(new Error("broken"));
  await assertRejects(
    () => aborted.readable.getReader().closed,
    Error,
    "broken",
  );
  assertEquals(client.stats.pending, 0);
});

test("cancels and aborts streams opened offline once there is a connection", async (server) => {
  server.up = false;
  await using client = server.client();
  const cancelled = client.stream("echo");
  const aborted = client.stream("echo");
  server.up = true;
  await server.clock.advance(1_000);
  await cancelled.readable.cancel(new Error("not wanted"));
  await aborted.writable.abort(new Error("broken"));
  await settled();
  await assertRejects(
    () => cancelled.writable.getWriter().closed,
    Error,
    "not wanted",
  );
  await assertRejects(
    () => aborted.readable.getReader().closed,
    Error,
    "broken",
  );
  assertEquals(client.stats.pending, 0);
});

test("abandons a stream offline when its signal aborts or its timeout expires", async (server) => {
  server.up = false;
  await using client = server.client();
  const controller = new AbortController();
  const streams = [
    client.stream("echo", { signal: controller.signal }),
    client.stream("echo", { timeout: 100 }),
  ].map(({ readable }) => watch(readable.getReader().read()));
  controller.abort(new Error("no time"));
  await server.clock.advance(100);
  assertEquals((streams[0]!.error as Error).message, "no time");
  assertEquals((streams[1]!.error as Error).name, "TimeoutError");
});

Deno.test("closing a reconnecting peer settles every call, in every situation", async (t) => {
  const never = new Promise<never>(() => {});
  const silent = () => new ScriptedChannel();
  const situations: Record<
    string,
    (server: Server) => ReconnectingPeer
  > = {
    "waiting to connect": (server) => {
      server.up = false;
      return server.client();
    },
    "opening a channel that observes the signal": (server) =>
      server.client(
        {},
        (signal) =>
          new Promise((_, reject) =>
            signal.addEventListener("abort", () => reject(signal.reason))
          ),
      ),
    "opening a channel that ignores the signal": (server) =>
      server.client({}, () => never),
    "waiting for the remote version": (server) => server.client({}, silent),
    "in onConnect": (server) => server.client({ onConnect: () => never }),
  };
  for (const [situation, start] of Object.entries(situations)) {
    await t.step(situation, async () => {
      const server = new Server();
      const client = start(server);
      const calls = [
        watch(client.request("say", "a")),
        watch(client.request("say", "b", { idempotent: true, timeout: 1_000 })),
        watch(client.notify("note", "c")),
        watch(client.stream("echo").readable.getReader().read()),
      ];
      await settled();
      const closed = watch(Promise.all([client.close(), client.close()]));
      await settled();
      assertEquals(closed.state, "resolved");
      for (const call of calls) {
        const error = call.rejection(isConnectionClosedError);
        assertEquals(error.outcome, "not-sent");
        assertEquals((error.cause as Error).message, "the peer was closed");
      }
      assertEquals(server.events.at(-1)!.type, "closed");
      const late = watch(client.request("say", "d"));
      await settled();
      assertEquals(late.rejection(isConnectionClosedError).outcome, "not-sent");
      server.kill();
      await settled();
      assertEquals(server.received, []);
      assertEquals(server.clock.timers, 0, "timers are left");
    });
  }
});

test("aborts a channel that is opened after close()", async (server) => {
  const opening = Promise.withResolvers<Channel>();
  const client = server.client({}, () => opening.promise);
  await settled();
  await client.close();
  const channel = new ScriptedChannel();
  opening.resolve(channel);
  await settled();
  assertEquals(
    (channel.abortedWith?.reason as Error).message,
    "the peer was closed",
  );
});

test("closes its connection in order", async (server) => {
  const client = server.client();
  const call = watch(client.request("hold", "a"));
  await settled();
  const { current } = client;
  await client.close();
  assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
  assert((await current!.closed).clean);
  assertEquals(server.eventTypes, "connecting connected closed");
});

test("ignores what onConnectionEvent throws", async (server) => {
  await using client = server.client({
    onConnectionEvent: () => {
      throw new Error("the hook's own failure");
    },
  });
  assertEquals(await client.request("say", "a"), "a");
  server.kill();
  await server.clock.advance(1_000);
  assertEquals(await client.request("say", "b"), "b");
});

Deno.test("a reconnecting peer uses the system clock and Math.random by default", async () => {
  const servers: Peer[] = [];
  let attempts = 0;
  await using client = new ReconnectingPeer(() => {
    if (++attempts === 1) throw new Error("Connection refused");
    const [here, there] = memoryPair();
    const handlers = new Handlers().handle("say", (input: string) => input);
    servers.push(new Peer(there, { handlers, role: "acceptor" }));
    return here;
  }, { initialDelay: 2 });
  assertEquals(await client.request("say", "a"), "a");
  assertEquals(attempts, 2);
  await client.close();
  for (const server of servers) await server.close();
});

Deno.test("a stream that is refused because the remote peer drains fails with a RetryError, and the next call connects anew", async () => {
  const channels: ScriptedChannel[] = [];
  const clock = new VirtualClock();
  const peer = new ReconnectingPeer(() => {
    const channel = new ScriptedChannel();
    channels.push(channel);
    channel.send("01");
    return channel;
  }, { clock, random: () => 0.5, limits: { heartbeatInterval: Infinity } });
  await settled();
  const { readable, writable } = peer.stream("up");
  const all = watch(Array.fromAsync(readable));
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  await writer.write(new Uint8Array(1));
  await settled();
  assertEquals(channels[0]!.take(), "01s0000002up00000001\0");
  channels[0]!.send("e0000000001f40000000dshutting down");
  await settled();
  assert(isRetryError(all.error));
  const call = watch(peer.requestText("x", ""));
  await clock.advance(1_000);
  assertEquals(channels.length, 2);
  assertEquals(channels[1]!.take(), "01r0000001x00000000");
  channels[1]!.send("R000000000000");
  await settled();
  assertEquals(call.value, "");
  peer.abort();
  await peer.closed;
});
