/** Values of the wrong type or range are refused by their names. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Channel } from "../transport/channel.ts";
import { memoryPair } from "../transport/memory.ts";
import { broadcast } from "./broadcast.ts";
import type { PeerEvent } from "./events.ts";
import { Handlers } from "./handlers.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import { RetryError } from "./retry_error.ts";
import type { Schema } from "./standard_schema.ts";
import { ScriptedPeer } from "./testing/scripted_peer.ts";

/** What a program in plain JavaScript can give. */
// deno-lint-ignore no-explicit-any
function given(value: unknown): any {
  return value;
}

interface Session extends AsyncDisposable {
  readonly peer: Peer;
  readonly events: PeerEvent[];
}

function open(handlers?: Handlers): Session {
  const [near, far] = memoryPair();
  const events: PeerEvent[] = [];
  const remote = new Peer(far, {
    ...(handlers && { handlers }),
    role: "acceptor",
    onEvent: (event) => events.push(event),
  });
  const peer = new Peer(near);
  return {
    peer,
    events,
    [Symbol.asyncDispose]: async () => {
      await peer.close();
      await remote.closed;
    },
  };
}

const CALLS: readonly [
  call: (peer: Peer | ReconnectingPeer) => Promise<unknown>,
  message: string,
][] = [
  [
    (peer) => peer.requestText("a", given(5)),
    'Cannot encode the payload of "a": got 5, wanted a string',
  ],
  [
    (peer) => peer.request(given(undefined)),
    "Cannot encode SingleRequest: operation is undefined, wanted a string or a Uint8Array",
  ],
  [
    (peer) => peer.request(given(7)),
    "Cannot encode SingleRequest: operation is 7, wanted a string or a Uint8Array",
  ],
  [
    (peer) => peer.notify(given(undefined)),
    "Cannot send undefined: wanted a name, which is a string",
  ],
];

Deno.test("a call with an option or value of a wrong type rejects with its name", async () => {
  let remote: Peer | undefined;
  const reconnecting = new ReconnectingPeer(() => {
    const [near, far] = memoryPair();
    remote = new Peer(far, { role: "acceptor" });
    return near;
  });
  await using session = open();
  for (const peer of [session.peer, reconnecting]) {
    for (const [call, message] of CALLS) {
      const error = await assertRejects(() => call(peer), TypeError);
      assertEquals((error as Error).message, message);
    }
    assertEquals(peer.stats.pending, 0);
    await peer.close();
  }
  await remote?.closed;
});

Deno.test("middleware that returns nothing, or something else than bytes, is reported by what it returned", async () => {
  const outcomes: [outcome: unknown, name: string][] = [
    [undefined, "undefined"],
    ["instead", "a string"],
    [Promise.resolve("later"), "a string"],
    [Promise.resolve(), "undefined"],
    [{ a: 1 }, "an object"],
  ];
  for (const [outcome, name] of outcomes) {
    await using session = open(
      new Handlers().handle("a", () => 1).use((_context, next) => {
        next();
        return outcome;
      }),
    );
    const { peer, events } = session;
    await assertRejects(() => peer.request("a"), OperationError, "internal");
    const event = events.find(({ type }) => type === "handler-error");
    assertEquals(
      event?.type === "handler-error" && String(event.error),
      `TypeError: Cannot send the result of "a": middleware returned ${name}, wanted what next() returned, or bytes`,
    );
  }
  await using session = open(
    new Handlers().handle("a", () => 1).use(() =>
      new TextEncoder().encode("2")
    ),
  );
  assertEquals(await session.peer.request("a"), 2);
});

Deno.test("errors of handlers are created without a message, and refuse a payload that is no bytes", () => {
  const text = (error: { readonly payload: Uint8Array }) =>
    new TextDecoder().decode(error.payload);
  assertEquals(text(new OperationError(given(undefined))), "");
  assertEquals(text(new OperationError(given(5))), "5");
  assertEquals(text(new RetryError(given(undefined), { wait: 1 })), "");
  const payload = given("no");
  assertThrows(
    () => new OperationError("no", { payload }),
    TypeError,
    "Cannot create an OperationError with the payload: got a string, wanted bytes",
  );
  assertThrows(
    () => new RetryError("no", { payload, wait: 1 }),
    TypeError,
    "Cannot create a RetryError with the payload: got a string, wanted bytes",
  );
});

