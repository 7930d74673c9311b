import { assert, assertEquals } from "@std/assert";
import { isLimitError, text } from "../codec/mod.ts";
import { Handlers } from "./handlers.ts";
import { MemoryBudget } from "./memory_budget.ts";
import {
  assertReleased,
  ScriptedPeer,
  type ScriptedPeerOptions,
  watch,
} from "./testing/scripted_peer.ts";
import { settled, type VirtualClock } from "./testing/virtual_clock.ts";

const KIB = 1024;

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** A request, or a notification (`n`), whose payload has a size. */
function message(kind: string, name: string, size: number): string {
  const head = `${kind}${hex(name.length, 3)}${name}${hex(size, 8)}`;
  return head + "x".repeat(size);
}

/** Handlers that wait until the test lets them go. */
function slow(): { handlers: Handlers; go: () => void } {
  let gate = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handleBytes("slow", async () => {
      await gate.promise;
      return new Uint8Array(0);
    })
    .onNotificationBytes("slow", () => gate.promise)
    .handleStream("slow", () => gate.promise)
    .handleText("echo", (value) => value);
  const go = () => {
    gate.resolve();
    gate = Promise.withResolvers();
  };
  return { handlers, go };
}

/** Opens a peer that may hold 100 KiB. */
function open(
  handlers: Handlers,
  options: ScriptedPeerOptions = {},
): Promise<ScriptedPeer> {
  return ScriptedPeer.open({
    handlers,
    ...options,
    limits: { maxHeldBytes: 100 * KIB, ...options.limits },
  });
}

/** Opens two peers with one budget of `maxBytes`, whose half is where connections are held back. */
async function openTwo(handlers: Handlers, maxBytes: number) {
  const memory = new MemoryBudget(maxBytes);
  const limits = { maxHeldBytes: Infinity };
  const one = await ScriptedPeer.open({ handlers, memory, limits });
  const two = await ScriptedPeer.open({ handlers, memory, limits });
  const check = () => assertEquals(memory.heldBytes, 0);
  const disposed = async () => {
    one.peer.abort();
    two.peer.abort();
    await Promise.all([one.peer.closed, two.peer.closed]);
    await settled();
    assertReleased(memory);
    assertEquals([one.clock.timers, two.clock.timers], [0, 0]);
  };
  return { one, two, memory, check, [Symbol.asyncDispose]: disposed };
}

/** Lets seconds pass one by one. */
async function seconds(count: number, ...clocks: VirtualClock[]) {
  for (let second = 0; second < count; second++) {
    for (const clock of clocks) await clock.advance(1000);
  }
}

Deno.test("maxHeldBytes: payloads that handlers work on pause reading until they are released", async () => {
  const { handlers, go } = slow();
  await using script = await open(handlers);
  for (const id of ["0001", "0002", "0003"]) {
    await script.say(message(`r${id}`, "slow", 60 * KIB));
  }
  // Two are above the limit.
  assertEquals([script.peer.stats.messagesIn, script.events], [2, []]);
  go();
  await settled();
  assertEquals(script.peer.stats.messagesIn, 3);
  assertEquals(script.heard(), "R000100000000R000200000000");
  go();
  await settled();
  assertEquals(script.heard(), "R000300000000");
  assertEquals(script.memory.heldBytes, 0);
});

Deno.test("maxHeldBytes: when a pause does not help, requests are refused and notifications dropped, and nothing of them is kept", async () => {
  const { handlers, go } = slow();
  await using script = await open(handlers);
  for (const id of ["0001", "0002"]) {
    await script.say(message(`r${id}`, "slow", 60 * KIB));
  }
  const { heldBytes } = script.memory;
  await script.say(
    message("r0003", "slow", 60 * KIB) + message("s0004", "slow", 10) +
      message("n", "slow", 60 * KIB),
  );
  await script.clock.advance(999);
  assertEquals([script.heard(), script.peer.stats.messagesIn], ["", 2]);
  await script.clock.advance(1);
  const wait = "00000abe";
  const reason = "0000000cmemory limit";
  assertEquals(
    script.heard(),
    `e0003${wait}${reason}e0004${wait}${reason}`,
  );
  assertEquals(script.events, [
    { type: "refusal", operation: "slow", limit: "maxHeldBytes" },
    { type: "refusal", operation: "slow", limit: "maxHeldBytes" },
    { type: "drop", kind: "Notification", reason: "too-much-held" },
  ]);
  assertEquals(script.memory.heldBytes, heldBytes);
  go();
  await settled();
  script.heard();
  await script.say(message("r0005", "echo", 1));
  assertEquals(script.heard(), "R000500000001x");
});

