import { setImmediate } from "node:timers";
import {
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import { requestId, text } from "../codec/mod.ts";
import { ScriptedChannel } from "../transport/testing/scripted_channel.ts";
import { systemClock } from "./clock.ts";
import { Peer } from "./peer.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { betweenTurns, settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const { maxPartBytes } = DEFAULT_LIMITS;

/** Number of parts of a stream that precede a message sent later: queued ones, those being written, and one more. */
const MAX_AHEAD = 4 + 4 + 1;

const BULK = 64 * maxPartBytes;

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handleStream("bulk", () => [new Uint8Array(BULK)]);

Deno.test("a small result waits for a few parts of a large answer, not for all of it", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  script.channel.stall();
  await script.say("s0001004bulk00000000p000100000000");
  await script.say("r0002004echo00000002hi");
  script.channel.resume();
  await settled();
  const kinds = script.channel.takeMessages().map(({ kind }) => kind);
  assertEquals(kinds.length, BULK / maxPartBytes + 1 + 1);
  assertLessOrEqual(kinds.indexOf("SingleResult"), MAX_AHEAD);
});

Deno.test("a small request waits for a few parts of a large upload, not for all of it", async () => {
  await using script = await ScriptedPeer.open();
  script.channel.stall();
  const { writable } = script.peer.stream("bulk");
  const writer = writable.getWriter();
  const written = watch(writer.write(new Uint8Array(BULK)));
  await settled();
  const call = watch(script.peer.requestText("echo", "hi"));
  script.channel.resume();
  await settled();
  assertEquals([written.state, call.state], ["resolved", "pending"]);
  const kinds = script.channel.takeMessages().map(({ kind }) => kind);
  assertEquals(kinds.length, BULK / maxPartBytes + 1);
  assertLessOrEqual(kinds.indexOf("SingleRequest"), MAX_AHEAD);
});

Deno.test("parts of large streams are interleaved fairly", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  script.channel.stall();
  const ids = ["0001", "0002", "0003"];
  for (const id of ids) {
    await script.say(`s${id}004bulk00000000p${id}00000000`);
  }
  script.channel.resume();
  await settled();
  const parts = script.channel.takeMessages()
    .flatMap((message) =>
      message.kind === "StreamResult" && message.payload.byteLength > 0
        ? [message.id]
        : []
    );
  assertEquals(parts.length, ids.length * BULK / maxPartBytes);
  for (const id of ids) {
    // No stream is ever far behind the others.
    const positions = parts.flatMap((part, at) =>
      part === requestId(id) ? [at] : []
    );
    for (const [index, at] of positions.entries()) {
      assertLessOrEqual(at, (index + MAX_AHEAD) * ids.length);
    }
  }
});

/** Opens a peer whose handler takes an eighth of a virtual millisecond, and records what it handles. */
async function openWorking(
  handled: string[],
): Promise<ScriptedPeer> {
  const script: ScriptedPeer = await ScriptedPeer.open({
    handlers: new Handlers().handleText("work", (input) => {
      void script.clock.stall(1 / 8);
      handled.push(input);
      return input;
    }),
  });
  return script;
}

/** One chunk of requests, with their numbers as payloads. */
const REQUESTS = Array.from(
  { length: 1000 },
  (_, index) => `r0001004work00000003${String(index).padStart(3, "0")}`,
).join("");

/** Waits for a round of the event loop. */
function round(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

Deno.test("a chunk whose messages take long is handled in slices, in order, and others are served in between (error/isolation)", async () => {
  const handled: string[] = [];
  const others: string[] = [];
  await using busy = await openWorking(handled);
  await using other = await openWorking(others);
  busy.channel.send(REQUESTS);
  await round();
  const progress = [handled.length];
  for (let count = 0; handled.length < 1000; count++) {
    // A turn takes 64 rounds; on a slow machine, few turns follow each other.
    assertLess(count, 100_000, "the chunk is never used up");
    const before = handled.length;
    other.channel.send(`r0001004work00000003abc`);
    await round();
    if (handled.length > before) progress.push(handled.length - before);
  }
  assertEquals(handled, handled.toSorted());
  assertEquals(
    busy.heard(),
    handled.map((input) => `R000100000003${input}`).join(""),
  );
  // Looks at the clock after 4 messages, and 8 more: after 0.5 and 1.5 ms.
  assertEquals(progress[0], 12);
  // Alone, a slice has 8 ms, and is 0.5 ms too long at most.
  assertLessOrEqual(Math.max(...progress), 68);
  assertGreater(others.length, 20);
});

Deno.test("a peer that is aborted while it waits for its turn handles nothing more", async () => {
  using _ = betweenTurns();
  const handled: string[] = [];
  await using script = await openWorking(handled);
  await script.say(REQUESTS);
  script.peer.abort();
  const before = handled.length;
  for (let round = 0; round < 200; round++) await settled();
  assertEquals(handled.length, before);
});

Deno.test("a peer that waits for its turn is not taken for a silent one, nor is its remote peer", async () => {
  using _ = betweenTurns();
  const handled: string[] = [];
  await using script = await openWorking(handled);
  await script.say(REQUESTS);
  await script.clock.advance(60_000);
  assertLess(handled.length, 1000);
  for (let round = 0; handled.length < 1000; round++) {
    assertLess(round, 10_000, "the chunk is never used up");
    await settled();
  }
  assertEquals(script.peer.state, "open");
  // From here on it expects messages again.
  await script.clock.advance(60_000);
  await settled();
});

Deno.test("receiveTimeout: a payload that is delivered as a whole has the time that it needs, also if its peer waits for its turn before it", async () => {
  using _turns = betweenTurns();
  const script: ScriptedPeer = await ScriptedPeer.open({
    role: "acceptor",
    handlers: new Handlers().handleBytes("work", () => {
      void script.clock.stall(10);
      return new Uint8Array(0);
    }),
  });
  await using _ = script;
  script.channel.wholeUnits = true;
  const work = `r0001004work00004000${"x".repeat(16 * 1024)}`;
  // The first slice is free, the second is used up.
  await script.say(work);
  await script.say(`${work}r0002004work00400000`);
  for (let round = 0; round < 200; round++) await settled();
  await script.clock.advance(128_000 + 9_000);
  assertEquals(script.peer.state, "open");
  await script.say("x".repeat(4 * 1024 * 1024));
  assertEquals(
    script.heard(),
    "R000100000000R000100000000R000200000000",
  );
});

Deno.test("a stream whose data is always there, to a reader that takes all of it, lets others have their turns (error/isolation)", async () => {
  const size = 16 * 1024;
  let produced = 0;
  const channel = new ScriptedChannel({
    chunks: [text.encode("01s0001004bulk00000000p000100000000")],
  });
  // By this clock, each write that is measured takes a millisecond.
  let now = 0;
  const peer = new Peer(channel, {
    clock: { ...systemClock, now: () => ++now, schedule: () => undefined },
    handlers: new Handlers().handleStream("bulk", async function* () {
      while (produced < 32 * 1024) {
        produced++;
        yield await Promise.resolve(new Uint8Array(size));
      }
    }),
    role: "acceptor",
  });
  const seen: number[] = [];
  while (produced < 1024) {
    await new Promise((resolve) => void setImmediate(resolve));
    seen.push(produced);
  }
  peer.abort();
  await peer.closed;
  const steps = seen.map((count, at) => count - (seen[at - 1] ?? 0));
  assertLess(Math.max(...steps) * size, 2 * 1024 * 1024);
});
