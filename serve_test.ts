import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { connect, reconnect } from "./connect.ts";
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
import { memoryInUse } from "./peer/testing/memory_in_use.ts";
import { fromText, toText } from "./peer/testing/scripted_channel.ts";
import { watch } from "./peer/testing/scripted_peer.ts";
import { settled, VirtualClock } from "./peer/testing/virtual_clock.ts";
import { serve, type ServeOptions, type Server } from "./serve.ts";
import type { Channel, ChannelInfo, Listener } from "./transport/channel.ts";
import { memoryPair, WriteUnits } from "./transport/mod.ts";

/** What a refused connection gets to read. */
const REFUSAL = "01f00000000";

/** Lets in whoever gives a name, but for Eve. */
const LOGIN: Login = {
  operation: "login",
  authenticate: (name: string, { auth }) => {
    if (name === "eve") throw new OperationError("no eves");
    return `${name}, ${auth}`;
  },
};

/** A listener that a test feeds by hand. */
class FakeListener implements Listener {
  readonly address = "memory:";
  /** How many times somebody asked for a connection. */
  accepts = 0;
  readonly #queue: (Channel | Error)[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  /** Connects somebody, and gives their end of the channel. */
  connect(): Channel {
    const [here, there] = memoryPair();
    this.#push(there);
    return here;
  }

  /** Lets accepting fail. */
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

/** A refusal or a failure to accept, as `onRefused` heard of it. */
interface Refusal {
  readonly message: string;
  readonly info: ChannelInfo | undefined;
}

/** A server on a fake listener, by a virtual clock. */
class Script implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  readonly listener: FakeListener = new FakeListener();
  readonly refusals: Refusal[] = [];
  /** What the handlers were asked for. */
  readonly heard: string[] = [];
  server!: Server;
  readonly #handlers = new Handlers()
    .handle("say", (words: string) => (this.heard.push(words), words))
    .handle("who", (_: unknown, { auth }) => auth)
    .handle("hold", () => new Promise(() => {}));