Deno.test("maxHeldBytes: one chunk is read after a pause, also if that began within a chunk", async () => {
  const { handlers, go } = slow();
  await using script = await open(handlers);
  // The pause begins after the second message, before the third.
  await script.say(
    message("r0001", "slow", 60 * KIB) + message("r0002", "slow", 60 * KIB) +
      message("r0003", "slow", 10),
  );
  assertEquals(script.peer.stats.messagesIn, 1);
  await script.clock.advance(1000);
  assertEquals(script.peer.stats.messagesIn, 3);
  await script.say(message("r0004", "slow", 10));
  await script.clock.advance(999);
  assertEquals(script.peer.stats.messagesIn, 3);
  await script.clock.advance(1);
  assertEquals(script.peer.stats.messagesIn, 4);
  go();
  await settled();
});

Deno.test("maxTotalHeldBytes: a payload that is complete counts once in a pause within its last chunk", async () => {
  const { handlers, go } = slow();
  await using both = await openTwo(handlers, 400 * KIB);
  const { one } = both;
  const large = message("r0001", "slow", 250 * KIB);
  await one.say(large.slice(0, 200 * KIB));
  await one.say(large.slice(200 * KIB) + message("r0002", "slow", 10));
  assertEquals(one.peer.stats.messagesIn, 1);
  // The rest of the chunk keeps all of it.
  assert(both.memory.heldBytes < 310 * KIB);
  go();
  await settled();
  go();
  await settled();
  both.check();
});

Deno.test("maxHeldBytes: a handler that awaits a call on its own connection is not held up by a pause", async () => {
  const handlers = new Handlers().handleBytes("ask", async (_, context) => {
    await context.peer.requestBytes("back", new Uint8Array(0));
    return new Uint8Array(0);
  });
  await using script = await open(handlers);
  await script.say(message("r0001", "ask", 120 * KIB));
  assertEquals(script.heard(), "r0000004back00000000");
  await script.say("R000000000000");
  assertEquals(script.heard(), "");
  await script.clock.advance(1000);
  assertEquals(script.heard(), "R000100000000");
});

Deno.test("held memory: requests are refused while calls back that the remote peer does not answer hold too much", async () => {
  const handlers = new Handlers()
    .handleBytes("ask", async (_, context) => {
      await context.peer.requestBytes("back", new Uint8Array(40 * KIB));
      return new Uint8Array(0);
    });
  for (const limit of ["maxHeldBytes", "maxTotalHeldBytes"]) {
    const memory = new MemoryBudget(
      limit === "maxHeldBytes" ? Infinity : 100 * KIB,
    );
    const refusals: string[] = [];
    await using script = await open(handlers, {
      memory,
      role: "acceptor",
      limits: { maxHeldBytes: limit === "maxHeldBytes" ? 100 * KIB : Infinity },
      onEvent: (event) => {
        if (event.type === "refusal") refusals.push(event.limit);
      },
    });
    for (let id = 1; id <= 9; id++) await script.say(`r000${id}003ask00000000`);
    const calls = [...script.heard().matchAll(/r(.{4})004back/g)];
    assertEquals(calls.length, 3);
    assertEquals(refusals, Array(6).fill(limit));
    // An answer is read, and makes space.
    await script.say(`R${calls[0]![1]}00000000`);
    await script.say("r000a003ask00000000");
    assertEquals(refusals.length, 6);
    assertEquals([...script.heard().matchAll(/004back/g)].length, 1);
    // So does a call that fails.
    for (const [, id] of calls.slice(1)) await script.say(`E${id}00000001x`);
    await script.say("r000b003ask00000000");
    assertEquals(refusals.length, 6);
  }
});