Deno.test("the codes of a ProtocolError are named (error/codes)", async () => {
  const meanings = {
    0: "0 (abnormal); it may have refused the connection",
    1: "1 (unsupported version)",
    2: "2 (invalid message)",
    3: "3 (timeout)",
    99: "99 (unknown)",
  };
  for (const [code, meaning] of Object.entries(meanings)) {
    await using script = await ScriptedPeer.open();
    const digits = Number(code).toString(16).padStart(8, "0");
    await script.say(`f${digits}`);
    const { error } = await script.peer.closed;
    assertEquals(
      (error as Error).message,
      `Cannot continue the conversation: the remote peer reported code ${meaning}`,
    );
  }
});

Deno.test("a call of a peer that drains fails because it drains", async () => {
  const ended = Promise.withResolvers<void>();
  const { peer } = open(new Handlers().handle("a", () => ended.promise));
  const running = peer.request("a");
  await peer.opened;
  const drained = peer.drain();
  await assertRejects(
    () => peer.request("b"),
    Error,
    'Cannot complete "b": the local peer is draining, the request was not sent',
  );
  ended.resolve();
  await running;
  await drained;
  await assertRejects(
    () => peer.notify("b"),
    Error,
    'Cannot complete "b": the connection is closed, the request was not sent',
  );
});

Deno.test("a full queue of a reconnecting peer names the limit that is exceeded", async () => {
  const never = () => new Promise<Channel>(() => {});
  const many = new ReconnectingPeer(never, { maxQueuedCalls: 0 });
  const large = new ReconnectingPeer(never, { maxQueuedCallBytes: 10 });
  await assertRejects(
    () => many.request("a"),
    Error,
    'Cannot send "a": 0 calls wait for a connection, wanted less than 0 (maxQueuedCalls)',
  );
  await assertRejects(
    () => large.requestBytes("a", new Uint8Array(11)),
    Error,
    'Cannot send "a": calls with 0 bytes wait for a connection, wanted at most 10 with its 11 (maxQueuedCallBytes)',
  );
  await Promise.all([many.close(), large.close()]);
});

Deno.test("the signal of a stream's context does not abort after the answer, nor after the handler's own failure", async () => {
  const signals: AbortSignal[] = [];
  const { peer } = open(
    new Handlers()
      .handleStream("good", (parts, { signal }) => {
        signals.push(signal);
        return parts;
      })
      .handleStream("bad", (_parts, { signal }) => {
        signals.push(signal);
        throw new OperationError("no");
      }),
  );
  const good = peer.stream("good");
  await good.writable.close();
  assertEquals((await Array.fromAsync(good.readable)).length, 0);
  const bad = peer.stream("bad");
  bad.writable.close().catch(() => {});
  await assertRejects(() => Array.fromAsync(bad.readable), OperationError);
  assertEquals(signals.map(({ aborted }) => aborted), [false, false]);
  await peer.close();
});

Deno.test("the signal of a stream's context aborts when the answer cannot be sent any more", async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<unknown>();
  const { peer } = open(
    new Handlers().handleStream("watch", async (_parts, { signal }) => {
      signal.addEventListener("abort", () => resolve(signal.reason));
      await aborted;
    }),
  );
  const { writable } = peer.stream("watch");
  await writable.getWriter().write(new Uint8Array(1));
  peer.abort();
  await aborted;
});

