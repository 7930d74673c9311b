import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { text } from "../codec/mod.ts";
import { memoryInUse } from "./testing/memory_in_use.ts";
import {
  ScriptedPeer,
  type ScriptedPeerOptions,
  watch,
} from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import type { CallOptions } from "./call_options.ts";
import { Handlers } from "./handlers.ts";

const REASON = new Error("not needed any more");

/** Opens a peer that does in version 1 what it can; `cancel_extension_test.ts` is about more. */
function open(options: ScriptedPeerOptions = {}): Promise<ScriptedPeer> {
  return ScriptedPeer.open({ extensions: false, ...options });
}

Deno.test("a call whose signal has aborted already sends nothing", async () => {
  await using script = await open();
  const signal = AbortSignal.abort(REASON);
  const call = watch(script.peer.requestText("x", "", { signal }));
  const { readable, writable } = script.peer.stream("x", { signal });
  const reading = watch(readable.getReader().read());
  const writing = watch(writable.getWriter().write(text.encode("a")));
  await settled();
  assertStrictEquals(call.error, REASON);
  assertStrictEquals(reading.error, REASON);
  assertStrictEquals(writing.error, REASON);
  assertEquals(script.heard(), "");
});

Deno.test("a queued call is withdrawn when its signal aborts", async () => {
  await using script = await open({
    limits: { maxPendingRequests: 1 },
  });
  const controller = new AbortController();
  const { signal } = controller;
  const first = watch(script.peer.requestText("a", ""));
  const second = watch(script.peer.requestText("b", "", { signal }));
  const third = watch(script.peer.requestText("c", ""));
  await settled();
  controller.abort(REASON);
  await settled();
  assertStrictEquals(second.error, REASON);
  await script.say("R000000000000");
  assertEquals(first.state, "resolved");
  assertEquals(script.heard(), "r0000001a00000000r0001001c00000000");
  await script.say("R000100000000");
  assertEquals(third.state, "resolved");
});

Deno.test("a call in flight rejects with the reason of its signal, and its late result is dropped", async () => {
  await using script = await open();
  const controller = new AbortController();
  const { signal } = controller;
  const call = watch(script.peer.requestText("x", "", { signal }));
  await settled();
  controller.abort(REASON);
  await settled();
  assertStrictEquals(call.error, REASON);
  assertEquals(script.peer.stats.pending, 0);
  assertEquals(script.heard(), "r0000001x00000000");
  await script.say("R000000000004late");
  assertEquals(script.peer.stats.dropped, 1);
  assertEquals(script.peer.state, "open");
});

Deno.test("a call removes its abort listener when its result arrives, and a later abort changes nothing", async () => {
  await using script = await open();
  const controller = new AbortController();
  const signal = countListeners(controller.signal);
  const call = watch(script.peer.requestText("x", "", { signal }));
  await settled();
  assertEquals(signal.listeners, 1);
  await script.say("R000000000002ok");
  assertEquals(call.value, "ok");
  assertEquals(signal.listeners, 0);
  controller.abort(REASON);
  await settled();
  assertEquals(call.state, "resolved");
});

Deno.test("a call removes its abort listener and its timer, however it ends", async () => {
  const ways: Record<string, (script: ScriptedPeer) => Promise<unknown>> = {
    error: (script) => script.say("E000000000000"),
    retry: (script) => script.say("e00000000000000000000"),
    parts: (script) => script.say("S000000000000"),
    close: (script) => script.peer.close(),
    reset: (script) => Promise.resolve(script.channel.reset()).then(settled),
    timeout: (script) => script.clock.advance(1000),
  };
  for (const [way, end] of Object.entries(ways)) {
    await using script = await open({ retry: false });
    const signal = countListeners(new AbortController().signal);
    const options = { signal, timeout: 1000 };
    const call = watch(script.peer.requestText("x", "", options));
    await settled();
    assertEquals(signal.listeners, 1);
    await end(script);
    await settled();
    assert(call.state !== "pending", way);
    assertEquals(signal.listeners, 0, way);
    assertEquals(script.clock.timers, 0, way);
  }
});