Deno.test("maxHeldBytes: a message larger than the limit arrives without a pause", async () => {
  await using script = await open(new Handlers().handleText("echo", (x) => x));
  const text = message("r0001", "echo", 500 * KIB);
  for (let at = 0; at < text.length; at += 50_000) {
    await script.say(text.slice(at, at + 50_000));
  }
  assert(script.heard().startsWith("R00010007d000xxx"));
  assertEquals(script.memory.heldBytes, 0);
});

Deno.test("maxHeldBytes: results of asynchronous handlers that would wait beyond it are replaced by an error", async () => {
  const go = Promise.withResolvers<void>();
  const handlers = new Handlers().handleBytes("list", async () => {
    await go.promise;
    return new Uint8Array(40 * KIB);
  });
  await using script = await open(handlers, {
    limits: { writeHighWaterMarkBytes: 1 },
  });
  script.channel.stall();
  for (let id = 0; id < 10; id++) {
    await script.say(message(`r${hex(id, 4)}`, "list", 0));
  }
  go.resolve();
  await settled();
  assert(script.memory.heldBytes < 200 * KIB);
  script.channel.resume();
  await settled();
  const kinds = script.heard().match(
    /R[0-9]{4}0000a000|E[0-9]{4}[0-9a-f]{8}r/g,
  );
  const errors = kinds!.filter((kind) => kind.startsWith("E")).length;
  assertEquals([kinds!.length, errors > 0], [10, true]);
  assertEquals(
    script.events,
    Array.from(
      { length: errors },
      () => ({ type: "refusal", operation: "list", limit: "maxHeldBytes" }),
    ),
  );
  assertEquals(script.memory.heldBytes, 0);
});

Deno.test("maxHeldBytes: the event of a discarded result names the operation without characters that terminals obey", async () => {
  const go = Promise.withResolvers<void>();
  const handlers = new Handlers().handleBytes("\x1b[2J", async () => {
    await go.promise;
    return new Uint8Array(60 * KIB);
  });
  await using script = await open(handlers, {
    limits: { writeHighWaterMarkBytes: 1 },
  });
  script.channel.stall();
  for (const id of ["0001", "0002", "0003", "0004"]) {
    await script.say(message(`r${id}`, "\x1b[2J", 0));
  }
  go.resolve();
  await settled();
  assertEquals(script.events[0], {
    type: "refusal",
    operation: "\\x1b[2J",
    limit: "maxHeldBytes",
  });
});

Deno.test("maxHeldBytes: handlers whose results are known to be large start only if there is space for them", async () => {
  let gate = Promise.withResolvers<void>();
  let running = 0;
  const handlers = new Handlers().handleBytes("list", async () => {
    running++;
    await gate.promise;
    return new Uint8Array(40 * KIB);
  });
  await using script = await open(handlers);
  await script.say(message("r0000", "list", 0));
  gate.resolve();
  await settled();
  gate = Promise.withResolvers();
  const requests = [1, 2, 3, 4, 5, 6, 7, 8].map((id) =>
    message(`r${hex(id, 4)}`, "list", 0)
  );
  await script.say(requests.join(""));
  assertEquals(running, 1 + 3);
  gate.resolve();
  await settled();
  assertEquals([running, script.events], [9, []]);
  assertEquals(script.memory.heldBytes, 0);
});

