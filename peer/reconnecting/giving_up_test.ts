import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { ProtocolError } from "../../codec/mod.ts";
import { type Channel, memoryPair } from "../../transport/mod.ts";
import {
  type ConnectionClosedError,
  isConnectionClosedError,
} from "../connection_closed_error.ts";
import { Handlers } from "../handlers.ts";
import { OperationError } from "../operation_error.ts";
import { isRetryError } from "../retry_error.ts";
import { Peer } from "../peer.ts";
import type { PeerOptions } from "../peer_options.ts";
import { watch, type Watched } from "../testing/scripted_peer.ts";
import { ScriptedChannel } from "../testing/scripted_channel.ts";
import { settled, VirtualClock } from "../testing/virtual_clock.ts";
import { isFinalFailure } from "./final_failure.ts";
import type { ReconnectOptions } from "./reconnect_options.ts";
import { ReconnectingPeer } from "./reconnecting_peer.ts";

/** What opening a WebSocket fails with; this room does not know the class. */
class UpgradeResponseError extends Error {
  override readonly name = "UpgradeResponseError";

  constructor(message: string, readonly status: number) {
    super(message);
  }
}

/** A server whose connections end as a test says. */
class Server {
  readonly clock = new VirtualClock();
  /** Times of the attempts to connect. */
  readonly attempts: number[] = [];
  readonly peers: Peer[] = [];
  /** What connecting fails with. */
  failure: unknown;
  /** Number of times that the operation `poison` was carried out. */
  poisoned = 0;
  readonly handlers = new Handlers()
    .handle("greet", (name: string) => `Hello ${name}`)
    .handle("poison", (_: unknown, { peer }) => {
      this.poisoned++;
      peer.abort();
    })
    .handle("login", () => {
      throw new OperationError("no");
    });

  client(
    options: ReconnectOptions = {},
    peerOptions: PeerOptions = {},
  ): ReconnectingPeer {
    const open = (): Channel => {
      this.attempts.push(this.clock.now());
      if (this.failure !== undefined) throw this.failure;
      const [here, there] = memoryPair();
      const { clock, handlers } = this;
      this.peers.push(
        new Peer(there, { handlers, role: "acceptor", clock, ...peerOptions }),
      );
      return here;
    };
    return new ReconnectingPeer(open, {
      clock: this.clock,
      random: () => 1 - Number.EPSILON,
      ...options,
    });
  }

  /** Ends all connections. */
  async end(): Promise<void> {
    for (const peer of this.peers.splice(0)) peer.abort();
    await settled();
  }
}

/** Returns the error of a call that was not sent. */
function notSent(call: Watched<unknown>): ConnectionClosedError {
  const error = call.rejection(isConnectionClosedError);
  assertEquals(error.outcome, "not-sent");
  return error;
}

Deno.test("the delay grows while connections open and end at once, and is reset by one that lasts", async () => {
  const server = new Server();
  await using _ = server.client();
  await settled();
  for (let connection = 0; connection < 6; connection++) {
    await server.end();
    await server.clock.advance(500 * 2 ** connection);
  }
  assertEquals(
    server.attempts.slice(1).map((time, index) =>
      Math.round((time - server.attempts[index]!) / 500)
    ),
    [1, 2, 4, 8, 16, 32],
  );
  await server.clock.advance(20_000);
  await server.end();
  await server.clock.advance(500);
  assertEquals(server.attempts.length, 8);
  await server.end();
});

Deno.test("maxAttempts: connections that do not last count", async () => {
  const server = new Server();
  await using client = server.client({ maxAttempts: 3 });
  await settled();
  for (let connection = 0; connection < 3; connection++) {
    await server.end();
    await server.clock.advance(500 * 2 ** connection);
  }
  await server.clock.advance(60_000);
  assertEquals([server.attempts.length, client.state], [3, "closed"]);
  const late = watch(client.request("greet", "Ali"));
  await settled();
  notSent(late);
});