Deno.test("a stream call is abandoned when its signal aborts, before and after it was opened and answered", async () => {
  for (const moment of ["unopened", "opened", "answered"]) {
    await using script = await open();
    const controller = new AbortController();
    const { readable, writable } = script.peer.stream("x", {
      signal: controller.signal,
    });
    const writer = writable.getWriter();
    const reader = readable.getReader();
    if (moment !== "unopened") await writer.write(text.encode("a"));
    if (moment === "answered") {
      await script.say("S000000000001b");
      assertEquals((await reader.read()).value, text.encode("b"));
    }
    await settled();
    script.heard();
    controller.abort(REASON);
    const writing = watch(writer.write(text.encode("c")));
    const reading = watch(reader.read());
    await settled();
    assertStrictEquals(writing.error, REASON);
    assertStrictEquals(reading.error, REASON);
    assertEquals(script.heard(), "", moment);
    assertEquals(script.peer.stats.pending, 0);
  }
});

Deno.test("cancelling the answer of a stream ends the request's data that nobody writes", async () => {
  await using script = await open();
  const { readable, writable } = script.peer.stream("feed");
  const reading = (async () => {
    for await (const part of readable) return part;
  })();
  await script.opened();
  await script.say("S000000000001aS000000000001b");
  assertEquals(await reading, text.encode("a"));
  await settled();
  assertEquals(script.heard(), "s0000004feed00000000p000000000000");
  assertEquals(script.peer.stats.pending, 0);
  await assertRejects(() => writable.close());
  await script.say("S000000000001cS000000000000");
  assertEquals([script.peer.state, script.peer.stats.dropped], ["open", 2]);
});

Deno.test("cancelling the answer of a stream leaves the request's data to who writes it", async () => {
  await using script = await open();
  const { readable, writable } = script.peer.stream("feed");
  const writer = writable.getWriter();
  await writer.write(text.encode("a"));
  await readable.cancel();
  await writer.write(text.encode("b"));
  await script.say("S000000000001x");
  assertEquals([script.peer.stats.pending, script.peer.stats.dropped], [1, 1]);
  await writer.close();
  await settled();
  assertEquals(
    script.heard(),
    "s0000004feed00000001ap000000000001bp000000000000",
  );
  assertEquals(script.peer.stats.pending, 0);
  await script.say("S000000000000");
  assertEquals([script.peer.state, script.peer.stats.dropped], ["open", 2]);
});

Deno.test("a stream whose answer was cancelled ends with the answer, with its signal, or with the writer", async () => {
  for (const end of ["answer", "signal", "writer"] as const) {
    await using script = await open();
    const controller = new AbortController();
    const { readable, writable } = script.peer.stream("feed", {
      signal: controller.signal,
    });
    const writer = writable.getWriter();
    await writer.write(text.encode("a"));
    await readable.cancel();
    if (end === "answer") await script.say("S000000000000");
    else if (end === "signal") controller.abort(REASON);
    else await writer.abort(REASON);
    await settled();
    assertEquals(script.peer.stats.pending, 0, end);
    await assertRejects(() => writer.write(text.encode("b")));
    assertEquals(script.heard(), "s0000004feed00000001a");
  }
});

Deno.test("a complete answer can be cancelled without being read", async () => {
  await using script = await open();
  const { readable, writable } = script.peer.stream("x");
  await writable.getWriter().write(text.encode("a"));
  await script.say("S000000000001bS000000000000");
  await readable.cancel();
  assertEquals(script.peer.stats.pending, 0);
  assertEquals(script.peer.stats.dropped, 0);
});