Deno.test("held memory: the results of one connection do not raise what requests of another are charged", async () => {
  const { handlers, go } = slow();
  let size = 100 * KIB;
  handlers.handleBytes("list", async () => {
    if (size > 0) return new Uint8Array(size);
    await new Promise<void>((resolve) => stop = resolve);
    return new Uint8Array(0);
  });
  let stop = go;
  await using both = await openTwo(handlers, 400 * KIB);
  const { one, two } = both;
  await one.say(message("r0001", "list", 0));
  size = 0;
  await two.say(message("r0001", "list", 0));
  assert(both.memory.heldBytes < 2 * KIB);
  stop();
  await settled();
  await one.say(message("r0002", "list", 0));
  assert(both.memory.heldBytes > 100 * KIB);
  stop();
  await settled();
  both.check();
});

Deno.test("maxTotalHeldBytes: a result that does not fit is replaced by an error, and no connection is ended for it", async () => {
  const handlers = new Handlers()
    .handleBytes("list", () => new Uint8Array(240 * KIB))
    .handleBytes("later", async () => {
      await Promise.resolve();
      return new Uint8Array(240 * KIB);
    });
  for (const operation of ["list", "later"]) {
    await using both = await openTwo(handlers, 400 * KIB);
    const { one, two } = both;
    one.channel.stall();
    await one.say(message("r0001", operation, 0));
    assert(both.memory.heldBytes > 240 * KIB);
    await two.say(message("r0001", operation, 0));
    assert(two.heard().startsWith("E0001"));
    assertEquals(two.events, [
      { type: "refusal", operation, limit: "maxTotalHeldBytes" },
    ]);
    one.channel.resume();
    await settled();
    assert(one.heard().startsWith("R0001"));
    // Now it fits.
    await two.say(message("r0002", operation, 0));
    assert(two.heard().startsWith("R0002"));
    both.check();
  }
});

Deno.test("maxTotalHeldBytes: a handler does not start if its result is expected not to fit", async () => {
  let running = 0;
  const handlers = new Handlers().handleBytes("list", () => {
    running++;
    return new Uint8Array(240 * KIB);
  });
  await using both = await openTwo(handlers, 400 * KIB);
  const { one, two } = both;
  await two.say(message("r0001", "list", 0));
  assert(two.heard().startsWith("R0001"));
  one.channel.stall();
  await one.say(message("r0001", "list", 0));
  await two.say(message("r0002", "list", 0));
  assert(two.heard().startsWith("e0002"));
  assertEquals(running, 2);
  assertEquals(two.events, [
    { type: "refusal", operation: "list", limit: "maxTotalHeldBytes" },
  ]);
  one.channel.resume();
  await settled();
  await two.say(message("r0003", "list", 0));
  assert(two.heard().startsWith("R0003"));
  both.check();
});

Deno.test("held memory: what the output of a stream has ready while it waits is charged", async () => {
  const size = 100 * KIB;
  const outputs: [number, () => AsyncIterable<Uint8Array>][] = [
    [1, async function* () {
      await Promise.resolve();
      yield new Uint8Array(size);
    }],
    // A web stream has another chunk ready.
    [2, () => ReadableStream.from([new Uint8Array(size)])],
  ];
  for (const [chunks, output] of outputs) {
    const handlers = new Handlers().handleStream("list", output);
    await using script = await ScriptedPeer.open({
      handlers,
      limits: { maxPartBytes: 16 * KIB },
    });
    script.channel.stall();
    await script.say("s0001004list00000000p000100000000");
    const one = script.memory.heldBytes;
    await script.say("s0002004list00000000p000200000000");
    const added = script.memory.heldBytes - one;
    assert(added >= chunks * size, `${added} bytes`);
    assert(added < chunks * size + 10 * KIB, `${added} bytes`);
    script.channel.resume();
    await settled();
    assertEquals(script.memory.heldBytes, 0);
  }
});

