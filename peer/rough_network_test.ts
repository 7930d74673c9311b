import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { memoryPair } from "../transport/mod.ts";
import { RoughChannel, type Roughness } from "./testing/rough_channel.ts";
import { watch } from "./testing/scripted_peer.ts";
import { checkSide, Side } from "./testing/scripted_session.ts";
import { settled, VirtualClock } from "./testing/virtual_clock.ts";

/** Sessions over networks that differ; `deno test … -- --runs=100000 --seed=1` runs more, or the same again. */
const RUNS = 1_000;

/** Any one of the reads and writes of a session. */
const step = fc.noBias(fc.nat(300));

const roughness: fc.Arbitrary<Roughness> = fc.record({
  piece: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 5_000 })),
  delays: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }) },
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

Deno.test("over a network that is slow, every call succeeds", async () => {
  const slow = roughness.map((rough) => ({
    ...rough,
    stall: null,
    failure: null,
  }));
  await check(
    fc.asyncProperty(slow, slow, async (one, other) => {
      for (const side of await runSession(one, other)) {
        for (const { key, call, wanted } of side.calls) {
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

Deno.test("over a network that stalls and fails, every call settles with the right outcome", async () => {
  await check(fc.asyncProperty(roughness, roughness, async (one, other) => {
    const [left, right] = await runSession(one, other);
    checkSide(left, right, "initiator");
    checkSide(right, left, "acceptor");
  }));
});

/** Holds two sides that talk until all that they have asked has settled, and then ends the conversation. */
async function runSession(
  ...roughnesses: [Roughness, Roughness]
): Promise<[Side, Side]> {
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  const clock = new VirtualClock();
  const [left, right] = memoryPair();
  const sides: [Side, Side] = [
    new Side("initiator", new RoughChannel(left, clock, roughnesses[0]), clock),
    new Side("acceptor", new RoughChannel(right, clock, roughnesses[1]), clock),
  ];
  const talks = sides.map((side) => watch(side.talk()));
  while (talks.some(({ state }) => state === "pending")) {
    // No limit of time is longer.
    if (clock.now() > 600_000) break;
    await clock.advance(100);
  }
  assertEquals(talks.map(({ state }) => state), ["resolved", "resolved"]);
  const closed = watch(Promise.all(sides.map(({ peer }) => peer.close())));
  await clock.advance(130_000);
  assertEquals(closed.state, "resolved");
  await settled();
  globalThis.removeEventListener("unhandledrejection", listen);
  assertEquals(unhandled, []);
  assertEquals(clock.timers, 0, "timers are left behind");
  return sides;
}

async function check<T>(
  property: fc.IAsyncProperty<T>,
  runs = RUNS,
): Promise<void> {
  const seed = argument("seed");
  await fc.assert(property, {
    numRuns: argument("runs") ?? runs,
    ...seed === undefined ? {} : { seed },
  });
}

function argument(name: string): number | undefined {
  const given = Deno.args.find((text) => text.startsWith(`--${name}=`));
  return given === undefined ? undefined : Number(given.split("=")[1]);
}