  static async open(options: Partial<ServeOptions> = {}): Promise<Script> {
    const script = new Script();
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

  /** Connects a peer. */
  async client(): Promise<Peer> {
    const peer = new Peer(this.listener.connect(), { clock: this.clock });
    await settled();
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await settled();
    assertEquals(this.server.peers.size, 0);
    assertEquals(this.clock.timers, 0, "timers are left behind");
  }
}

/** Writes to a channel, all at once. */
function send(channel: Channel, text: string): Promise<void> {
  const units = new WriteUnits();
  units.add(fromText(text));
  return channel.write(units);
}

/** All that a channel gives until its end. */
async function hear(channel: Channel): Promise<string> {
  let text = "";
  for (let chunk; (chunk = await channel.read()) !== null;) {
    text += toText(chunk);
  }
  await channel.close();
  return text;
}

Deno.test("serve() answers whoever connects, and knows them while they are there", async () => {
  await using script = await Script.open();
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

Deno.test("serve() accepts as an acceptor: a client that falls silent is told so", async () => {
  await using script = await Script.open();
  const client = script.listener.connect();
  await send(client, "01");
  const heard = watch(hear(client));
  await script.clock.advance(45_000);
  assertEquals(heard.value?.slice(-9), "f00000003");
});

Deno.test("authenticate says who a peer is, at once or later", async (t) => {
  for (const result of ["rasmus", Promise.resolve("rasmus")]) {
    await t.step(typeof result, async () => {
      const infos: ChannelInfo[] = [];
      const seen: unknown[] = [];
      await using script = await Script.open({
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

Deno.test("a connection for which authenticate finds nobody is refused", async () => {
  for (const nobody of [undefined, null, false]) {
    await using script = await Script.open({ authenticate: () => nobody });
    assertEquals(await hear(script.listener.connect()), REFUSAL);
    assertEquals(
      script.refusals.map(({ message }) => message),
      [
        `Cannot accept a connection: authenticate returned ${nobody}, wanted an identity`,
      ],
    );
  }
  await using script = await Script.open({ authenticate: () => 0 });
  assertEquals(await (await script.client()).request("who"), 0);
});

Deno.test("a connection for which authenticate throws or rejects is refused", async (t) => {
  const failures: Record<string, () => unknown> = {
    "throws": () => {
      throw new Error("no such user");
    },
    "rejects": () => Promise.reject(new Error("no such user")),
  };
  for (const [how, authenticate] of Object.entries(failures)) {
    await t.step(how, async () => {
      await using script = await Script.open({ authenticate });
      assertEquals(await hear(script.listener.connect()), REFUSAL);
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

Deno.test("nothing is said or dispatched before authenticate has decided", async () => {
  const decided = Promise.withResolvers<string>();
  await using script = await Script.open({
    authenticate: () => decided.promise,
  });
  const client = script.listener.connect();
  await send(client, '01r0001003say00000003"a"');
  const heard = watch(hear(client));
  await settled();
  assertEquals(script.heard, []);
  assertEquals(script.server.peers.size, 0);
  decided.resolve("rasmus");
  await settled();
  assertEquals(script.heard, ["a"]);
  assertEquals(script.server.peers.size, 1);
  await script.server.close();
  await settled();
  assert(heard.value!.startsWith("01"));
  assert(heard.value!.endsWith('R000100000003"a"'), heard.value);
});

Deno.test("authenticate may take as long as a handshake, not longer", async (t) => {
  const late: Record<
    string,
    (decision: PromiseWithResolvers<unknown>) => void
  > = {
    "and never decides": () => {},
    "and accepts too late": ({ resolve }) => resolve("rasmus"),
    "and refuses too late": ({ reject }) => reject(new Error("too late")),
  };
  for (const [name, decide] of Object.entries(late)) {
    await t.step(name, async () => {
      const decision = Promise.withResolvers<unknown>();
      let asked = 0;
      await using script = await Script.open({
        authenticate: () => (asked++, decision.promise),
        limits: { handshakeTimeout: 700 },
        maxConnections: 1,
      });
      const heard = watch(hear(script.listener.connect()));
      await script.clock.advance(699);
      assertEquals(heard.state, "pending");
      await script.clock.advance(1);
      assertEquals(heard.value, REFUSAL);
      assertEquals(
        script.refusals.map(({ message }) => message),
        [
          "Cannot accept a connection: authenticate decided nothing within 700 ms",
        ],
      );
      decide(decision);
      await settled();
      assertEquals(script.server.peers.size, 0);
      assertEquals(asked, 1);
      // Its place is free.
      script.listener.connect();
      await settled();
      assertEquals(asked, 2);
    });
  }
});

Deno.test("login: a client is one of the peers, and onPeer hears of it, once it has logged in", async () => {
  const heardBefore: unknown[] = [];
  await using script = await Script.open({
    login: LOGIN,
    authenticate: () => "by address",
    onPeer: (peer) => {
      heardBefore.push([peer.auth, [...script.heard]]);
      void peer.notify("welcome");
    },
  });
  const client = script.listener.connect();
  await send(client, "01");
  const heard = watch(hear(client));
  await settled();
  assertEquals([script.server.peers.size, heardBefore], [0, []]);
  await send(client, 'r0001005login00000005"ali"r0002003say00000003"a"');
  await settled();
  assertEquals(heardBefore, [["ali, by address", []]]);
  assertEquals([...script.server.peers].map(({ auth }) => auth), [
    "ali, by address",
  ]);
  assertEquals(script.heard, ["a"]);
  assertEquals(script.refusals, []);
  await script.server.close();
  await settled();
  assert(
    heard.value!.endsWith(
      'R000100000000n007welcome00000000R000200000003"a"',
    ),
    heard.value,
  );
});

Deno.test("login: one that fails, or does not come, is told to onRefused", async (t) => {
  const strangers: Record<
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
  for (const [name, [bytes, end, message]] of Object.entries(strangers)) {
    await t.step(name, async () => {
      let peers = 0;
      await using script = await Script.open({
        login: LOGIN,
        onPeer: () => void peers++,
        maxConnections: 1,
      });
      const client = script.listener.connect();
      await send(client, `01${bytes}`);
      const heard = watch(hear(client));
      await script.clock.advance(10_000);
      assert(heard.value!.endsWith(end), heard.value);
      assertEquals(script.refusals.map(({ message }) => message), [message]);
      assertEquals(script.refusals[0]!.info?.transport, "memory");
      assertEquals([peers, script.server.peers.size], [0, 0]);
      // Its place is free.
      const next = await script.client();
      await next.request("login", "ali");
      assertEquals(await next.request("who"), "ali, undefined");
    });
  }
});

Deno.test("login: those who have not logged in count as connections", async () => {
  await using script = await Script.open({ login: LOGIN, maxConnections: 1 });
  const stranger = await script.client();
  assertEquals(await hear(script.listener.connect()), REFUSAL);
  await stranger.close();
  await settled();
  await (await script.client()).request("login", "ali");
  assertEquals(script.server.peers.size, 1);
});

Deno.test("login: closing and draining end those who have not logged in", async () => {
  for (const end of ["close", "drain"] as const) {
    await using script = await Script.open({ login: LOGIN });
    const stranger = await script.client();
    const ended = watch(script.server[end]());
    await settled();
    assertEquals([ended.state, stranger.state], ["resolved", "closed"]);
  }
});

Deno.test("login: end to end, and over each connection of a client that connects again", async () => {
  const attempts: string[] = [];
  const handlers = new Handlers()
    .handle("who", (_: unknown, { auth }) => auth);
  for (const listen of [{}, { transport: "websocket" } as const]) {
    attempts.length = 0;
    await using server = await serve({
      ...listen,
      login: {
        operation: "login",
        authenticate: (name: string, { info }) => {
          attempts.push(`${name} by ${info.transport}`);
          return Promise.resolve(name);
        },
      },
    }, handlers);
    const stranger = await connect(server.address);
    await assertRejects(
      () => stranger.request("who"),
      Error,
      "not authenticated",
    );
    await stranger.close();
    // What a client sends without waiting for the answer is acted on behind it.
    await using eager = await connect(server.address);
    const answers = await Promise.all([
      eager.request("login", "eager"),
      eager.request("who"),
    ]);
    assertEquals(answers, [undefined, "eager"]);
    await using client = reconnect(server.address, {
      initialDelay: 1,
      onConnect: async (peer) => {
        await peer.request("login", "patient");
      },
    });
    assertEquals(await client.request("who"), "patient");
    for (const peer of server.peers) peer.abort();
    assertEquals(
      await client.request("who", undefined, { idempotent: true }),
      "patient",
    );
    const transport = listen.transport ?? "tcp";
    assertEquals(attempts, [
      `eager by ${transport}`,
      `patient by ${transport}`,
      `patient by ${transport}`,
    ]);
  }
});

Deno.test("authenticate has all the time when handshakes have", async () => {
  const decision = Promise.withResolvers<unknown>();
  await using script = await Script.open({
    authenticate: () => decision.promise,
    limits: { handshakeTimeout: Infinity },
  });
  const client = script.listener.connect();
  const heard = watch(hear(client));
  await send(client, "01r0001003who00000000");
  await script.clock.advance(24 * 60 * 60 * 1000);
  assertEquals(script.clock.timers, 0);
  assertEquals(heard.state, "pending");
  decision.resolve("rasmus");
  await settled();
  await script.server.close();
  await settled();
  assert(heard.value!.endsWith('R000100000008"rasmus"'), heard.value);
});

Deno.test("a client that leaves before authenticate has decided leaves nothing behind", async () => {
  const decision = Promise.withResolvers<unknown>();
  await using script = await Script.open({
    authenticate: () => decision.promise,
  });
  script.listener.connect().abort();
  await settled();
  decision.resolve("rasmus");
  await settled();
  assertEquals(script.server.peers.size, 0);
});

Deno.test("onPeer hears of a peer before anything that it says is acted on", async () => {
  const heardBefore: string[][] = [];
  await using script = await Script.open({
    onPeer: (peer) => {
      heardBefore.push([...script.heard]);
      assertEquals(peer.state, "opening");
      void peer.notify("welcome", "rasmus");
    },
  });
  const client = script.listener.connect();
  await send(client, '01r0001003say00000003"a"');
  const heard = watch(hear(client));
  await settled();
  assertEquals(heardBefore, [[]]);
  assertEquals(script.heard, ["a"]);
  await script.server.close();
  await settled();
  assert(heard.value!.startsWith('01n007welcome00000008"rasmus"'), heard.value);
});

Deno.test("a peer for which onPeer throws is cut off, the others are served", async () => {
  let peers = 0;
  await using script = await Script.open({
    onPeer: () => {
      if (++peers === 1) throw new Error("no room in the lobby");
    },
  });
  const [first, second] = [await script.client(), await script.client()];
  await assertRejects(() => first.opened);
  assertEquals(await second.request("say", "a"), "a");
  assertEquals(script.server.peers.size, 1);
  assertEquals(
    script.refusals.map(({ message }) => message),
    ["no room in the lobby"],
  );
});

Deno.test("a server outlives what its hooks throw", async () => {
  let refused = 0;
  await using script = await Script.open({
    maxConnections: 1,
    onRefused: () => {
      refused++;
      throw new Error("the hook's own failure");
    },
  });
  const client = await script.client();
  assertEquals(await hear(script.listener.connect()), REFUSAL);
  script.listener.fail(new Error("too many open files"));
  await script.clock.advance(10);
  assertEquals(await hear(script.listener.connect()), REFUSAL);
  assertEquals(await client.request("say", "a"), "a");
  assertEquals(refused, 3);
});

Deno.test("serve() refuses connections beyond maxConnections", async () => {
  await using script = await Script.open({ maxConnections: 2 });
  const [first, second] = [await script.client(), await script.client()];
  assertEquals(await hear(script.listener.connect()), REFUSAL);
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

Deno.test("connections that are not yet authenticated count, those that are being refused do not", async () => {
  const decision = Promise.withResolvers<unknown>();
  await using script = await Script.open({
    maxConnections: 1,
    authenticate: () => decision.promise,
  });
  const undecided = await script.client();
  // It does not read its refusal, and so does not leave.
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
  assertEquals(await hear(lingering), REFUSAL);
});

Deno.test("accepting is tried again after a while that doubles up to a second, and recovers", async () => {
  await using script = await Script.open();
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
  // Now the first wait is short again.
  const { accepts } = listener;
  await failOnce();
  await clock.advance(5);
  assertEquals(listener.accepts, accepts + 1);
});

Deno.test("a server that waits to accept again can be closed", async () => {
  await using script = await Script.open();
  script.listener.fail(new Error("too many open files"));
  await settled();
  assertEquals(script.clock.timers, 1);
  const closed = watch(script.server.close());
  await settled();
  assertEquals(closed.state, "resolved");
});

Deno.test("drain() lets running requests finish, refuses new ones, and then closes", async () => {
  const gate = Promise.withResolvers<string>();
  const handlers = new Handlers()
    .handle("slow", () => gate.promise)
    .handle("say", (words: string) => words);
  await using server = await serve({}, handlers);
  const client = await connect(server.address, { retry: false });
  const running = client.request("slow");
  await client.request("say", "so that the slow one has begun");
  const drained = watch(server.drain());
  const refused = await assertRejects(() => client.request("say", "a"));
  assert(isRetryError(refused));
  await assertRejects(
    () => connect(server.address),
    Error,
    "Cannot connect to tcp://127.0.0.1:",
  );
  assertEquals(drained.state, "pending");
  gate.resolve("done");
  assertEquals(await running, "done");
  await server.finished;
  assert((await client.closed).clean);
  assertEquals(server.peers.size, 0);
});

Deno.test("drain() ends what has not finished within its time", async () => {
  await using script = await Script.open();
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

Deno.test("close() ends all peers at once, in order", async () => {
  await using script = await Script.open();
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

Deno.test("a server can be closed, drained and disposed in any order, any number of times", async () => {
  const ends: Record<string, (server: Server) => PromiseLike<void>> = {
    close: (server) => server.close(),
    drain: (server) => server.drain(),
    dispose: (server) => server[Symbol.asyncDispose](),
  };
  for (const first of Object.values(ends)) {
    for (const second of Object.values(ends)) {
      await using script = await Script.open();
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

Deno.test("closing a server cuts off those on whom it has not decided", async () => {
  await using script = await Script.open({
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

Deno.test("a server has finished when its listener was closed and the last peer has ended", async () => {
  await using script = await Script.open();
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

Deno.test("serve() rejects when it cannot listen", async () => {
  await using server = await serve({});
  const port = Number(new URL(server.address).port);
  await assertRejects(() => serve({ port }), Deno.errors.AddrInUse);
});

Deno.test("what one client sends disturbs no other", async () => {
  const handlers = new Handlers()
    .handle("double", (number: number) => number * 2);
  const problems: unknown[] = [];
  await using server = await serve({
    onRefused: (error) => void problems.push(error),
    limits: { handshakeTimeout: 2_000 },
  }, handlers);
  await using client = await connect(server.address);

  const attacks = Array.from(
    { length: 50 },
    (_, index) => attack(server.address, hostileBytes(index)),
  );
  let asked = 0;
  let over = false;
  const done = Promise.all(attacks).finally(() => over = true);
  while (!over || asked < 100) {
    assertEquals(await client.request("double", asked), asked * 2);
    asked++;
  }
  const answers = await done;
  assertEquals(answers.length, 50);
  for (const answer of answers) assert(answer.startsWith("01"), answer);
  assertGreater(
    answers.filter((answer) => /f0000000[123]$/.test(answer)).length,
    20,
  );
  assertEquals(problems, []);
  assertEquals(client.state, "open");
  await client.close();
  await server.close();
});

/** Connects, sends bytes, ends its side, and gives what the other side says to that. */
async function attack(address: string, bytes: Uint8Array): Promise<string> {
  const { hostname, port } = new URL(address);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const [answer] = await Promise.all([readAll(conn), writeAll(conn, bytes)]);
  return answer;
}

async function readAll(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  let answer = "";
  for (let length; (length = await conn.read(buffer)) !== null;) {
    answer += toText(buffer.subarray(0, length));
  }
  return answer;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.byteLength;) {
      at += await conn.write(bytes.subarray(at));
    }
    await conn.closeWrite();
  } catch {
    // The other side has heard enough.
  }
}

/** Bytes that no peer would send. */
function hostileBytes(seed: number): Uint8Array {
  const texts = [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "00",
    "0",
    "ff",
    "01",
    "01r0001006double00000001",
    "01r0001006doubleffffffff",
    "01r0001fffffff",
    "01r0001006double00000003{{{",
    "01r0001000",
    "01S000100000001x",
    "01p000100000001x",
    "01s0001001a00000000s0001001a00000000",
    "01f00000000",
    "01\0\0\0\0\0\0\0\0\0\0\0\0\0",
    `01${"h0000000000000000".repeat(12_000)}`,
    `01${"r0001004none00000000".repeat(5_000)}`,
  ];
  const text = texts[seed];
  if (text !== undefined) return fromText(text);
  // A multiplicative generator: the same bytes in each run, and others for each seed.
  let state = seed * 7919 + 1;
  const noise = Uint8Array.from(
    { length: 4096 },
    () => (state = state * 16807 % 2147483647) & 0xff,
  );
  // Some of the noise comes after a handshake.
  if (seed % 2 === 0) noise.set(fromText("01"));
  return noise;
}

Deno.test("a thousand connections, one after the other, leave nothing behind", async () => {
  const handlers = new Handlers().handle("double", (n: number) => n * 2);
  await using server = await serve({}, handlers);
  async function cycles(count: number): Promise<number> {
    for (let n = 0; n < count; n++) {
      const peer = await connect(server.address);
      assertEquals(await peer.request("double", n), n * 2);
      await peer.close();
    }
    await settled();
    return memoryInUse();
  }
  const before = await cycles(200);
  const after = await cycles(1_000);
  assertLess(after - before, 1024 * 1024);
  assertStrictEquals(server.peers.size, 0);
});