Deno.test("held memory: JSON that is refused is freed at once, unless somebody observes messages", async () => {
  const size = 64 * KIB;
  const json = "x".repeat(size);
  for (const maxJsonBytes of [100, size]) {
    for (const onMessage of [undefined, () => {}]) {
      const freed: number[] = [];
      const { transfer } = ArrayBuffer.prototype;
      using _ = {
        [Symbol.dispose]: () => ArrayBuffer.prototype.transfer = transfer,
      };
      ArrayBuffer.prototype.transfer = function (length) {
        freed.push(this.byteLength);
        return transfer.call(this, length);
      };
      await using script = await ScriptedPeer.open({
        handlers: new Handlers().handle("x", () => {}).onNotification(
          "x",
          () => {},
        ),
        limits: { maxJsonBytes },
        ...(onMessage && { onMessage }),
      });
      // In two chunks, so that each payload has memory of its own.
      for (const head of ["r0001001x", "n001x"]) {
        await script.say(`${head}00010000${json.slice(1)}`);
        // Nothing is kept of what the header shows to be too large.
        if (maxJsonBytes < size) assertEquals(script.memory.heldBytes, 0);
        await script.say("x");
      }
      assertEquals(
        freed.filter((bytes) => bytes === size).length,
        onMessage || maxJsonBytes < size ? 0 : 2,
      );
    }
  }
});

Deno.test("maxHeldBytes: results that wait because the remote peer does not read pause reading from it", async () => {
  const handlers = new Handlers().handleBytes(
    "list",
    () => new Uint8Array(40 * KIB),
  );
  await using script = await open(handlers, {
    limits: { writeHighWaterMarkBytes: 1 },
  });
  script.channel.stall();
  for (let id = 0; id < 10; id++) {
    await script.say(message(`r${hex(id, 4)}`, "list", 0));
  }
  assertEquals(script.peer.stats.messagesIn, 3);
  script.channel.resume();
  await settled();
  assertEquals(script.heard().match(/R[0-9]{4}0000a000/g)?.length, 10);
  assertEquals(script.events, []);
});

Deno.test("maxHeldBytes: parts of a result that is joined are bounded over all calls", async () => {
  await using script = await open(new Handlers());
  const calls = [0, 1, 2].map((_) =>
    script.peer.requestBytes("list", new Uint8Array(0)).catch((error) => error)
  );
  await settled();
  for (const id of ["0000", "0001", "0002"]) {
    await script.say(`S${id}0000f000${"x".repeat(60 * KIB)}`);
    await script.clock.advance(1000);
  }
  const error = await calls[2];
  assert(isLimitError(error) && error.code === "maxHeldBytes");
  await script.say("S000000000000S000100000000");
  await script.clock.advance(1000);
  const sizes = await Promise.all(calls.slice(0, 2));
  assertEquals(sizes.map(({ byteLength }) => byteLength), [61440, 61440]);
  assertEquals(script.memory.heldBytes, 0);
});

Deno.test("held memory: a small payload is charged with the chunk that it keeps, once for all of the chunk", async () => {
  const { handlers, go } = slow();
  await using script = await open(handlers);
  const one = message("r0001", "slow", 1);
  const chunk = one + one + message("n", "slow", 1) +
    message("n", "other", 20 * KIB);
  await script.say(chunk);
  assertEquals(script.memory.heldBytes, chunk.length + 3 * 1024);
  go();
  await settled();
  assertEquals(script.memory.heldBytes, 0);
});

Deno.test("held memory: handlers that outlast their connection stay charged until they settle", async () => {
  const { handlers, go } = slow();
  await using script = await open(handlers);
  await script.say(message("r0001", "slow", 60 * KIB));
  script.peer.abort();
  await script.peer.closed;
  assert(script.memory.heldBytes > 60 * KIB);
  go();
  await settled();
  assertEquals(script.memory.heldBytes, 0);
});

Deno.test("held memory: a complete answer that is not read counts until the connection ends", async () => {
  await using script = await open(new Handlers());
  const { readable } = script.peer.stream("list");
  const reader = readable.getReader();
  const first = reader.read();
  await script.opened();
  await script.say(
    `S000000000001aS00000000a000${"x".repeat(40 * KIB)}S000000000000`,
  );
  assertEquals((await first).value?.byteLength, 1);
  assert(script.memory.heldBytes > 40 * KIB);
  script.peer.abort();
  await script.peer.closed;
  assertEquals(script.memory.heldBytes, 0);
  // The application may still read it.
  assertEquals((await reader.read()).value?.byteLength, 40 * KIB);
  assertEquals(script.memory.heldBytes, 0);
});

