import { assert, assertEquals } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { FailingChannel } from "./testing/failing_channel.ts";
import { watch } from "./testing/scripted_peer.ts";
import { checkCalls, SessionPeer } from "./testing/scripted_session.ts";
import { settled, VirtualClock } from "./testing/virtual_clock.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const { closeTimeout } = DEFAULT_LIMITS;

/** The ways in which a connection ends. */
const FAILURES: Record<
  string,
  (channel: FailingChannel, end: SessionPeer) => void
> = {
  "the connection is reset": (channel) => channel.abort(new Error("reset")),
  "the remote direction ends": (channel) => channel.endReading(),
  "a write fails": (channel) => channel.failWriting(new Error("broken pipe")),
  "the application aborts the peer": (_, { peer }) =>
    peer.abort(new Error("enough")),
  "the application closes the peer": (_, { peer }) => void peer.close(),
  "the application drains the peer": (_, { peer }) => void peer.drain(),
};

Deno.test("a session without a failure completes all of its calls", async () => {
  const { ends } = await runSession("initiator", Infinity, () => {});
  for (const { calls, peer } of ends) {
    assert((await peer.closed).clean);
    for (const { key, call, wanted } of calls) {
      assertEquals([key, call.state], [key, "resolved"]);
      assertEquals(call.value, wanted);
    }
  }
});

for (const [failure, inject] of Object.entries(FAILURES)) {
  Deno.test(`every call settles with the right outcome, at whichever step ${failure} (close/pending)`, async () => {
    let points = 0;
    for (const role of ["initiator", "acceptor"] as const) {
      for (let at = 0;; at++) {
        const { reached, ends } = await runSession(role, at, inject);
        if (!reached) break;
        points++;
        for (const [index, end] of ends.entries()) {
          const where = `${role} at step ${at}, peer ${index}`;
          checkCalls(end, ends[1 - index]!, where);
        }
      }
    }
    assert(points >= 200, `the session has only ${points} steps`);
  });
}

/** Runs a session between two peers, and injects a failure at one step of one of them. */
async function runSession(
  role: "initiator" | "acceptor",
  at: number,
  inject: (channel: FailingChannel, end: SessionPeer) => void,
): Promise<{ reached: boolean; ends: SessionPeer[] }> {
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  const clock = new VirtualClock();
  let reached = false;
  const ends: SessionPeer[] = [];
  const [left, right] = memoryPair();
  for (
    const [endRole, end] of [["initiator", left], ["acceptor", right]] as const
  ) {
    const index = ends.length;
    const channel = new FailingChannel(
      end,
      endRole === role ? at : Infinity,
      (channel) => {
        reached = true;
        // The first steps happen while the peer is being constructed.
        if (ends[index] !== undefined) inject(channel, ends[index]);
        else queueMicrotask(() => inject(channel, ends[index]!));
      },
    );
    ends.push(new SessionPeer(endRole, channel, clock));
  }
  const runs = ends.map((end) => watch(end.run()));
  // Without a failure the session takes about 40 ms; with one, every call settles
  // within 80 ms. Only draining takes longer: it waits for calls of the remote
  // peer, which are refused with a RetryResult.
  await clock.advance(100);
  const draining = ends.some(({ peer }) => peer.state === "draining");
  if (draining) await clock.advance(closeTimeout);
  assertEquals(runs.map(({ state }) => state), ["resolved", "resolved"]);
  // A failed channel that no read or write has met yet is met now.
  await ends[0]!.peer.close();
  await settled();
  assertEquals(ends.map(({ peer }) => peer.state), ["closed", "closed"]);
  await settled();
  globalThis.removeEventListener("unhandledrejection", listen);
  assertEquals(unhandled, []);
  assertEquals(clock.timers, 0, `timers are left at step ${at}`);
  return { reached, ends };
}
