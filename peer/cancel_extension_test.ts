import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { text } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import { CancelledError, isCancelledError } from "./cancelled_error.ts";
import { Handlers } from "./handlers.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

const ANSWER = "E%00000009cancelled";

/** The notification with which a request is cancelled. */
function cancel(id: string, reason = ""): string {
  const size = (4 + reason.length).toString(16).padStart(8, "0");
  return `n00dgotalk:cancel${size}${id}${reason}`;
}

/** The answer of a request that was cancelled. */
function answer(id: string): string {
  return ANSWER.replace("%", id);
}

function abortable(): {
  signal: AbortSignal;
  abort: (reason?: unknown) => void;
} {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
  };
}

/** A value that throws whatever is done with it. */
function throwing(): object {
  const refuse = () => {
    throw new Error("secret");
  };
  return new Proxy({}, { get: refuse, getPrototypeOf: refuse, has: refuse });
}

Deno.test("a call that is given up is cancelled, with a reason that is meant for others (extension/cancel)", async () => {
  await using script = await ScriptedPeer.open();
  const reasons: [unknown, string][] = [
    ["left", "left"],
    [new OperationError("no need"), "no need"],
    [new Error("secret"), ""],
    [undefined, ""],
    [{ toString: () => "secret" }, ""],
    [throwing(), ""],
  ];
  for (const [number, [reason, sent]] of reasons.entries()) {
    const id = `000${number}`;
    const { signal, abort } = abortable();
    const call = watch(script.peer.requestText("x", "", { signal }));
    await settled();
    abort(reason);
    await settled();
    assertEquals(call.state, "rejected");
    assertEquals(script.heard(), `r${id}001x00000000${cancel(id, sent)}`);
    await script.say(answer(id));
  }
  const timed = watch(script.peer.requestText("x", "", { timeout: 100 }));
  await script.clock.advance(100);
  assertEquals(timed.state, "rejected");
  assertEquals(script.heard(), `r0006001x00000000${cancel("0006", "timeout")}`);
  const { pending, cancelsOut, cancelsIn } = script.peer.stats;
  assertEquals([pending, cancelsOut, cancelsIn], [0, 7, 0]);
});

Deno.test("a call that was cancelled counts as pending neither before nor after the end of the connection", async () => {
  await using script = await ScriptedPeer.open();
  const { signal, abort } = abortable();
  const call = watch(script.peer.requestText("x", "", { signal }));
  await settled();
  abort();
  await settled();
  assertEquals([call.state, script.peer.stats.pending], ["rejected", 0]);
  script.peer.abort();
  await script.peer.closed;
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("a call that was not sent, or whose answer is complete, is not cancelled (extension/cancel-last)", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingRequests: 1, maxPendingStreams: 1 },
  });
  const { signal, abort } = abortable();
  const options = { signal };
  const done = watch(script.peer.requestText("a", "", options));
  await script.say("R000000000000");
  const first = watch(script.peer.requestText("b", ""));
  const queued = watch(script.peer.requestText("c", "", options));
  const unopened = script.peer.stream("d", options);
  const retried = watch(script.peer.requestText("e", "", options));
  await settled();
  assertEquals(script.heard(), "r0000001a00000000r0001001b00000000");
  await script.say("R000100000000");
  await script.say("e00020000000000000000"); // "c" waits to be repeated
  script.heard();
  await script.say("e00030000000000000000");
  abort("left");
  await settled();
  assertEquals(
    [done, first, queued, retried].map(({ state }) => state),
    ["resolved", "resolved", "rejected", "rejected"],
  );
  await assertRejects(() => Array.fromAsync(unopened.readable));
  assertEquals([script.heard(), script.peer.stats.cancelsOut], ["", 0]);
});

Deno.test("a result that is too large is cancelled while it arrives (extension/cancel)", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPayloadBytes: 4 },
  });
  const joined = watch(script.peer.requestText("x", ""));
  const part = watch(script.peer.requestText("x", ""));
  await settled();
  script.heard();
  await script.say("S000000000003abcS000000000003def");
  assertEquals(joined.state, "rejected");
  assertEquals(script.heard(), cancel("0000", "result too large"));
  await script.say("S000100000005abcde");
  assertEquals(part.state, "rejected");
  assertEquals(script.heard(), cancel("0001", "result too large"));
  await script.say(answer("0000") + answer("0001"));
});