Deno.test("maxTotalHeldBytes: a connection that holds little is served while others use up the budget", async () => {
  const { handlers, go } = slow();
  await using both = await openTwo(handlers, 400 * KIB);
  const { one, two } = both;
  await one.say(message("r0001", "slow", 250 * KIB));
  await one.say(message("r0002", "slow", 250 * KIB));
  assertEquals(one.peer.stats.messagesIn, 1);
  await two.say(message("r0001", "echo", 30));
  assert(two.heard().startsWith("R0001"));
  // One that is more than is left is refused.
  await two.say(message("r0002", "echo", 200 * KIB));
  assert(two.heard().startsWith("e0002"));
  assertEquals(two.events, [
    { type: "refusal", operation: "echo", limit: "maxTotalHeldBytes" },
  ]);
  go();
  await settled();
  assertEquals(one.peer.stats.messagesIn, 2);
  go();
  await settled();
  both.check();
});

Deno.test("maxTotalHeldBytes: messages that are together more than the budget arrive one after another", async () => {
  const { handlers } = slow();
  await using both = await openTwo(handlers, 400 * KIB);
  const { one, two } = both;
  const text = message("r0001", "echo", 350 * KIB);
  for (let at = 0; at < text.length; at += 30_000) {
    one.channel.send(text.slice(at, at + 30_000));
    two.channel.send(text.slice(at, at + 30_000));
    await settled();
  }
  assert(both.memory.heldBytes <= 400 * KIB);
  await settled();
  assert(one.heard().startsWith("R0001"));
  await settled();
  assert(two.heard().startsWith("R0001"));
  both.check();
});

Deno.test("maxTotalHeldBytes: a message larger than the budget arrives if the others hold little", async () => {
  const { handlers } = slow();
  await using both = await openTwo(handlers, 100 * KIB);
  const text = message("r0001", "echo", 800 * KIB);
  for (let at = 0; at < text.length; at += 60_000) {
    await both.one.say(text.slice(at, at + 60_000));
  }
  assert(both.one.heard().startsWith("R0001"));
  assertEquals(both.one.events, []);
  both.check();
});

Deno.test("maxTotalHeldBytes: above it the connection that holds most is ended, with a reason", async () => {
  const { handlers } = slow();
  await using both = await openTwo(handlers, 400 * KIB);
  const { one, two } = both;
  one.channel.stall();
  two.channel.stall();
  // The application sends more than the remote peers read.
  for (const [script, size] of [[one, 250], [two, 240]] as const) {
    void script.peer.notifyBytes("news", new Uint8Array(size * KIB));
  }
  await settled();
  assertEquals([one.peer.state, two.peer.state], ["closed", "open"]);
  const { error } = await one.peer.closed;
  assert(isLimitError(error) && error.code === "maxTotalHeldBytes");
  assert(both.memory.heldBytes < 250 * KIB);
});

Deno.test("maxTotalHeldBytes: a connection that is closing gives way at once", async () => {
  const { handlers } = slow();
  await using both = await openTwo(handlers, 400 * KIB);
  const { one, two } = both;
  one.channel.stall();
  two.channel.stall();
  void one.peer.notifyBytes("news", new Uint8Array(250 * KIB));
  const closed = watch(one.peer.close());
  await settled();
  assertEquals([one.peer.state, closed.state], ["closing", "pending"]);
  void two.peer.notifyBytes("news", new Uint8Array(240 * KIB));
  await settled();
  assertEquals([one.peer.state, two.peer.state], ["closed", "open"]);
  assert(both.memory.heldBytes < 250 * KIB);
});