Deno.test("invalid input is an event with its issues, and no failure of the handler", async () => {
  const events: PeerEvent[] = [];
  const input: Schema<unknown, number> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: () => ({
        issues: [
          { message: "too small", path: ["a", { key: 0 }] },
          { message: "too odd" },
        ],
      }),
    },
  };
  const handlers = new Handlers()
    .handle("r", () => 1, { input })
    .handleText("t", (value) => value)
    .onNotification("n", () => {}, { input });
  await using script = await ScriptedPeer.open({
    handlers,
    onEvent: (event) => events.push(event),
  });
  await script.say("r0001001r00000002{}n001n00000002{}n001n00000001{");
  await script.say("r0002001t00000001\xff");
  assertEquals(
    events.filter(({ type }) => type !== "state").map((event) =>
      event.type === "invalid-input"
        ? `${event.operation} ${event.error.code} ${event.error.issues.length}`
        : event.type
    ).sort(),
    ["n json 1", "n schema 2", "r schema 2", "t utf8 1"],
  );
  const [{ path } = {}] = events.flatMap((event) =>
    event.type === "invalid-input" && event.error.code === "schema"
      ? event.error.issues
      : []
  );
  assertEquals(path, ["a", 0]);
});

Deno.test("what is no channel, no handlers, no function, no name or no limit is refused at once", () => {
  const set = new Handlers();
  const [channel] = memoryPair();
  const wrong: [attempt: () => unknown, message: string][] = [
    [
      () => new Peer(given("tcp://localhost:1")),
      "Cannot begin a conversation: got a string, wanted a channel",
    ],
    [
      () => new Peer(given(undefined)),
      "Cannot begin a conversation: got undefined, wanted a channel",
    ],
    [
      () => set.handle("x", given(undefined)),
      'Cannot set the handler of "x": got undefined, wanted a function',
    ],
    [
      () => set.handleText("x", given("y")),
      'Cannot set the handler of "x": got a string, wanted a function',
    ],
    [
      () => set.handleBytes("x", given(1)),
      'Cannot set the handler of "x": got 1, wanted a function',
    ],
    [
      () => set.handleStream("x", given(new ReadableStream())),
      'Cannot set the handler of "x": got a ReadableStream, wanted a function',
    ],
    [
      () => set.onNotification("x", given(null)),
      'Cannot set the handler of "x": got null, wanted a function',
    ],
    [
      () => set.onNotificationBytes("x", given({})),
      'Cannot set the handler of "x": got an object, wanted a function',
    ],
    [
      () => set.onNotificationText("x", given({})),
      'Cannot set the handler of "x": got an object, wanted a function',
    ],
    ...["handle", "handleText", "handleBytes", "onNotification"].map(
      (method): [() => unknown, string] => [
        () => given(set)[method]("x", async function* () {}),
        'Cannot set the handler of "x": got a generator, wanted a function that returns the result; handleValues takes generators',
      ],
    ),
    [() => set.handleOther(given(1)), "Cannot set a handler: got 1"],
    [() => set.handleOtherStream(given(1)), "Cannot set a handler: got 1"],
    [() => set.onOtherNotification(given(1)), "Cannot set a handler: got 1"],
    [
      () => set.use(given([])),
      "Cannot use middleware: got an array, wanted a function",
    ],
    [
      () => set.handle(given(undefined), () => 1),
      "Cannot handle undefined: wanted a name, which is a string",
    ],
    [
      () => new ReconnectingPeer(() => channel, { handlers: given({}) }),
      "Cannot set handlers: got an object, wanted Handlers",
    ],
    [
      () => broadcast(given(5), "tick"),
      'Cannot broadcast "tick": got 5, wanted peers, such as server.peers',
    ],
  ];
  for (const [attempt, message] of wrong) {
    assertThrows(attempt, TypeError, message);
  }
  for (const wait of [NaN, -1, undefined, 2 ** 32]) {
    assertThrows(
      () => new RetryError("later", { wait: given(wait) }),
      RangeError,
      `Cannot create a RetryError: got wait ${wait}, wanted 0 to 4294967295`,
    );
  }
  assertEquals(new RetryError("later", { wait: 1.5 }).wait, 2);
  for (const limits of [{ maxPayloadBytes: "1" }, { overloadWait: 5 }]) {
    assertThrows(
      () => new Peer(channel, { limits: given(limits) }),
      Error,
      `Cannot set ${Object.keys(limits)[0]}: got `,
    );
  }
});