/** The ways to leave a stream of which nothing more is to be written. */
const WAYS: Record<
  string,
  (script: ScriptedPeer) => Promise<() => unknown>
> = {
  "a signal": async ({ peer }) => {
    const { signal, abort } = abortable();
    const { writable } = peer.stream("x", { signal });
    await writable.getWriter().write(text.encode("a"));
    return () => abort();
  },
  "writable.abort()": async ({ peer }) => {
    const writer = peer.stream("x").writable.getWriter();
    await writer.write(text.encode("a"));
    return () => writer.abort().catch(() => {});
  },
  "readable.cancel() when nobody writes": async ({ peer }) => {
    const { readable, writable } = peer.stream("x");
    const writer = writable.getWriter();
    await writer.write(text.encode("a"));
    writer.releaseLock();
    return () => readable.cancel();
  },
  "readable.cancel() behind the end of the data": async ({ peer }) => {
    const { readable, writable } = peer.stream("x");
    const writer = writable.getWriter();
    await writer.write(text.encode("a"));
    await writer.close();
    return () => readable.cancel();
  },
  "leaving values": async ({ peer }) => {
    const values = peer.values("x", 1);
    watch(values.next());
    await settled();
    return () => values.return();
  },
  "leaving values while others are sent": async ({ peer }) => {
    const never = new Promise<number>(() => {});
    const sent = (async function* () {
      yield 1;
      yield await never;
    })();
    const values = peer.values("x", 1, { values: sent });
    watch(values.next());
    await settled();
    return () => values.return();
  },
};

for (const [way, begin] of Object.entries(WAYS)) {
  Deno.test(`${way} cancels a stream, and nothing follows the cancel (extension/cancel-last)`, async () => {
    await using script = await ScriptedPeer.open();
    const leave = await begin(script);
    await settled();
    script.heard();
    await leave();
    await settled();
    assertEquals(script.heard(), cancel("0000"));
    assertEquals(script.peer.stats.pending, 0);
    await script.say(`S000000000001a${answer("0000")}`);
    await script.clock.advance(10_000);
    assertEquals([script.heard(), script.peer.state], ["", "open"]);
  });
}

Deno.test("the data of a stream that was left ends if the remote peer does not know cancels", async () => {
  const ends: Record<string, string> = {
    "a signal": "",
    "writable.abort()": "",
    "readable.cancel() when nobody writes": "p000000000000",
    "readable.cancel() behind the end of the data": "",
    "leaving values": "p000000000000",
    "leaving values while others are sent": "p000000000000",
  };
  for (const [way, begin] of Object.entries(WAYS)) {
    await using script = await ScriptedPeer.open();
    const leave = await begin(script);
    await leave();
    await script.clock.advance(999);
    script.heard();
    await script.clock.advance(1);
    assertEquals(script.heard(), ends[way], way);
    // From now on, as in version 1; a cancel might still be understood.
    const values = script.peer.values("x", 1);
    watch(values.next());
    await settled();
    script.heard();
    await values.return();
    await settled();
    assertEquals(script.heard(), `p000100000000${cancel("0001")}`);
    await script.say(answer("0001"));
    const others = script.peer.values("x", 1);
    watch(others.next());
    await settled();
    script.heard();
    await others.return();
    await settled();
    assertEquals(script.heard(), cancel("0002"));
  }
});

Deno.test("of any number of streams that were left, the data of each ends if the remote peer does not know cancels", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingStreams: 1_100 },
  });
  const left = Array.from(
    { length: 1_100 },
    () => script.peer.values("x", 1),
  );
  for (const values of left) watch(values.next());
  await settled();
  script.heard();
  await Promise.all(left.map((values) => values.return()));
  await script.clock.advance(1_000);
  const ends = new Set(script.heard().match(/p....00000000/g));
  assertEquals([ends.size, script.peer.stats.pending], [1_100, 0]);
});