Deno.test("a call that times out reports whether its request was sent", async () => {
  await using script = await open({
    limits: { maxPendingRequests: 1 },
  });
  const sent = watch(script.peer.requestText("a", "", { timeout: 1000 }));
  const waiting = watch(script.peer.requestText("b", "", { timeout: 500 }));
  await script.clock.advance(499);
  assertEquals(waiting.state, "pending");
  await script.clock.advance(1);
  assertEquals(
    String(waiting.error),
    'TimeoutError: Cannot complete "b": no result within 500 ms, the request was not sent',
  );
  await script.clock.advance(500);
  assertEquals(
    String(sent.error),
    'TimeoutError: Cannot complete "a": no result within 1000 ms, the request was sent',
  );
});

Deno.test("a call whose request is queued behind a blocked write reports on timeout that it was not sent", async () => {
  await using script = await open();
  script.channel.stall();
  const written = watch(script.peer.requestText("a", "", { timeout: 1000 }));
  await settled();
  const queued = watch(script.peer.requestText("b", "", { timeout: 1000 }));
  await script.clock.advance(1000);
  assertEquals(
    [written, queued].map(({ error }) => (error as Error).message),
    [
      'Cannot complete "a": no result within 1000 ms, the request was sent',
      'Cannot complete "b": no result within 1000 ms, the request was not sent',
    ],
  );
});

Deno.test("a timeout of Infinity sets no timer", async () => {
  await using script = await open();
  const call = watch(script.peer.requestText("a", "", { timeout: Infinity }));
  await settled();
  assertEquals(script.clock.timers, 0);
  assertEquals(call.state, "pending");
});

Deno.test("the late parts of the result of an abandoned call are not taken for another result (request/abandoned)", async () => {
  await using script = await open();
  const controller = new AbortController();
  const { signal } = controller;
  const abandoned = watch(script.peer.requestText("x", "", { signal }));
  await settled();
  controller.abort(REASON);
  await settled();
  assertStrictEquals(abandoned.error, REASON);
  // The late result arrives in parts.
  await script.say("S000000000001aS000000000001bS000000000000");
  assertEquals(script.peer.stats.dropped, 3);
  const next = script.peer.requestText("y", "");
  await script.say("R000000000003oldR000100000003new");
  assertEquals(await next, "new");
});

Deno.test("abandoned calls do not count towards maxPendingRequests", async () => {
  await using script = await open({
    limits: { maxPendingRequests: 2 },
  });
  for (let round = 0; round < 3000; round++) {
    const controller = new AbortController();
    const { signal } = controller;
    const call = watch(script.peer.requestText("x", "", { signal }));
    controller.abort(REASON);
    await Promise.resolve();
    assertStrictEquals(call.error, REASON);
  }
  assertEquals(script.peer.stats.pending, 0);
  await settled();
  script.heard();
  const call = script.peer.requestText("y", "");
  await settled();
  const id = script.heard().slice(1, 5);
  await script.say(`R${id}00000002ok`);
  assertEquals(await call, "ok");
});

Deno.test("an abandoned call keeps neither its payload nor the parts of its result", async () => {
  await using script = await open();
  const size = 64 * 1024;
  const calls = 32;
  const before = memoryInUse();
  for (let call = 0; call < calls; call++) {
    const controller = new AbortController();
    const { signal } = controller;
    const answer = script.peer
      .requestBytes("x", new Uint8Array(size), { signal });
    const abandoned = watch(answer);
    await settled();
    const id = script.heard().slice(1, 5);
    await script.say(`S${id}00010000${"x".repeat(size)}`);
    controller.abort(REASON);
    await settled();
    assertStrictEquals(abandoned.error, REASON);
  }
  assertLess((memoryInUse() - before) / calls, size / 4);
});

Deno.test("an abandoned download does not end the connection, however many of its parts still arrive", async () => {
  await using script = await open({
    limits: { maxUnproductiveBurst: 10, maxUnproductivePerSecond: 1 },
  });
  await script.peer.stream("feed").readable.cancel();
  const { readable } = script.peer.stream("feed");
  const reader = readable.getReader();
  const first = reader.read();
  await script.opened();
  await script.say("S000000000001a");
  await first;
  await reader.cancel();
  for (let part = 0; part < 100; part++) await script.say("S000000000001a");
  await script.say("S000000000000");
  assertEquals(script.peer.state, "open");
  assertEquals(script.peer.stats.dropped, 101);
});