Deno.test("maxAttempts: connections that end in order and do not last count, and there is a reason", async () => {
  const server = new Server();
  await using client = server.client({ maxAttempts: 2 });
  for (let connection = 0; connection < 2; connection++) {
    await settled();
    await server.peers[connection]!.close();
    await server.clock.advance(500);
  }
  const { clean, error } = await client.closed;
  assertEquals([clean, (error as Error).message], [
    false,
    "no connection has lasted",
  ]);
});

Deno.test("maxCallAttempts: an idempotent call that ends its connection is repeated a limited number of times", async (t) => {
  for (const maxCallAttempts of [undefined, 1, 3]) {
    await t.step(`${maxCallAttempts}`, async () => {
      const server = new Server();
      await using client = server.client({ maxCallAttempts });
      const call = watch(
        client.request("poison", 1, { idempotent: true }),
      );
      await server.clock.advance(100_000);
      assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
      assertEquals(server.poisoned, maxCallAttempts ?? 5);
      await server.end();
    });
  }
});

Deno.test("queueTimeout: a call, a notification and a stream wait a limited time for a connection", async (t) => {
  for (const queueTimeout of [undefined, 500]) {
    await t.step(`${queueTimeout}`, async () => {
      const server = new Server();
      server.failure = new Error("Connection refused");
      await using client = server.client({ queueTimeout });
      const limit = queueTimeout ?? 30_000;
      const calls: Watched<unknown>[] = [
        watch(client.request("greet", "Ali")),
        watch(client.notify("seen")),
        watch(client.stream("echo").readable.getReader().read()),
      ];
      const short = watch(client.request("greet", "Ali", { timeout: 100 }));
      await server.clock.advance(100);
      assertEquals((short.error as Error).name, "TimeoutError");
      await server.clock.advance(limit - 101);
      assertEquals(calls.map(({ state }) => state), Array(3).fill("pending"));
      await server.clock.advance(1);
      const error = notSent(calls[0]!);
      assertEquals(
        error.message,
        `Cannot complete "greet": no connection within ${limit} ms (queueTimeout), the request was not sent`,
      );
      assertStrictEquals(error.cause, server.failure);
      notSent(calls[1]!);
      notSent(calls[2]!);
    });
  }
});

Deno.test("queueTimeout: the waits between connections on which a call is not sent add up", async () => {
  const server = new Server();
  const channels: ScriptedChannel[] = [];
  const client = new ReconnectingPeer(() => {
    const channel = new ScriptedChannel();
    channel.stall();
    channel.send("01");
    channels.push(channel);
    return channel;
  }, {
    clock: server.clock,
    random: () => 0.5,
    maxDelay: 1_000,
    queueTimeout: 2_000,
  });
  await settled();
  const call = watch(client.request("greet", "Ali"));
  for (let connection = 0; connection < 10; connection++) {
    // The time on a connection does not count.
    await server.clock.advance(1_000);
    channels.at(-1)!.reset(new Error("cable cut"));
    await server.clock.advance(500);
  }
  // After 250 ms and three times 500 ms, 250 ms are left.
  const error = notSent(call);
  assert(error.message.includes("no connection within 2000 ms"));
  assertEquals((error.cause as Error).message, "cable cut");
  client.abort();
  await client.closed;
});

Deno.test("queueTimeout: Infinity turns it off", async () => {
  const server = new Server();
  server.failure = new Error("Connection refused");
  await using client = server.client({ queueTimeout: Infinity });
  const call = watch(client.request("greet", "Ali"));
  await server.clock.advance(1e6);
  server.failure = undefined;
  await server.clock.advance(60_000);
  assertEquals(call.value, "Hello Ali");
  await server.end();
});

/** Creates a ProtocolError as the reading of a version throws it. */
function protocolError(
  reason: "not-a-version" | "unsupported-version" | "reported" | "timeout",
  code: number,
): ProtocolError {
  return new ProtocolError("no", { reason, code });
}

