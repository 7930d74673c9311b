import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type ConnectionClosedError,
  Handlers,
  isConnectionClosedError,
  isProtocolError,
  isRetryError,
  type Login,
  OperationError,
  Peer,
  type ProtocolError,
} from "./mod.ts";
import {
  fromText,
  ScriptedChannel,
  toText,
} from "./peer/testing/scripted_channel.ts";
import { watch } from "./peer/testing/scripted_peer.ts";
import { settled, VirtualClock } from "./peer/testing/virtual_clock.ts";
import { serve, type ServeOptions, type Server } from "./serve.ts";
import type { Channel, ChannelInfo, Listener } from "./transport/channel.ts";
import { memoryPair, WriteUnits } from "./transport/mod.ts";

/** The bytes that a refused connection receives. */
const REFUSAL = "01f00000000";

/** A login with any name but Eve's. */
const LOGIN: Login = {
  operation: "login",
  authenticate: (name: string, { auth }) => {
    if (name === "eve") throw new OperationError("no eves");
    return `${name}, ${auth}`;
  },
};

/** A listener whose connections a test opens. */
class FakeListener implements Listener {
  readonly address = "memory:";
  /** Number of calls of `accept`. */
  accepts = 0;
  readonly #queue: (Channel | Error)[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  /** Opens a connection, and returns the client's end of the channel. */
  connect(): Channel {
    const [here, there] = memoryPair();
    this.offer(there);
    return here;
  }

  /** Lets the next `accept` return a channel. */
  offer(channel: Channel): void {
    this.#push(channel);
  }

  /** Lets the next `accept` fail. */
  fail(error: Error): void {
    this.#push(error);
  }