/** The late parts, in hexadecimal sizes, of each abandoned call. */
const LATE: readonly {
  readonly what: string;
  readonly size: number;
  /** How many parts are owed before one counts as unproductive. */
  readonly owed: number;
  readonly stream: boolean;
}[] = [
  // A part counts 64 bytes more than it holds.
  { what: "tiny parts of a result", size: 1, owed: 1008, stream: false },
  { what: "large parts of a result", size: 4096, owed: 15, stream: false },
  { what: "tiny parts of a download", size: 1, owed: 1008, stream: true },
  { what: "large parts of a download", size: 4096, owed: 1e6, stream: true },
];

for (const { what, size, owed, stream } of LATE) {
  Deno.test(`${what} that was abandoned count as unproductive beyond the size of one result (limits/idle-messages)`, async () => {
    await using script = await open({
      limits: {
        maxPayloadBytes: 64 * 1024,
        maxUnproductiveBurst: 10,
        maxUnproductivePerSecond: 1,
      },
    });
    if (stream) await script.peer.stream("feed").readable.cancel();
    const { signal, abort } = abortable();
    const call = stream
      ? watch(
        script.peer.stream("feed", { signal }).readable.getReader().read(),
      )
      : watch(script.peer.requestBytes("get", new Uint8Array(), { signal }));
    await script.opened();
    const id = script.heard().slice(1, 5);
    abort();
    await settled();
    assertStrictEquals(call.error, REASON);
    const part = `S${id}${size.toString(16).padStart(8, "0")}${
      "x".repeat(size)
    }`;
    await script.say(part.repeat(Math.min(owed + 10, 2000)));
    assertEquals(script.peer.state, "open");
    await script.say(part);
    assertEquals(script.peer.state, owed > 2000 ? "open" : "closed");
    assertEquals(script.heard(), owed > 2000 ? "" : "f00000002");
  });
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => controller.abort(REASON),
  };
}