/** An error with a cause, as of a connection that cannot be opened. */
function because(cause: unknown): Error {
  return new Error("Cannot connect", { cause });
}

const FAILURES: Record<string, { error: unknown; isFinal: boolean }> = {
  "an OperationError": { error: new OperationError("no"), isFinal: true },
  "a TypeError": { error: new TypeError("Invalid URL"), isFinal: true },
  "a RangeError": { error: new RangeError("no"), isFinal: true },
  "no permission": {
    error: because(new Deno.errors.NotCapable("net")),
    isFinal: true,
  },
  "another protocol": {
    error: protocolError("not-a-version", 1),
    isFinal: true,
  },
  "another version": {
    error: protocolError("unsupported-version", 1),
    isFinal: true,
  },
  "another version at the server": {
    error: protocolError("reported", 1),
    isFinal: true,
  },
  "a refusal without a reason": {
    error: protocolError("reported", 0),
    isFinal: false,
  },
  "a timeout": { error: protocolError("timeout", 3), isFinal: false },
  "a refused connection": {
    error: because(new Deno.errors.ConnectionRefused("no")),
    isFinal: false,
  },
  "a TypeError within": {
    error: because(new TypeError("network")),
    isFinal: false,
  },
  "no error": { error: undefined, isFinal: false },
  "no Error": { error: "no", isFinal: false },
};
for (const status of [200, 401, 403, 404, 426, 0, 400, 429, 500, 502, 503]) {
  FAILURES[`HTTP status ${status}`] = {
    error: because(new UpgradeResponseError("no", status)),
    isFinal: [200, 401, 403, 404, 426].includes(status),
  };
}

Deno.test("a TypeError of onConnect, as of fetch without a network, is not final", async () => {
  const server = new Server();
  const failures = [new TypeError("Failed to fetch"), new TypeError("again")];
  await using client = server.client({
    onConnect: () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    },
    onConnectionEvent() {},
  });
  const call = watch(client.request("greet", "Ali"));
  await server.clock.advance(10_000);
  assertEquals(call.value, "Hello Ali");
  assertEquals(server.attempts.length, 3);
});

Deno.test("a final failure ends a reconnecting peer and rejects what waits with it, another one does not", async (t) => {
  for (const [name, { error, isFinal }] of Object.entries(FAILURES)) {
    await t.step(name, async () => {
      assertEquals(isFinalFailure(error), isFinal);
      if (error === undefined) return;
      const server = new Server();
      server.failure = error;
      await using client = server.client();
      const call = watch(client.request("greet", "Ali"));
      await server.clock.advance(10_000);
      if (!isFinal) {
        assertEquals([call.state, client.state], ["pending", "opening"]);
        return;
      }
      assertStrictEquals(notSent(call).cause, error);
      assertEquals([client.state, server.attempts], ["closed", [0]]);
      assertStrictEquals((await client.closed).error, error);
    });
  }
});

Deno.test("a login that is refused ends a reconnecting peer", async () => {
  const server = new Server();
  await using client = server.client({
    onConnect: (peer) => peer.request("login", "wrong"),
    onEvent: () => {},
  });
  const call = watch(client.request("greet", "Ali"));
  await server.clock.advance(1_000);
  assert(notSent(call).cause instanceof OperationError);
  assertEquals(server.attempts, [0]);
});

Deno.test("a server of another protocol ends a reconnecting peer", async () => {
  const channel = new ScriptedChannel();
  const clock = new VirtualClock();
  await using client = new ReconnectingPeer(() => channel, { clock });
  const call = watch(client.request("greet", "Ali"));
  await settled();
  channel.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  await settled();
  assertEquals(client.state, "closed");
  assert(notSent(call).cause instanceof ProtocolError);
});