Deno.test("held memory: results that wait are released when their connection begins to close", async () => {
  const handlers = new Handlers().handleBytes(
    "list",
    () => new Uint8Array(40 * KIB),
  );
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { writeHighWaterMarkBytes: 1 },
  });
  script.channel.stall();
  for (const id of ["0001", "0002", "0003", "0004"]) {
    await script.say(message(`r${id}`, "list", 0));
  }
  assert(script.memory.heldBytes > 160 * KIB);
  const closed = watch(script.peer.close());
  await settled();
  assertEquals(closed.state, "pending");
  // One is being written, and one is queued.
  assert(script.memory.heldBytes < 90 * KIB);
});

Deno.test("maxTotalHeldBytes: a connection that holds memory and releases none is ended for one that waits", async () => {
  const { handlers } = slow();
  await using both = await openTwo(handlers, 400 * KIB);
  const { one, two } = both;
  const text = message("r0001", "echo", 350 * KIB);
  await two.say(text.slice(0, 80 * KIB));
  // The rest of this message never arrives.
  await one.say(text.slice(0, 300 * KIB));
  await two.say(text.slice(80 * KIB, 90 * KIB));
  await two.say(text.slice(90 * KIB));
  assertEquals(two.heard(), "");
  await seconds(12, one.clock, two.clock);
  assertEquals([one.peer.state, two.peer.state], ["closed", "open"]);
  assert(two.heard().startsWith("R0001"));
  both.check();
});

Deno.test("maxTotalHeldBytes: handlers of streams that start at once count as if they had output, until that is known", async () => {
  const { handlers, go } = slow();
  await using both = await openTwo(handlers, 400 * KIB);
  const { one, two, memory } = both;
  const ids = Array.from({ length: 10 }, (_, id) => hex(id, 4));
  const requests = ids.map((id) => message(`s${id}`, "slow", 0)).join("");
  let most = 0;
  handlers.use((_, next) => {
    most = Math.max(most, memory.heldBytes);
    return next();
  });
  one.channel.send(requests);
  two.channel.send(requests);
  for (let round = 0; round < 5; round++) await settled();
  // Both wait once half of the budget is used up, and then go on.
  assert(most > 200 * KIB, `${most} bytes`);
  assert(most < 400 * KIB, `${most} bytes`);
  assertEquals([one.peer.stats.running, two.peer.stats.running], [10, 10]);
  assertEquals(memory.heldBytes, 20 * 8 * KIB);
  assertEquals([one.events, two.events], [[], []]);
  go();
  await settled();
  both.check();
});

Deno.test("a MemoryBudget refuses a maximum that holds nothing", () => {
  for (const maxBytes of [0, -1, NaN]) {
    try {
      new MemoryBudget(maxBytes);
    } catch (error) {
      assert(error instanceof RangeError);
      continue;
    }
    throw new Error(`Cannot test: ${maxBytes} was accepted`);
  }
  assertEquals(new MemoryBudget().maxBytes, 144 * KIB * KIB);
});

Deno.test("maxHeldBytes: a stream whose ID is in use ends the conversation, also if it would be refused (stream/duplicate-id)", async () => {
  const { handlers, go } = slow();
  await using script = await open(handlers);
  await script.say(message("s0001", "slow", 1));
  for (const id of ["0002", "0003"]) {
    await script.say(message(`r${id}`, "slow", 60 * KIB));
  }
  await script.say(message("s0001", "slow", 10));
  await script.clock.advance(1000);
  assertEquals(script.heard(), "f00000002");
  assertEquals(script.events, []);
  go();
  await settled();
});

Deno.test("maxHeldBytes: parts of a stream that runs are delivered, not refused, when a pause does not help", async () => {
  const { handlers, go } = slow();
  const received: string[] = [];
  handlers.handleStream("up", async (parts) => {
    for await (const part of parts) received.push(text.decode(part));
  });
  await using script = await open(handlers);
  await script.say(message("s0001", "up", 1));
  for (const id of ["0002", "0003"]) {
    await script.say(message(`r${id}`, "slow", 60 * KIB));
  }
  await script.say("p000100000002ab");
  assertEquals(received, ["x"]);
  await script.clock.advance(1000);
  assertEquals([received, script.events], [["x", "ab"], []]);
  go();
  await settled();
});
