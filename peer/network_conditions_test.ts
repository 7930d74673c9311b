import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { memoryPair } from "../transport/mod.ts";
import {
  ConditionedChannel,
  type NetworkConditions,
} from "./testing/conditioned_channel.ts";
import { watch } from "./testing/scripted_peer.ts";
import { checkCalls, SessionPeer } from "./testing/scripted_session.ts";
import { settled, VirtualClock } from "./testing/virtual_clock.ts";

/** Number of sessions; `deno test … -- --runs=100000 --seed=1` runs more of them, or the same ones again. */
const RUNS = 1_000;
/** How many runs of ordinary properties take the time of one whole conversation, at least. */
const RUNS_PER_CONVERSATION = 4;

/**
 * Longest delay of a read, in milliseconds: the longest message has 26 bytes, and
 * must arrive within `progressTimeout`, 10 s, even byte by byte.
 */
const MAX_DELAY = 390;

/** The index of a read or write of a session. */
const step = fc.noBias(fc.nat(300));

const conditions: fc.Arbitrary<NetworkConditions> = fc.record({
  maxReadBytes: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 5_000 })),
  delays: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: MAX_DELAY }) },
    ),
    { minLength: 1, maxLength: 20 },
  ),
  stall: fc.option(
    fc.record({ at: step, time: fc.integer({ min: 1, max: 120_000 }) }),
    { freq: 1 },
  ),
  failure: fc.option(
    fc.record({
      at: step,
      kind: fc.constantFrom("reset", "truncate", "half-close", "broken pipe"),
    }),
    { freq: 1 },
  ),
});

Deno.test("every call succeeds over a slow network", async () => {
  const slow = conditions.map((conditions) => ({
    ...conditions,
    stall: null,
    failure: null,
  }));
  await check(
    fc.asyncProperty(slow, slow, async (one, other) => {
      for (const end of await runSession(one, other)) {
        for (const { key, call, wanted } of end.calls) {
          assertEquals([key, call.state, call.value], [
            key,
            "resolved",
            wanted,
          ]);
        }
      }
    }),
    RUNS / 4,
  );
});

Deno.test("every call settles with the right outcome over a network that stalls and fails", async () => {
  await check(fc.asyncProperty(conditions, conditions, async (one, other) => {
    const [left, right] = await runSession(one, other);
    checkCalls(left, right, "initiator");
    checkCalls(right, left, "acceptor");
  }));
});

/** Runs a session between two peers until all calls have settled, then closes it. */
async function runSession(
  ...[one, other]: [NetworkConditions, NetworkConditions]
): Promise<[SessionPeer, SessionPeer]> {
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  const clock = new VirtualClock();
  const [left, right] = memoryPair();
  const ends: [SessionPeer, SessionPeer] = [
    new SessionPeer(
      "initiator",
      new ConditionedChannel(left, clock, one),
      clock,
    ),
    new SessionPeer(
      "acceptor",
      new ConditionedChannel(right, clock, other),
      clock,
    ),
  ];
  const runs = ends.map((end) => watch(end.run()));
  while (runs.some(({ state }) => state === "pending")) {
    // No timeout is longer.
    if (clock.now() > 600_000) break;
    await clock.advance(100);
  }
  assertEquals(runs.map(({ state }) => state), ["resolved", "resolved"]);
  const closed = watch(Promise.all(ends.map(({ peer }) => peer.close())));
  await clock.advance(130_000);
  assertEquals(closed.state, "resolved");
  await settled();
  globalThis.removeEventListener("unhandledrejection", listen);
  assertEquals(unhandled, []);
  assertEquals(clock.timers, 0, "timers are left");
  return ends;
}

async function check<T>(
  property: fc.IAsyncProperty<T>,
  runs = RUNS,
): Promise<void> {
  const seed = argument("seed");
  const wanted = Math.ceil((argument("runs") ?? 0) / RUNS_PER_CONVERSATION);
  await fc.assert(property, {
    numRuns: Math.max(runs, wanted),
    ...seed === undefined ? {} : { seed },
  });
}

function argument(name: string): number | undefined {
  const given = Deno.args.find((text) => text.startsWith(`--${name}=`));
  return given === undefined ? undefined : Number(given.split("=")[1]);
}
