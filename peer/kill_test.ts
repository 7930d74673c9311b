import { assert, assertEquals } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { FaultChannel } from "./testing/fault_channel.ts";
import { watch } from "./testing/scripted_peer.ts";
import { checkSide, Side } from "./testing/scripted_session.ts";
import { settled, VirtualClock } from "./testing/virtual_clock.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const { closeTimeout } = DEFAULT_LIMITS;

/** How the connection of a side comes to its end. */
const FATES: Record<string, (channel: FaultChannel, side: Side) => void> = {
  "it is reset": (channel) => channel.abort(new Error("reset")),
  "the other side's direction ends": (channel) => channel.endReading(),
  "writing fails": (channel) => channel.failWriting(new Error("broken pipe")),
  "the application aborts": (_, { peer }) => peer.abort(new Error("enough")),
  "the application closes": (_, { peer }) => void peer.close(),
  "the application drains": (_, { peer }) => void peer.drain(),
};

Deno.test("the session that is killed below works when it is not", async () => {
  const { sides } = await runSession("initiator", Infinity, () => {});
  for (const { calls, peer } of sides) {
    assert((await peer.closed).clean);
    for (const { key, call, wanted } of calls) {
      assertEquals([key, call.state], [key, "resolved"]);
      assertEquals(call.value, wanted);
    }
  }
});

for (const [fate, strike] of Object.entries(FATES)) {
  Deno.test(`wherever ${fate}, every call settles with the right outcome`, async () => {
    let points = 0;
    for (const role of ["initiator", "acceptor"] as const) {
      for (let at = 0;; at++) {
        const struck = await runSession(role, at, strike);
        if (!struck.reached) break;
        points++;
        for (const [index, side] of struck.sides.entries()) {
          const where = `${role} at ${at}, side ${index}`;
          checkSide(side, struck.sides[1 - index]!, where);
        }
      }
    }
    assert(points >= 200, `there are only ${points} points`);
  });
}

/** Runs a session between two sides, one of which is struck at a moment. */
async function runSession(
  role: "initiator" | "acceptor",
  at: number,
  strike: (channel: FaultChannel, side: Side) => void,
): Promise<{ reached: boolean; sides: Side[] }> {
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  const clock = new VirtualClock();
  let reached = false;
  const sides: Side[] = [];
  const [left, right] = memoryPair();
  for (
    const [side, end] of [["initiator", left], ["acceptor", right]] as const
  ) {
    const index = sides.length;
    const channel = new FaultChannel(
      end,
      side === role ? at : Infinity,
      (channel) => {
        reached = true;
        // The side may strike while it is still being made.
        if (sides[index] !== undefined) strike(channel, sides[index]);
        else queueMicrotask(() => strike(channel, sides[index]!));
      },
    );
    sides.push(new Side(side, channel, clock));
  }
  const talks = sides.map((side) => watch(side.talk()));
  // When all goes well the session takes some 20 ms; when it does not, all settles within 50 ms. Only
  // draining waits longer for calls of the other side, which is asked to try again later.
  await clock.advance(70);
  const draining = sides.some(({ peer }) => peer.state === "draining");
  if (draining) await clock.advance(closeTimeout);
  assertEquals(talks.map(({ state }) => state), ["resolved", "resolved"]);
  // A fault that nobody has met yet is met now.
  await sides[0]!.peer.close();
  await settled();
  assertEquals(sides.map(({ peer }) => peer.state), ["closed", "closed"]);
  await settled();
  globalThis.removeEventListener("unhandledrejection", listen);
  assertEquals(unhandled, []);
  assertEquals(clock.timers, 0, `timers are left behind at ${at}`);
  return { reached, sides };
}