Deno.test("a handler's signal aborts when the connection ends, with the error that ended it", async () => {
  const signals: AbortSignal[] = [];
  const reasons: unknown[] = [];
  const handlers = new Handlers()
    .handle("wait", (_, { signal }) => {
      signals.push(signal);
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      return new Promise(() => {});
    })
    .handleStream("wait", (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
  await using script = await open({ handlers });
  await script.say("r0001004wait00000000s0002004wait00000000");
  assertEquals(signals.map(({ aborted }) => aborted), [false, false]);
  const error = new Error("cable cut");
  script.channel.reset(error);
  await settled();
  assertEquals(signals.map(({ reason }) => reason), [error, error]);
  assertEquals(reasons, [error]);
});

Deno.test("a handler's signal that is first accessed after the connection ended has already aborted", async () => {
  const gate = Promise.withResolvers<void>();
  const late: boolean[] = [];
  const handlers = new Handlers().handle("wait", async (_, context) => {
    await gate.promise;
    late.push(context.signal.aborted);
  });
  await using script = await open({ handlers });
  await script.say("r0001004wait00000000");
  script.channel.reset();
  await settled();
  gate.resolve();
  await settled();
  assertEquals(late, [true]);
});

/** Counts the listeners of a signal. */
function countListeners(
  signal: AbortSignal,
): AbortSignal & { listeners: number } {
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  return Object.assign(signal, {
    listeners: 0,
    addEventListener(
      this: AbortSignal & { listeners: number },
      ...args: Parameters<AbortSignal["addEventListener"]>
    ): void {
      this.listeners++;
      addEventListener.apply(this, args);
    },
    removeEventListener(
      this: AbortSignal & { listeners: number },
      ...args: Parameters<AbortSignal["removeEventListener"]>
    ): void {
      this.listeners--;
      removeEventListener.apply(this, args);
    },
  });
}

Deno.test("only the latest 1,024 abandoned calls are remembered", async () => {
  await using script = await open();
  const ids: string[] = [];
  for (let call = 0; call < 1025; call++) {
    const controller = new AbortController();
    const { signal } = controller;
    const abandoned = watch(script.peer.requestText("x", "", { signal }));
    await settled();
    ids.push(script.heard().slice(1, 5));
    controller.abort(REASON);
    await settled();
    assertStrictEquals(abandoned.error, REASON);
  }
  for (const index of [0, 1, 1024]) {
    await script.say(`R${ids[index]}00000001x`);
  }
  assertEquals(
    script.events.flatMap((event) =>
      event.type === "drop" ? [event.reason] : []
    ),
    ["no-such-call", "call-abandoned", "call-abandoned"],
  );
  assertEquals([script.peer.state, script.peer.stats.dropped], ["open", 3]);
});

/** Options that are no bound of a wait, and what the error says. */
const NO_BOUNDS = [
  [{ timeout: NaN }, "Cannot set timeout: got NaN, wanted a number of at"],
  [{ timeout: -1 }, "Cannot set timeout: got -1"],
  [{ timeout: null }, "Cannot set timeout: got null"],
  [{ timeout: "5" }, 'Cannot set timeout: got "5"'],
  [{ timeout: 5n }, "Cannot set timeout: got a BigInt"],
  [
    { signal: new AbortController() },
    "Cannot set signal: got an AbortController, wanted its signal",
  ],
  [{ signal: null }, "Cannot set signal: got null, wanted an AbortSignal"],
  [{ signal: new EventTarget() }, "Cannot set signal: got an EventTarget"],
  [{ signal: 5 }, "Cannot set signal: got 5"],
] as unknown as [CallOptions, string][];

Deno.test("a call whose timeout or signal is none is refused with a TypeError, and sends nothing", async () => {
  await using script = await open();
  const { peer } = script;
  for (const [options, message] of NO_BOUNDS) {
    for (
      const call of [
        () => peer.request("x", null, options),
        () => peer.requestText("x", "", options),
        () => peer.requestBytes("x", new Uint8Array(0), options),
        () => Promise.try(() => peer.stream("x", options)),
      ]
    ) {
      await assertRejects(call, TypeError, message);
    }
  }
  assertEquals([peer.stats.pending, script.heard()], [0, ""]);
});

Deno.test("a timeout or signal that is undefined is none, and 0 is a timeout", async () => {
  await using script = await open();
  const options = { timeout: undefined, signal: undefined };
  const call = watch(script.peer.requestText("x", "", options));
  const late = watch(script.peer.requestText("y", "", { timeout: 0 }));
  await script.clock.advance(1e9);
  assertEquals([call.state, late.state], ["pending", "rejected"]);
  assert((late.error as Error).name === "TimeoutError");
});

Deno.test("draining with a timeout that is none is refused with a TypeError, and drains nothing", async () => {
  await using script = await open();
  for (const [options, message] of NO_BOUNDS) {
    if (!("timeout" in options)) continue;
    await assertRejects(
      () => script.peer.drain(options as { timeout: number }),
      TypeError,
      message,
    );
  }
  assertEquals(script.peer.state, "open");
});

Deno.test("calls that are left one after the other are progress: none beyond the limit is made meanwhile", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingStreams: 1 },
  });
  const all = Array.from({ length: 8 }, () => {
    const values = script.peer.values("a");
    watch(values.next());
    return values;
  });
  for (const [number, values] of all.entries()) {
    // Longer than it takes to see that nothing goes on, over all of them.
    await script.clock.advance(1_000);
    const id = `000${number}`;
    assertEquals(script.heard(), `s${id}001a00000000`);
    await values.return();
    await settled();
    assertEquals(script.heard(), `n00dgotalk:cancel00000004${id}`);
    await script.say(`E${id}00000009cancelled`);
  }
});