Deno.test("cancelling the answer leaves the data to who writes it, and the cancel follows its end (extension/cancel-last)", async () => {
  for (const end of ["close", "abort"] as const) {
    await using script = await ScriptedPeer.open();
    const { readable, writable } = script.peer.stream("x");
    const writer = writable.getWriter();
    await writer.write(text.encode("a"));
    await readable.cancel("enough");
    await writer.write(text.encode("b"));
    await script.say("S000000000001x");
    assertEquals(script.heard(), "s0000001x00000001ap000000000001b");
    await writer[end]("broken");
    await settled();
    assertEquals(
      script.heard(),
      end === "close"
        ? `p000000000000${cancel("0000", "enough")}`
        : cancel("0000", "broken"),
    );
    await script.say(answer("0000"));
    assertEquals([script.peer.stats.pending, script.peer.state], [0, "open"]);
  }
});

Deno.test("a call that was cancelled keeps its place until its answer is complete, or the remote peer is known not to answer", async () => {
  for (const knows of [true, false]) {
    await using script = await ScriptedPeer.open({
      limits: { maxPendingRequests: 1, maxPendingStreams: 1 },
    });
    const { signal, abort } = abortable();
    watch(script.peer.requestText("a", "", { signal }));
    const values = script.peer.values("b");
    watch(values.next());
    await settled();
    abort();
    await values.return();
    watch(script.peer.requestText("c", ""));
    watch(script.peer.values("d").next());
    await settled();
    assertEquals(
      script.heard(),
      `r0000001a00000000s0001001b00000000${cancel("0000")}${cancel("0001")}`,
    );
    assertEquals(script.peer.stats.pending, 2);
    if (knows) await script.say(answer("0000") + answer("0001"));
    else await script.clock.advance(1_000);
    assertEquals(
      script.heard(),
      knows
        ? "r0002001c00000000s0003001d00000000"
        : "r0002001c00000000p000100000000s0003001d00000000",
    );
  }
});

Deno.test("calls that were cancelled one after another leave their places one after another, if no answer comes", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingRequests: 2 },
  });
  const request = () => {
    const { signal, abort } = abortable();
    watch(script.peer.requestText("a", "", { signal }));
    return abort;
  };
  // The remote peer answers one, so that it is known to know cancels.
  request()();
  await script.say(answer("0000"));
  const [first, second] = [request(), request()];
  for (const abort of [first, second]) {
    abort();
    await script.clock.advance(4_000);
  }
  script.heard();
  request();
  request();
  await script.clock.advance(1_999);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), "r0003001a00000000");
  await script.clock.advance(4_000);
  assertEquals(script.heard(), "r0004001a00000000");
});