  async accept(): Promise<Channel | null> {
    this.accepts++;
    for (;;) {
      if (this.#closed) return null;
      const next = this.#queue.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    for (let channel; (channel = await this.accept()) !== null;) yield channel;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #push(next: Channel | Error): void {
    this.#queue.push(next);
    this.#wake?.();
  }
}

/** A refusal or a failure to accept, as passed to `onRefused`. */
interface Refusal {
  readonly message: string;
  readonly info: ChannelInfo | undefined;
}

/** A server with a fake listener and a virtual clock. */
class ScriptedServer implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  readonly listener: FakeListener = new FakeListener();
  readonly refusals: Refusal[] = [];
  /** Inputs of the handled requests. */
  readonly received: string[] = [];
  server!: Server;
  readonly #handlers = new Handlers()
    .handle("say", (input: string) => (this.received.push(input), input))
    .handle("who", (_: unknown, { auth }) => auth)
    .handle("hold", () => new Promise(() => {}));

  static async open(
    options: Partial<ServeOptions> = {},
  ): Promise<ScriptedServer> {
    const script = new ScriptedServer();
    const { clock, listener } = script;
    script.server = await serve({
      clock,
      listener,
      onRefused: (error, info) => {
        script.refusals.push({ message: (error as Error).message, info });
      },
      ...options,
    }, script.#handlers);
    return script;
  }

  /** Connects a client. */
  async client(): Promise<Peer> {
    const peer = new Peer(this.listener.connect(), { clock: this.clock });
    await settled();
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await settled();
    assertEquals(this.server.peers.size, 0);
    assertEquals(this.clock.timers, 0, "timers are left");
  }
}

/** Writes text to a channel. */
function send(channel: Channel, text: string): Promise<void> {
  const units = new WriteUnits();
  units.add(fromText(text));
  return channel.write(units);
}

/** Returns what arrives on a channel until its end. */
async function readToEnd(channel: Channel): Promise<string> {
  let text = "";
  for (let chunk; (chunk = await channel.read()) !== null;) {
    text += toText(chunk);
  }
  await channel.close();
  return text;
}

Deno.test("serve() serves every client and lists its peer while it is connected", async () => {
  await using script = await ScriptedServer.open();
  const clients = [await script.client(), await script.client()];
  assertEquals(await clients[0]!.request("say", "a"), "a");
  assertEquals(await clients[1]!.request("say", "b"), "b");
  assertEquals(script.server.address, "memory:");
  assertEquals(script.server.peers.size, 2);
  const [first] = script.server.peers;
  await clients[0]!.close();
  await settled();
  assertEquals(script.server.peers.size, 1);
  assert(!script.server.peers.has(first!));
  await clients[1]!.close();
  await settled();
  assertEquals(script.server.peers.size, 0);
});

Deno.test("serve() uses the role of an acceptor: a silent client is ended with code 3 (heartbeat/timeout)", async () => {
  await using script = await ScriptedServer.open();
  const client = script.listener.connect();
  await send(client, "01");
  const output = watch(readToEnd(client));
  await script.clock.advance(45_000);
  assertEquals(output.value?.slice(-9), "f00000003");
});

Deno.test("authenticate() may return the identity of a peer, or a promise for it", async (t) => {
  for (const result of ["rasmus", Promise.resolve("rasmus")]) {
    await t.step(typeof result, async () => {
      const infos: ChannelInfo[] = [];
      const seen: unknown[] = [];
      await using script = await ScriptedServer.open({
        authenticate: (info) => (infos.push(info), result),
        onPeer: (peer) => void seen.push(peer.auth),
      });
      const client = await script.client();
      assertEquals(await client.request("who"), "rasmus");
      assertEquals(seen, ["rasmus"]);
      assertEquals(infos.map(({ transport }) => transport), ["memory"]);
      await client.close();
    });
  }
});

Deno.test("serve() refuses a connection for which authenticate() returns no identity", async () => {
  for (const nobody of [undefined, null, false]) {
    await using script = await ScriptedServer.open({
      authenticate: () => nobody,
    });
    assertEquals(await readToEnd(script.listener.connect()), REFUSAL);
    assertEquals(
      script.refusals.map(({ message }) => message),
      [
        `Cannot accept a connection: authenticate returned ${nobody}, wanted an identity`,
      ],
    );
  }
  {
    // Nothing can send it: a server of connections has no request to answer.
    await using script = await ScriptedServer.open({
      authenticate: () => new Response(null, { status: 401 }),
    });
    assertEquals(await readToEnd(script.listener.connect()), REFUSAL);
    assertEquals(
      script.refusals.map(({ message }) => message),
      [
        "Cannot accept a connection: authenticate returned a Response, wanted an identity",
      ],
    );
  }
  await using script = await ScriptedServer.open({ authenticate: () => 0 });
  assertEquals(await (await script.client()).request("who"), 0);
});

Deno.test("serve() refuses a connection for which authenticate() throws or rejects", async (t) => {
  const failures: Record<string, () => unknown> = {
    "throws": () => {
      throw new Error("no such user");
    },
    "rejects": () => Promise.reject(new Error("no such user")),
  };
  for (const [how, authenticate] of Object.entries(failures)) {
    await t.step(how, async () => {
      await using script = await ScriptedServer.open({ authenticate });
      assertEquals(await readToEnd(script.listener.connect()), REFUSAL);
      const { message, info } = script.refusals[0]!;
      assertEquals(message, "no such user");
      assertEquals(info?.transport, "memory");
      const client = await script.client();
      const { error } = await client.closed;
      assert(isProtocolError(error));
      assertEquals((error as ProtocolError).code, 0);
      assertEquals((error as ProtocolError).side, "remote");
      assertEquals(script.server.peers.size, 0);
    });
  }
});

Deno.test("serve() sends and handles nothing before authenticate() has decided", async () => {
  const decided = Promise.withResolvers<string>();
  await using script = await ScriptedServer.open({
    authenticate: () => decided.promise,
  });
  const client = script.listener.connect();
  await send(client, '01r0001003say00000003"a"');
  const output = watch(readToEnd(client));
  await settled();
  assertEquals(script.received, []);
  assertEquals(script.server.peers.size, 0);
  decided.resolve("rasmus");
  await settled();
  assertEquals(script.received, ["a"]);
  assertEquals(script.server.peers.size, 1);
  await script.server.close();
  await settled();
  assert(output.value!.startsWith("01"));
  assert(output.value!.endsWith('R000100000003"a"'), output.value);
});

Deno.test("serve() refuses a connection if authenticate() decides nothing within handshakeTimeout", async (t) => {
  const late: Record<
    string,
    (decision: PromiseWithResolvers<unknown>) => void
  > = {
    "no decision": () => {},
    "a late identity": ({ resolve }) => resolve("rasmus"),
    "a late refusal": ({ reject }) => reject(new Error("too late")),
  };
  for (const [name, decide] of Object.entries(late)) {
    await t.step(name, async () => {
      const decision = Promise.withResolvers<unknown>();
      let attempts = 0;
      await using script = await ScriptedServer.open({
        authenticate: () => (attempts++, decision.promise),
        limits: { handshakeTimeout: 700 },
        maxConnections: 1,
      });
      const output = watch(readToEnd(script.listener.connect()));
      await script.clock.advance(699);
      assertEquals(output.state, "pending");
      await script.clock.advance(1);
      assertEquals(output.value, REFUSAL);
      assertEquals(
        script.refusals.map(({ message }) => message),
        [
          "Cannot accept a connection: authenticate did not settle within 700 ms",
        ],
      );
      decide(decision);
      await settled();
      assertEquals(script.server.peers.size, 0);
      assertEquals(attempts, 1);
      // The connection no longer counts.
      script.listener.connect();
      await settled();
      assertEquals(attempts, 2);
    });
  }
});

Deno.test("login: a client is listed and passed to onPeer once it has logged in", async () => {
  const receivedBefore: unknown[] = [];
  await using script = await ScriptedServer.open({
    login: LOGIN,
    authenticate: () => "by address",
    onPeer: (peer) => {
      receivedBefore.push([peer.auth, [...script.received]]);
      void peer.notify("welcome");
    },
  });
  const client = script.listener.connect();
  await send(client, "01");
  const output = watch(readToEnd(client));
  await settled();
  assertEquals([script.server.peers.size, receivedBefore], [0, []]);
  await send(client, 'r0001005login00000005"ali"r0002003say00000003"a"');
  await settled();
  assertEquals(receivedBefore, [["ali, by address", []]]);
  assertEquals([...script.server.peers].map(({ auth }) => auth), [
    "ali, by address",
  ]);
  assertEquals(script.received, ["a"]);
  assertEquals(script.refusals, []);
  await script.server.close();
  await settled();
  assert(
    output.value!.endsWith(
      'R000100000000n007welcome00000000R000200000003"a"',
    ),
    output.value,
  );
});

Deno.test("login: a login that fails or does not arrive is reported to onRefused (request/login-failed, limits/login)", async (t) => {
  const clients: Record<
    string,
    readonly [bytes: string, end: string, message: string]
  > = {
    "fails": [
      'r0001005login00000005"eve"',
      "E000100000007no evesf00000000",
      "no eves",
    ],
    "does not come": [
      "r0001003who00000000",
      "E000100000011not authenticatedf00000003",
      "Cannot continue the conversation: no login succeeded within 10000 ms",
    ],
  };
  for (const [name, [bytes, end, message]] of Object.entries(clients)) {
    await t.step(name, async () => {
      let peers = 0;
      await using script = await ScriptedServer.open({
        login: LOGIN,
        onPeer: () => void peers++,
        maxConnections: 1,
      });
      const client = script.listener.connect();
      await send(client, `01${bytes}`);
      const output = watch(readToEnd(client));
      await script.clock.advance(10_000);
      assert(output.value!.endsWith(end), output.value);
      assertEquals(script.refusals.map(({ message }) => message), [message]);
      assertEquals(script.refusals[0]!.info?.transport, "memory");
      assertEquals([peers, script.server.peers.size], [0, 0]);
      // The connection no longer counts.
      const next = await script.client();
      await next.request("login", "ali");
      assertEquals(await next.request("who"), "ali, undefined");
    });
  }
});

Deno.test("login: clients that leave before they log in are reported at most once a second", async () => {
  await using script = await ScriptedServer.open({ login: LOGIN });
  for (let count = 0; count < 10; count++) {
    const client = script.listener.connect();
    await client.closeWrite();
    await readToEnd(client);
    await settled();
  }
  assertEquals(script.refusals.length, 1);
  assertEquals(script.refusals[0]!.info?.transport, "memory");
});

Deno.test("login: clients that have not logged in count as connections", async () => {
  await using script = await ScriptedServer.open({
    login: LOGIN,
    maxConnections: 1,
  });
  const stranger = await script.client();
  assertEquals(await readToEnd(script.listener.connect()), REFUSAL);
  await stranger.close();
  await settled();
  await (await script.client()).request("login", "ali");
  assertEquals(script.server.peers.size, 1);
});

Deno.test("login: close() and drain() end clients that have not logged in", async () => {
  for (const end of ["close", "drain"] as const) {
    await using script = await ScriptedServer.open({ login: LOGIN });
    const stranger = await script.client();
    const ended = watch(script.server[end]());
    // A drain answers what was on its way.
    await script.clock.advance(100);
    assertEquals([ended.state, stranger.state], ["resolved", "closed"]);
  }
});

Deno.test("authenticate() has no timeout if handshakeTimeout is Infinity", async () => {
  const decision = Promise.withResolvers<unknown>();
  await using script = await ScriptedServer.open({
    authenticate: () => decision.promise,
    limits: { handshakeTimeout: Infinity },
  });
  const client = script.listener.connect();
  const output = watch(readToEnd(client));
  await send(client, "01r0001003who00000000");
  await script.clock.advance(24 * 60 * 60 * 1000);
  assertEquals(script.clock.timers, 0);
  assertEquals(output.state, "pending");
  decision.resolve("rasmus");
  await settled();
  await script.server.close();
  await settled();
  assert(output.value!.endsWith('R000100000008"rasmus"'), output.value);
});

Deno.test("a client that disconnects before authenticate() has decided is not listed", async () => {
  const decision = Promise.withResolvers<unknown>();
  await using script = await ScriptedServer.open({
    authenticate: () => decision.promise,
  });
  script.listener.connect().abort();
  await settled();
  decision.resolve("rasmus");
  await settled();
  assertEquals(script.server.peers.size, 0);
});

Deno.test("onPeer is called before any message of the peer is handled", async () => {
  const receivedBefore: string[][] = [];
  await using script = await ScriptedServer.open({
    onPeer: (peer) => {
      receivedBefore.push([...script.received]);
      assertEquals(peer.state, "opening");
      void peer.notify("welcome", "rasmus");
    },
  });
  const client = script.listener.connect();
  await send(client, '01r0001003say00000003"a"');
  const output = watch(readToEnd(client));
  await settled();
  assertEquals(receivedBefore, [[]]);
  assertEquals(script.received, ["a"]);
  await script.server.close();
  await settled();
  assert(
    output.value!.startsWith('01n007welcome00000008"rasmus"'),
    output.value,
  );
});

Deno.test("serve() aborts a peer for which onPeer throws, and serves the others", async () => {
  let peers = 0;
  await using script = await ScriptedServer.open({
    onPeer: () => {
      if (++peers === 1) throw new Error("the lobby is full");
    },
  });
  const [first, second] = [await script.client(), await script.client()];
  await assertRejects(() => first.opened);
  assertEquals(await second.request("say", "a"), "a");
  assertEquals(script.server.peers.size, 1);
  assertEquals(
    script.refusals.map(({ message }) => message),
    ["the lobby is full"],
  );
});

Deno.test("serve() aborts a peer for which onPeer returns a thenable that rejects", async () => {
  let peers = 0;
  await using script = await ScriptedServer.open({
    onPeer: () => ({
      then: (resolve: () => void, reject: (error: Error) => void) =>
        ++peers === 1 ? reject(new Error("the lobby is full")) : resolve(),
    }),
  });
  const [first, second] = [await script.client(), await script.client()];
  assertEquals((await first.closed).clean, false);
  assertEquals(await second.request("say", "a"), "a");
  assertEquals(
    script.refusals.map(({ message }) => message),
    ["the lobby is full"],
  );
});

Deno.test("serve() ignores what onRefused throws", async () => {
  let refused = 0;
  await using script = await ScriptedServer.open({
    maxConnections: 1,
    onRefused: () => {
      refused++;
      throw new Error("the hook's own failure");
    },
  });
  const client = await script.client();
  assertEquals(await readToEnd(script.listener.connect()), REFUSAL);
  script.listener.fail(new Error("too many open files"));
  await script.clock.advance(10);
  assertEquals(await readToEnd(script.listener.connect()), REFUSAL);
  assertEquals(await client.request("say", "a"), "a");
  assertEquals(refused, 3);
});

Deno.test("serve() refuses connections beyond maxConnections", async () => {
  await using script = await ScriptedServer.open({ maxConnections: 2 });
  const [first, second] = [await script.client(), await script.client()];
  assertEquals(await readToEnd(script.listener.connect()), REFUSAL);
  assertEquals(
    script.refusals[0]!.message,
    "Cannot accept a connection: there are 2 connections, wanted at most 2",
  );
  await first.close();
  await settled();
  const third = await script.client();
  assertEquals(await third.request("say", "c"), "c");
  assertEquals(await second.request("say", "b"), "b");
});

Deno.test("maxConnections counts connections being authenticated, not those being refused", async () => {
  const decision = Promise.withResolvers<unknown>();
  await using script = await ScriptedServer.open({
    maxConnections: 1,
    authenticate: () => decision.promise,
  });
  const undecided = await script.client();
  // This client does not read its refusal, so its connection stays.
  const lingering = script.listener.connect();
  await settled();
  assertEquals(script.refusals.length, 1);
  await undecided.close();
  await settled();
  decision.resolve("rasmus");
  await settled();
  const next = await script.client();
  assertEquals(await next.request("who"), "rasmus");
  assertEquals(script.refusals.length, 1);
  assertEquals(await readToEnd(lingering), REFUSAL);
});

Deno.test("maxConnections counts connections in any step of their admission", async () => {
  for (const authenticate of [undefined, () => Promise.resolve("anybody")]) {
    for (let steps = 0; steps < 30; steps++) {
      await using script = await ScriptedServer.open({
        authenticate,
        maxConnections: 1,
      });
      const first = script.listener.connect();
      for (let step = 0; step < steps; step++) await Promise.resolve();
      const second = script.listener.connect();
      await settled();
      const { refusals, server } = script;
      assertEquals([refusals.length, server.peers.size], [1, 1], `${steps}`);
      first.abort();
      second.abort();
    }
  }
});

Deno.test("serve() accepts again after a delay that doubles up to a second, and starts over after a success", async () => {
  await using script = await ScriptedServer.open();
  const { clock, listener } = script;
  await settled();
  const times: number[] = [];
  let failures = 0;
  const failOnce = () => {
    listener.fail(new Error(`failure ${++failures}`));
    return settled();
  };
  await failOnce();
  let began = clock.now();
  while (times.length < 10) {
    const { accepts } = listener;
    while (listener.accepts === accepts) await clock.advance(1);
    times.push(clock.now() - began);
    began = clock.now();
    await failOnce();
  }
  assertEquals(times, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
  assertEquals(script.refusals.length, 11);
  assertEquals(script.refusals[10], { message: "failure 11", info: undefined });
  await clock.advance(1_000);
  const client = await script.client();
  assertEquals(await client.request("say", "a"), "a");
  // After a success the first delay is short again.
  const { accepts } = listener;
  await failOnce();
  await clock.advance(5);
  assertEquals(listener.accepts, accepts + 1);
});

Deno.test("serve() accepts again at once after a failure of one connection, and pauses after 16 of them", async () => {
  await using script = await ScriptedServer.open();
  const { clock, listener } = script;
  for (let count = 0; count < 40; count++) {
    listener.fail(new Deno.errors.NotConnected("reset"));
  }
  await settled();
  assertEquals([listener.accepts, clock.timers], [16, 1]);
  await clock.advance(2);
  const client = await script.client();
  assertEquals(await client.request("say", "a"), "a");
  assertEquals([listener.accepts, clock.now()], [42, 2]);
  // Reports of lost connections are at least a second apart.
  await clock.advance(998);
  listener.fail(new Deno.errors.NotConnected("reset"));
  await settled();
  assertEquals(script.refusals, [
    { message: "reset", info: undefined },
    {
      message: "reset; 40 connections ended since the last report of one",
      info: undefined,
    },
  ]);
});

Deno.test("a server that waits to accept again can be closed", async () => {
  await using script = await ScriptedServer.open();
  script.listener.fail(new Error("too many open files"));
  await settled();
  assertEquals(script.clock.timers, 1);
  const closed = watch(script.server.close());
  await settled();
  assertEquals(closed.state, "resolved");
});

Deno.test("drain() fails the calls that have not settled within its timeout", async () => {
  await using script = await ScriptedServer.open();
  const client = await script.client();
  const call = watch(client.request("hold"));
  await settled();
  const drained = watch(script.server.drain({ timeout: 300 }));
  await script.clock.advance(299);
  assertEquals([drained.state, call.state], ["pending", "pending"]);
  await script.clock.advance(1);
  assertEquals(drained.state, "resolved");
  assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
});

Deno.test("drain() refuses a timeout that is none, and the server goes on", async () => {
  await using script = await ScriptedServer.open();
  for (const timeout of [NaN, -1, null, "5"] as unknown as number[]) {
    await assertRejects(
      () => script.server.drain({ timeout }),
      TypeError,
      "Cannot set timeout: got ",
    );
    await assertRejects(
      () => script.server.drain({ quiet: timeout }),
      TypeError,
      "Cannot set quiet: got ",
    );
  }
  const client = await script.client();
  assertEquals(await client.request("say", "a"), "a");
  await client.close();
});

Deno.test("close() closes all peers in order", async () => {
  await using script = await ScriptedServer.open();
  const clients = [await script.client(), await script.client()];
  const calls = clients.map((client) => watch(client.request("hold")));
  await settled();
  await script.server.close();
  for (const client of clients) assert((await client.closed).clean);
  for (const call of calls) {
    const error: ConnectionClosedError = call.rejection(
      isConnectionClosedError,
    );
    assertEquals(error.outcome, "unknown");
  }
  assertEquals(script.server.peers.size, 0);
});

Deno.test("close(), drain() and dispose may be combined in any order", async () => {
  const ends: Record<string, (server: Server) => PromiseLike<void>> = {
    close: (server) => server.close(),
    drain: (server) => server.drain(),
    dispose: (server) => server[Symbol.asyncDispose](),
  };
  for (const first of Object.values(ends)) {
    for (const second of Object.values(ends)) {
      await using script = await ScriptedServer.open();
      const client = await script.client();
      void client.request("hold").catch(() => {});
      await settled();
      const { server } = script;
      const finished = watch(server.finished);
      const both = watch(Promise.all([first(server), second(server)]));
      await script.clock.advance(5_000);
      assertEquals(both.state, "resolved");
      assertEquals(finished.state, "resolved");
      await Promise.all([first(server), second(server)]);
    }
  }
});

Deno.test("close() aborts connections that are being refused", async () => {
  await using script = await ScriptedServer.open({ maxConnections: 0 });
  // This client does not read its refusal.
  const channel = new ScriptedChannel();
  channel.stall();
  script.listener.offer(channel);
  await settled();
  assertEquals(script.refusals.length, 1);
  assertEquals(channel.abortedWith, undefined);
  const closed = watch(script.server.close());
  await settled();
  assertEquals(closed.state, "resolved");
  assertEquals(
    (channel.abortedWith?.reason as Error).message,
    "Cannot accept a connection: the server was closed",
  );
});

Deno.test("close() aborts connections that are being authenticated", async () => {
  await using script = await ScriptedServer.open({
    authenticate: () => new Promise(() => {}),
  });
  const client = await script.client();
  await script.server.close();
  await assertRejects(() => client.opened);
  await client.closed;
  assertEquals(
    script.refusals.map(({ message }) => message),
    ["Cannot accept a connection: the server was closed"],
  );
});

Deno.test("close() ends a connection in any step of its admission", async () => {
  for (const authenticate of [undefined, () => Promise.resolve("anybody")]) {
    for (let steps = 0; steps < 30; steps++) {
      await using script = await ScriptedServer.open({ authenticate });
      const client = new Peer(script.listener.connect(), {
        clock: script.clock,
      });
      client.opened.catch(() => {});
      for (let step = 0; step < steps; step++) await Promise.resolve();
      const closed = watch(script.server.close());
      await settled();
      assertEquals(closed.state, "resolved", `after ${steps} microtasks`);
      client.abort();
      await client.closed;
    }
  }
});

Deno.test("finished resolves when the listener is closed and the last peer has closed", async () => {
  await using script = await ScriptedServer.open();
  const client = await script.client();
  const finished = watch(script.server.finished);
  script.listener.close();
  await settled();
  assertEquals(finished.state, "pending");
  assertEquals(await client.request("say", "a"), "a");
  await client.close();
  await settled();
  assertEquals(finished.state, "resolved");
  assertEquals(script.server.peers.size, 0);
});

Deno.test("maxTotalHeldBytes: the connections of a server share its budget", async () => {
  await using script = await ScriptedServer.open({
    maxTotalHeldBytes: 400_000,
  });
  const one = await script.client();
  const two = await script.client();
  const held = watch(one.request("hold", "x".repeat(300_000)));
  await settled();
  const refused = await two.request("say", "x".repeat(200_000), {
    retry: false,
  }).catch((error) => error);
  assert(isRetryError(refused), String(refused));
  assertEquals(await two.request("say", "hi"), "hi");
  one.abort();
  await settled();
  assertEquals(held.state, "rejected");
});
