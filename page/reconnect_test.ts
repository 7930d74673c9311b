/**
 * Tests the peer of a page over one connection after the other, and how it lasts
 * while timers sleep.
 *
 * @module
 */

import { printed } from "../peer/testing/printed.ts";
import { fetchHandler, Handlers } from "@gotalk/gotalk";
import {
  connect,
  isConnectionClosedError,
  isLimitError,
  type PageConnectionEvent,
  type PageReconnectOptions,
  reconnect,
} from "@gotalk/gotalk/browser";
import { VirtualClock } from "../peer/testing/virtual_clock.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

const handlers = new Handlers()
  .handle("greet", (name: string) => `Hello ${name}`)
  .handleStream("echo", (parts) => parts)
  .handleValues("count", async function* (to: number) {
    for (let n = 1; n <= to; n++) yield n;
  })
  .handleValues("follow", async function* (_: unknown, { signal }) {
    yield "first";
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }, { subscription: true });

/** A server, and whether it accepts. */
function start() {
  const handler = fetchHandler(handlers);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  return {
    address: `ws://127.0.0.1:${server.addr.port}`,
    handler,
    async [Symbol.asyncDispose]() {
      await handler.close();
      await server.shutdown();
    },
  };
}

/** Waits for events of a peer by their types. */
class Events {
  readonly all: PageConnectionEvent[] = [];
  #wake = () => {};

  readonly record = (event: PageConnectionEvent): void => {
    this.all.push(event);
    this.#wake();
  };