Deno.test("isFinal decides otherwise", async () => {
  const server = new Server();
  server.failure = new OperationError("no");
  let asked = 0;
  await using stubborn = server.client({
    isFinal: (error) => {
      assertStrictEquals(error, server.failure);
      asked++;
      return false;
    },
  });
  await server.clock.advance(10_000);
  assertEquals(stubborn.state, "opening");
  assertEquals(asked, server.attempts.length);

  server.failure = new Error("Connection refused");
  await using quick = server.client({ isFinal: () => true });
  await settled();
  assertEquals(quick.state, "closed");
  const broken = server.client({
    onEvent: () => {},
    isFinal: () => {
      throw new Error("broken");
    },
  });
  await settled();
  assertEquals(broken.state, "opening");
  await broken.close();
});

Deno.test("a failure of a connection that was in use is not final", async () => {
  const server = new Server();
  await using client = server.client();
  await settled();
  server.peers[0]!.abort(new TypeError("broken"));
  await server.clock.advance(1_000);
  assertEquals([server.attempts.length, client.state], [2, "open"]);
  await server.end();
});

Deno.test("a reconnecting peer connects at once when the network is back, and hardly tries while there is none", async () => {
  const server = new Server();
  const onlineEvents = new EventTarget();
  server.failure = new Error("no network");
  await using client = server.client({
    onlineEvents,
    maxAttempts: 3,
    maxDelay: 10_000,
  });
  await settled();
  onlineEvents.dispatchEvent(new Event("offline"));
  await server.clock.advance(50_500);
  // They do not count.
  assertEquals(server.attempts.map(Math.round), [
    0,
    500,
    10_500,
    20_500,
    30_500,
    40_500,
    50_500,
  ]);
  server.failure = undefined;
  onlineEvents.dispatchEvent(new Event("online"));
  await settled();
  assertEquals(client.state, "open");
  assertEquals(server.attempts.length, 8);
  await client.close();
  await server.end();
  onlineEvents.dispatchEvent(new Event("online"));
  await settled();
  assertEquals(server.attempts.length, 8);
});

Deno.test("a reconnecting peer makes new calls over another connection once the server drains, and its running ones over the old one", async () => {
  const server = new Server();
  const gate = Promise.withResolvers<string>();
  server.handlers.handle("slow", () => gate.promise);
  await using client = server.client({}, { random: () => 0.5 });
  const slow = watch(client.request("slow"));
  await settled();
  const old = server.peers[0]!;
  const drained = watch(old.drain({ timeout: 60_000 }));
  const refused = watch(client.request("greet", "Ali"));
  const final = watch(client.request("greet", "Ali", { retry: false }));
  await settled();
  assert(isRetryError(final.error));
  const next = watch(client.request("greet", "Eva"));
  await server.clock.advance(500);
  assertEquals(server.attempts.length, 2);
  // It does not come back to the old connection, which can become quiet.
  assertEquals([refused.value, next.value], ["Hello Ali", "Hello Eva"]);
  assertEquals([slow.state, client.stats.pending], ["pending", 1]);
  gate.resolve("slowly");
  await server.clock.advance(100);
  assertEquals(slow.value, "slowly");
  assertEquals([drained.state, old.state], ["resolved", "closed"]);
  assertEquals([client.state, client.stats.pending], ["open", 0]);
  await server.end();
});

Deno.test("a reconnecting peer that is closed ends the connection that a server drains as well", async () => {
  const server = new Server();
  server.handlers.handle("slow", () => new Promise(() => {}));
  const client = server.client();
  const slow = watch(client.request("slow"));
  await settled();
  void server.peers[0]!.drain({ timeout: 1e6 });
  const refused = watch(client.request("greet", "Ali"));
  await settled();
  void client.notify("seen");
  await server.clock.advance(500);
  assertEquals(server.attempts.length, 2);
  await client.close();
  assertEquals(slow.rejection(isConnectionClosedError).outcome, "unknown");
  assertEquals(refused.value, "Hello Ali");
  assertEquals((await client.closed).clean, true);
  await server.end();
});