Deno.test("a request that is cancelled is answered at once, and its handler's signal aborts (extension/cancel-answer, extension/cancel-text, extension/cancel-handler)", async () => {
  const gate = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  const handlers = new Handlers().handleText("x", (_, { signal }) => {
    signals.push(signal);
    return gate.promise;
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001001x00000000r0002001x00000000");
  await script.say(cancel("0001", "left\n"));
  assertEquals(script.heard(), answer("0001"));
  assertEquals(signals.map(({ aborted }) => aborted), [true, false]);
  const { reason } = signals[0]!;
  assertEquals(
    String(reason),
    'AbortError: The remote peer cancelled the request: "left\\x0a"',
  );
  assert(isCancelledError(reason) && reason instanceof DOMException);
  assertEquals([reason.reason, reason.name], ["left\n", "AbortError"]);
  assertEquals(script.events, [
    { type: "cancel", operation: "x", reason: "left\\x0a" },
  ]);
  assertEquals([script.peer.stats.running, script.peer.stats.cancelsIn], [
    2,
    1,
  ]);
  gate.resolve("hi");
  await settled();
  assertEquals(script.heard(), "R000200000002hi");
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("a stream that is cancelled ends with an error, never cleanly, and its generator is left (extension/cancel-input)", async () => {
  const seen: unknown[] = [];
  const handlers = new Handlers().handleStream(
    "x",
    async function* (input, { signal }) {
      try {
        for await (const part of input) yield part;
        seen.push("end");
      } catch (error) {
        seen.push(error, signal.reason);
        throw error;
      } finally {
        seen.push("finally");
      }
    },
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001001x00000001a");
  assertEquals(script.heard(), "S000100000001a");
  await script.say(`${cancel("0001")}p000100000001bp000100000000`);
  assertEquals(script.heard(), answer("0001"));
  assert(seen[0] instanceof DOMException && seen[0].name === "AbortError");
  assertStrictEquals(seen[0], seen[1]);
  assertEquals(seen.slice(2), ["finally"]);
  assertEquals([script.peer.stats.running, script.peer.state], [0, "open"]);
});

Deno.test("the values of a request have no clean end if it is cancelled behind their end (extension/cancel-input)", async () => {
  const outcome: unknown[] = [];
  const handlers = new Handlers().handleValues(
    "x",
    async function* (_input, { values }) {
      try {
        for await (const value of values) yield value;
        outcome.push("end");
      } catch (error) {
        outcome.push((error as Error).name);
      }
    },
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001001x00000000p0001000000011");
  await script.say(`p000100000000${cancel("0001")}`);
  assertEquals(script.heard(), `S0001000000011${answer("0001")}`);
  assertEquals(outcome, ["AbortError"]);
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("outputs of any kind are left while a chunk of them is awaited (extension/cancel-handler)", async () => {
  const left: string[] = [];
  const hanging = (name: string) => ({
    [Symbol.asyncIterator]: () => {
      const { promise, resolve } = Promise.withResolvers<
        IteratorResult<Uint8Array, undefined>
      >();
      const done = { done: true, value: undefined } as const;
      return {
        next: () => promise,
        return() {
          left.push(name);
          resolve(done);
          return Promise.resolve(done);
        },
      };
    },
  });
  const readable = (name: string) =>
    new ReadableStream<Uint8Array>({ cancel: () => void left.push(name) });
  const handlers = new Handlers()
    .handleStream("a", () => readable("a"))
    .handleStream("b", () => hanging("b"))
    .handleValues("c", () => readable("c"))
    .handleValues("d", () => hanging("d"))
    .handleStream("e", async function* (_, { signal }) {
      try {
        yield await new Promise<Uint8Array>((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      } finally {
        await settled();
        left.push("e");
      }
    });
  await using script = await ScriptedPeer.open({ handlers });
  for (const name of "abcde") {
    const start = `s000${name}001${name}00000000`;
    await script.say(start);
    assertEquals(script.peer.stats.running, 1);
    await script.say(cancel(`000${name}`));
    assertEquals(script.heard(), answer(`000${name}`));
    await settled();
    assertEquals([left.at(-1), script.peer.stats.running], [name, 0]);
    // Also before it has begun.
    await script.say(start + cancel(`000${name}`));
    assertEquals(script.heard(), answer(`000${name}`));
    await settled();
    assertEquals(script.peer.stats.running, 0, name);
  }
  assertEquals(left.filter((name) => name !== "e"), [..."aabbccdd"]);
});

Deno.test("a handler that was cancelled keeps its place until it ends, or is abandoned after cancelTimeout (extension/cancel-running)", async () => {
  for (const kind of ["r", "s"] as const) {
    const gates: PromiseWithResolvers<Uint8Array>[] = [];
    const run = () => {
      const gate = Promise.withResolvers<Uint8Array>();
      gates.push(gate);
      return gate.promise;
    };
    const handlers = new Handlers().handleBytes("x", run).handleStream(
      "x",
      run,
    );
    await using script = await ScriptedPeer.open({
      handlers,
      limits: {
        maxConcurrentRequests: 2,
        maxConcurrentStreams: 2,
        maxAbandonedHandlers: 2,
        cancelTimeout: 100,
      },
    });
    const request = (id: string) => `${kind}${id}001x00000000`;
    const counts = () => {
      const { running, abandoned } = script.peer.stats;
      return [running, abandoned];
    };
    await script.say(request("0001") + cancel("0001"));
    await script.say(request("0002") + cancel("0002"));
    assertEquals(script.heard(), answer("0001") + answer("0002"));
    assertEquals(counts(), [2, 0]);
    await script.say(request("0003"));
    assert(script.heard().startsWith("e0003"));
    // One that ends makes room.
    gates[0]!.resolve(new Uint8Array(1));
    await settled();
    assertEquals(counts(), [1, 0]);
    await script.say(request("0004") + cancel("0004"));
    assertEquals(script.heard(), answer("0004"));
    // So do those that do not, but not without a limit.
    await script.clock.advance(100);
    assertEquals(counts(), [0, 2]);
    await script.say(request("0005"));
    assert(script.heard().startsWith("e0005"));
    gates[1]!.reject(new DOMException("stopped", "AbortError"));
    await settled();
    await script.say(request("0006"));
    assertEquals([script.heard(), ...counts()], ["", 1, 1]);
    gates[2]!.reject(new Error("late"));
    gates[3]!.resolve(new Uint8Array(0));
    await settled();
    assertEquals(counts(), [0, 0]);
    const errors = script.events.filter(({ type }) => type === "handler-error");
    assertEquals(errors.length, 1);
  }
});

Deno.test("a cancel of no running request is ignored, and applies to no later one (extension/cancel-unknown, extension/any-time)", async () => {
  const gate = Promise.withResolvers<string>();
  const handlers = new Handlers().handleText("x", () => gate.promise)
    .handleText("now", (value) => value);
  await using script = await ScriptedPeer.open({ handlers });
  const own = watch(script.peer.requestText("own", ""));
  await settled();
  script.heard();
  await script.say(cancel("0000") + cancel("0001") + "r0001001x00000000");
  await script.say("r0002003now00000002hi" + cancel("0002"));
  assertEquals(script.heard(), "R000200000002hi");
  await script.say(cancel("0001") + cancel("0001", "again"));
  assertEquals(script.heard(), answer("0001"));
  gate.resolve("late");
  await settled();
  assertEquals([script.heard(), own.state], ["", "pending"]);
  assertEquals(script.peer.stats.cancelsIn, 1);
  assertEquals(script.peer.stats.dropped, 0);
});

Deno.test("a malformed cancel is dropped and counted (extension/any-time)", async () => {
  const handlers = new Handlers().handle("x", () => new Promise(() => {}));
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001001x00000000");
  await script.say("n00dgotalk:cancel00000003000");
  await script.say("n00dgotalk:cancel00000000");
  assertEquals([script.heard(), script.peer.stats.dropped], ["", 2]);
  const drop = { type: "drop", kind: "Notification", reason: "malformed" };
  assertEquals(script.events as unknown[], [drop, drop]);
});

Deno.test("maxCancelsPerSecond: as many requests as run can be cancelled together, more than that count as unproductive (extension/cancel-rate)", async () => {
  const handlers = new Handlers().handle("x", async () => {
    await Promise.resolve();
  });
  await using script = await ScriptedPeer.open({
    handlers,
    limits: {
      maxConcurrentRequests: 2,
      maxConcurrentStreams: 1,
      maxCancelsPerSecond: 1,
      maxUnproductiveBurst: 1,
      maxUnproductivePerSecond: 0,
    },
  });
  const loop = "r0001001x00000000" + cancel("0001");
  for (let n = 0; n < 3; n++) await script.say(loop);
  await script.clock.advance(1_000);
  await script.say(loop);
  await script.say(loop);
  assertEquals(script.peer.state, "open");
  await script.say(loop);
  assertEquals(script.peer.state, "closed");
  assert(script.heard().endsWith("f00000002"));
});

Deno.test("requesting and cancelling in a loop runs no more handlers at once than the limits allow (extension/cancel-running)", async () => {
  let [running, most, started] = [0, 0, 0];
  const handler = async () => {
    most = Math.max(most, ++running);
    started++;
    await settled();
    running--;
  };
  const handlers = new Handlers().handle("x", handler)
    .handleStream("x", handler);
  await using script = await ScriptedPeer.open({
    handlers,
    limits: {
      maxConcurrentRequests: 10,
      maxConcurrentStreams: 10,
      maxCancelsPerSecond: Infinity,
      maxUnproductiveBurst: Infinity,
    },
  });
  for (let round = 0; round < 100; round++) {
    const loop = Array.from({ length: 100 }, (_, n) => {
      const id = String(n).padStart(4, "0");
      return `${round % 2 ? "r" : "s"}${id}001x00000000${cancel(id)}`;
    });
    await script.say(loop.join(""));
  }
  // Each round begins when the handlers of the one before have ended.
  assertEquals([most, started], [10, 1_000]);
  assertEquals(script.peer.stats.cancelsIn, 1_000);
  const answers = script.heard();
  assertEquals(answers.split("cancelled").length - 1, 1_000);
  assertEquals(answers.split("rate limit").length - 1, 9_000);
});

Deno.test("a result that waits for the write queue is discarded when its request is cancelled (extension/cancel-answer)", async () => {
  const handlers = new Handlers().handleText("x", (value) => value)
    .handleStream("y", () => [text.encode("y".repeat(100))]);
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { writeHighWaterMarkBytes: 10, maxPartBytes: 1 },
  });
  script.channel.stall();
  await script.say("r0001001x00000010" + "0".repeat(16));
  // The result of this one is queued, as its last byte; that of the next waits.
  await script.say("r0002001x00000010" + "1".repeat(16));
  await script.say("r0003001x00000010" + "2".repeat(16));
  await script.say("s0004001y00000000");
  await script.say(cancel("0002") + cancel("0003") + cancel("0004"));
  assertEquals(script.peer.stats.running, 0);
  script.channel.resume();
  await settled();
  const heard = script.heard();
  const results = [0, 1].map((n) =>
    `R000${n + 1}00000010${String(n).repeat(16)}`
  );
  assertEquals(heard, results.join("") + answer("0003") + answer("0004"));
});

Deno.test("without extensions, no cancel is sent or followed", async () => {
  const handlers = new Handlers().handle("x", () => new Promise(() => {}));
  await using script = await ScriptedPeer.open({ handlers, extensions: false });
  const { signal, abort } = abortable();
  watch(script.peer.requestText("x", "", { signal }));
  await settled();
  abort();
  await script.say("r0001001x00000000" + cancel("0001"));
  assertEquals(script.heard(), "r0000001x00000000");
  assertEquals([script.peer.stats.running, script.events], [1, []]);
});

/** Two peers; the right one has handlers. */
function pair(handlers: Handlers) {
  const [left, right] = memoryPair();
  const server = new Peer(right, { handlers, role: "acceptor" });
  const client = new Peer(left);
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}

Deno.test("a download that is cancelled stops within 1 MiB", async () => {
  let sent = 0;
  const stopped = Promise.withResolvers<void>();
  const chunk = new Uint8Array(64 * 1024);
  const handlers = new Handlers().handleStream("file", async function* () {
    try {
      for (; sent < 1e9; sent += chunk.byteLength) {
        yield await Promise.resolve(chunk);
      }
    } finally {
      stopped.resolve();
    }
  });
  await using peers = pair(handlers);
  const { client } = peers;
  const reader = client.stream("file").readable.getReader();
  for (let size = 0; size < 8 * 1024 * 1024;) {
    size += (await reader.read()).value!.byteLength;
  }
  const before = sent;
  await reader.cancel();
  await stopped.promise;
  await client.requestText("none", "").catch(() => {});
  assertLess(sent - before, 1024 * 1024);
  assertEquals(peers.server.stats.running, 0);
});

Deno.test("no call is pending once the connection has ended, although a cancel was not answered", async () => {
  await using script = await ScriptedPeer.open();
  const { signal, abort } = abortable();
  const call = watch(script.peer.requestText("x", "", { signal }));
  const { readable } = script.peer.stream("y", { signal });
  const stream = watch(Array.fromAsync(readable));
  await script.opened();
  abort();
  await settled();
  assertEquals([call.state, stream.state], ["rejected", "rejected"]);
  script.peer.abort();
  await script.peer.closed;
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("a handler that was cancelled may fail with anything", async () => {
  const handlers = new Handlers().handle("x", async (_, { signal }) => {
    await new Promise((resolve) => signal.onabort = resolve);
    throw throwing();
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say(`r0001001x00000000${cancel("0001")}`);
  assertEquals(script.heard(), answer("0001"));
  assertEquals(
    script.events.map(({ type }) => type),
    ["cancel", "handler-error"],
  );
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("a remote peer that knows cancels and answers none keeps no place for good", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingRequests: 2, maxPendingStreams: 1 },
    handlers: new Handlers().handle("wait", () => new Promise(() => {})),
  });
  // It cancels a request of its own.
  await script.say(`r0001004wait00000000${cancel("0001")}`);
  script.heard();
  const { signal, abort } = abortable();
  watch(script.peer.requestText("x", "", { signal }));
  watch(script.peer.requestText("x", "", { signal }));
  watch(new Response(script.peer.stream("s", { signal }).readable).text());
  await script.clock.advance(100);
  abort();
  await script.clock.advance(5_000);
  const later = abortable();
  watch(script.peer.requestText("y", ""));
  watch(script.peer.requestText("z", "", { signal: later.signal }));
  const { readable } = script.peer.stream("t");
  watch(new Response(readable).text());
  await script.clock.advance(4_899);
  assert(!script.heard().includes("001y"));
  await script.clock.advance(200);
  const sent = script.heard();
  for (const request of ["001y", "001z", "001t"]) {
    assert(sent.includes(request), request);
  }
  // Each one has its own time, and an answer ends it sooner.
  later.abort();
  watch(script.peer.requestText("u", ""));
  await settled();
  const [, id] = sent.match(/r(....)001z/)!;
  assertEquals(script.heard(), cancel(id!));
  await script.clock.advance(5_000);
  assertEquals(script.heard(), "");
  await script.say(answer(id!));
  assert(script.heard().includes("001u"));
});

Deno.test("streams that are left while they are queued keep no place, and are never sent", async () => {
  const ways: Record<string, (peer: Peer, signal: AbortSignal) => unknown> = {
    "values, next and return": (peer) => {
      const values = peer.values("b");
      watch(values.next());
      return () => values.return();
    },
    "values with a signal": (peer, signal) =>
      void watch(peer.values("b", 1, { signal }).next()),
    "values with a timeout": (peer) =>
      void watch(peer.values("b", 1, { timeout: 10 }).next()),
    "values that sends some": (peer) => {
      const values = peer.values("b", 1, { values: [1, 2] });
      watch(values.next());
      return () => values.return();
    },
    "a stream that is read": (peer) => {
      const reader = peer.stream("b", { input: 1 }).readable.getReader();
      watch(reader.read());
      return () => reader.cancel();
    },
    "a stream that is written": (peer) => {
      const { readable, writable } = peer.stream("b");
      watch(writable.getWriter().write(text.encode("x")));
      return () => readable.cancel();
    },
  };
  for (const extensions of [true, false]) {
    await using script = await ScriptedPeer.open({
      extensions,
      limits: { maxPendingStreams: 1 },
    });
    const { peer, clock } = script;
    watch(peer.values("a").next());
    await settled();
    for (const [way, begin] of Object.entries(ways)) {
      const { signal, abort } = abortable();
      const leaves = Array.from({ length: 100 }, () => begin(peer, signal));
      await settled();
      assertEquals(peer.stats.pending, 101, way);
      for (const leave of leaves) (leave as (() => void) | undefined)?.();
      abort();
      await clock.advance(20);
      assertEquals(peer.stats.pending, 1, way);
    }
    watch(peer.values("c").next());
    await settled();
    assertEquals(script.heard(), "s0000001a00000000");
    await script.say("S000000000000");
    assertEquals(script.heard(), "s0001001c00000000");
  }
});

Deno.test("a cancel of an unknown request creates no error", async () => {
  await using script = await ScriptedPeer.open({
    handlers: new Handlers().handleStream("s", () => new Promise(() => {})),
  });
  let created = 0;
  Object.setPrototypeOf(
    CancelledError,
    class extends DOMException {
      constructor(...args: ConstructorParameters<typeof DOMException>) {
        super(...args);
        created++;
      }
    },
  );
  try {
    await script.say(cancel("0001").repeat(100));
    assertEquals(created, 0);
    await script.say(`s0001001s00000000${cancel("0001").repeat(2)}`);
    assertEquals(script.heard(), answer("0001"));
    assertEquals(created, 1);
  } finally {
    Object.setPrototypeOf(CancelledError, DOMException);
  }
});