  /** Waits for the event of a type with a number, from 1. */
  async find(
    type: PageConnectionEvent["type"],
    count = 1,
  ): Promise<PageConnectionEvent> {
    for (;;) {
      const found = this.all.filter((event) => event.type === type);
      if (found.length >= count) return found[count - 1]!;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

/** Makes every random number 1 until it is disposed of: waits have their longest time. */
function longestWaits(): Disposable {
  const { random } = Math;
  Math.random = () => 1;
  return { [Symbol.dispose]: () => void (Math.random = random) };
}

function options(
  clock: VirtualClock,
  events: Events,
): PageReconnectOptions {
  return {
    clock,
    initialDelay: 1_000,
    onConnectionEvent: events.record,
    onlineEvents: new EventTarget(),
  };
}

Deno.test("reconnect() makes calls that wait for the connection, in order", async () => {
  await using server = start();
  await using peer = reconnect(server.address);
  assertEquals(peer.state, "opening");
  const calls = [
    peer.request("greet", "a"),
    Array.fromAsync(peer.values("count", 3)),
    peer.request("greet", "b"),
  ];
  const { readable, writable } = peer.stream("echo");
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode("text"));
  await writer.close();
  assertEquals(await Promise.all(calls), ["Hello a", [1, 2, 3], "Hello b"]);
  assertEquals(await new Response(readable).text(), "text");
  assertEquals([peer.state, peer.info?.transport], ["open", "websocket"]);
  await peer.close();
  assertEquals([peer.state, (await peer.closed).clean], ["closed", true]);
  await assertRejects(() => peer.request("greet", "late"));
});

Deno.test("a connection that ends is followed by another after a delay, and at once when the page comes online", async () => {
  using _ = longestWaits();
  await using server = start();
  const clock = new VirtualClock();
  const events = new Events();
  const onlineEvents = new EventTarget();
  await using peer = reconnect(server.address, {
    ...options(clock, events),
    onlineEvents,
  });
  const online = (type: string) => onlineEvents.dispatchEvent(new Event(type));
  await events.find("connected");
  peer.current!.abort();
  const first = await events.find("waiting");
  assertEquals(first.type === "waiting" && first.delay, 1_000);
  assertEquals(peer.current, undefined);
  const call = peer.request("greet", "again");
  assertEquals(peer.stats.pending, 1);
  await clock.advance(1_000);
  assertEquals(await call, "Hello again");

  online("offline");
  peer.current!.abort();
  const offline = await events.find("waiting", 2);
  assertEquals(offline.type === "waiting" && offline.delay, 30_000);
  online("online");
  await events.find("connected", 3);
});

Deno.test("calls wait for a connection within limits of their number, bytes and time", async () => {
  const clock = new VirtualClock();
  const events = new Events();
  // Nothing listens on this port.
  const peer = reconnect("ws://127.0.0.1:1", {
    ...options(clock, events),
    maxQueuedCalls: 1,
    maxQueuedCallBytes: 10,
    queueTimeout: 5_000,
  });
  const large = await assertRejects(() => peer.requestText("x", "01234567890"));
  assert(isLimitError(large) && large.code === "maxQueuedCallBytes");
  const waiting = peer.request("greet");
  waiting.catch(() => {});
  const second = await assertRejects(() => peer.request("greet"));
  assert(isLimitError(second) && second.code === "maxQueuedCalls");
  const expired = assertRejects(() => waiting);
  await clock.advance(5_000);
  const late = await expired;
  assert(isConnectionClosedError(late) && late.outcome === "not-sent");
  const timed = assertRejects(
    () => peer.request("greet", 1, { timeout: 100 }),
    DOMException,
    "no connection",
  );
  await clock.advance(100);
  await timed;
  const controller = new AbortController();
  const left = peer.request("greet", 1, { signal: controller.signal });
  controller.abort(new Error("left"));
  await assertRejects(() => left, Error, "left");
  await peer.close();
});

Deno.test("a server that drains is left for another connection, and a failure that is final ends the peer", async () => {
  await using server = start();
  const clock = new VirtualClock();
  const events = new Events();
  await using peer = reconnect(server.address, options(clock, events));
  await events.find("connected");
  const [old] = server.handler.peers;
  await old!.drain({ quiet: 0 });
  await events.find("connected", 2);
  assertEquals(await peer.request("greet", "new"), "Hello new");

  const attempts = reconnect("ws://127.0.0.1:1", {
    maxAttempts: 1,
    onlineEvents: new EventTarget(),
  });
  const { clean, error } = await attempts.closed;
  assertEquals([clean, error instanceof Error], [false, true]);
  const login = reconnect(server.address, {
    onConnect: (peer) => peer.request("no such login"),
  });
  assertEquals((await login.closed).error instanceof Error, true);
});

Deno.test("a heartbeat that is overdue is sent when something arrives, since timers of hidden pages sleep", async () => {
  await using server = start();
  const virtual = new VirtualClock();
  let slept = 0;
  // Time passes, and no timer fires.
  const clock = {
    now: () => virtual.now() + slept,
    date: () => virtual.date() + slept,
    schedule: virtual.schedule.bind(virtual),
    cancel: virtual.cancel.bind(virtual),
  };
  await using peer = await connect(server.address, { clock });
  await peer.request("greet", "a");
  const { messagesOut } = peer.stats;
  slept = 30_000;
  await peer.request("greet", "b");
  // The request and the heartbeat.
  assertEquals(peer.stats.messagesOut, messagesOut + 2);
});

Deno.test("after the machine has slept, a server that was silent has time to be read", async () => {
  await using server = start();
  const clock = new VirtualClock();
  await using peer = await connect(server.address, { clock });
  await peer.request("greet", "a");
  await clock.stall(600_000);
  assertEquals(peer.state, "open");
  await peer.request("greet", "b");
  await clock.advance(20_000);
  assertEquals(peer.state, "open");
});

Deno.test("isFinal that fails is printed once, and connecting goes on as if nothing were final", async () => {
  const lines = await printed(async () => {
    const peer = reconnect("ws://127.0.0.1:1", {
      isFinal() {
        throw new Error("expected failure");
      },
      initialDelay: 0,
      maxAttempts: 2,
    });
    await peer.closed;
  });
  assertEquals(lines.length, 1);
});

Deno.test("a connection of a page that ends while onConnect hangs is followed by another one, and the page can close", async () => {
  await using server = start();
  let connections = 0;
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const peer = reconnect(server.address, {
    initialDelay: 0,
    onConnect: () => {
      resolve();
      return connections++ === 0 ? new Promise(() => {}) : undefined;
    },
  });
  await first;
  // Registered by then: the page has the version of the server's peer.
  for (const each of server.handler.peers) each.abort();
  assertEquals(await peer.request("greet", "Ada"), "Hello Ada");
  assertEquals(connections, 2);
  await peer.close();
  const hanging = reconnect(server.address, {
    onConnect: () => new Promise(() => {}),
  });
  await hanging.close();
});

Deno.test("a loop that subscribes again does not keep the page from closing its peer", async () => {
  await using server = start();
  const peer = reconnect(server.address);
  const { promise: subscribed, resolve } = Promise.withResolvers<void>();
  const follow = async () => {
    while (peer.state !== "closed") {
      try {
        for await (const _ of peer.values("follow")) resolve();
      } catch (error) {
        assert(isConnectionClosedError(error));
      }
    }
  };
  const following = follow();
  await subscribed;
  await peer.close();
  await following;
  assertEquals(peer.stats.pending, 0);
});

Deno.test("a loop that starts values again while the state is opening or open goes on over all connections, and ends with the peer", async () => {
  const ends = {
    close: "closing",
    drain: "draining",
    abort: "closed",
  } as const;
  for (const end of ["close", "drain", "abort"] as const) {
    await using server = start();
    const clock = new VirtualClock();
    const events = new Events();
    const peer = reconnect(server.address, options(clock, events));
    let starts = 0;
    const follow = async () => {
      while (peer.state === "opening" || peer.state === "open") {
        starts++;
        await Array.fromAsync(peer.values("follow")).catch(() => {});
      }
    };
    const following = follow();
    await events.find("connected");
    peer.current!.abort();
    await events.find("waiting");
    assertEquals(peer.state, "opening");
    await clock.advance(1_000);
    await events.find("connected", 2);
    assertEquals([peer.state, starts], ["open", 2]);
    const ended = peer[end]();
    assertEquals(peer.state, ends[end]);
    // A drain waits for the values.
    const time = clock.advance(60_000);
    await Promise.all([ended, peer.closed, time, following]);
    assertEquals([peer.state, starts], ["closed", 2]);
  }
});
