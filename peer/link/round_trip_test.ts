import { assertEquals } from "@std/assert";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { ScriptedPeer, watch } from "../testing/scripted_peer.ts";
import { RoundTrip } from "./round_trip.ts";

Deno.test("the round-trip time is the least of the latest samples", async () => {
  const clock = new VirtualClock();
  const roundTrip = new RoundTrip(clock);
  assertEquals(roundTrip.time, undefined);
  const call = async (id: number, time: number) => {
    roundTrip.begin(id);
    await clock.advance(time);
    roundTrip.end(id);
  };
  await call(0, 30);
  assertEquals(roundTrip.time, 30);
  // Not measured.
  await call(1, 10);
  assertEquals(roundTrip.time, 30);
  for (let id = 2; id <= 16; id++) await call(id, 20);
  assertEquals(roundTrip.time, 20);
  // Earlier samples are forgotten.
  for (let id = 17; id < 17 + 16 * 16; id++) await call(id, 40);
  assertEquals(roundTrip.time, 40);
});

Deno.test("a call without an answer does not end the measurements", async () => {
  const clock = new VirtualClock();
  const roundTrip = new RoundTrip(clock);
  roundTrip.begin(0);
  for (let id = 1; id <= 5000; id++) {
    roundTrip.begin(id);
    await Promise.resolve();
    roundTrip.end(id);
  }
  assertEquals(roundTrip.time, 0);
});

Deno.test("a call that fails is not measured, but the next one", async () => {
  await using script = await ScriptedPeer.open();
  const failed = watch(script.peer.request("a", 1, { retry: false }));
  await script.say("E000000000002no");
  const refused = watch(script.peer.request("a", 1, { retry: false }));
  await script.say("e00010000000000000000");
  assertEquals([failed.state, refused.state], ["rejected", "rejected"]);
  void watch(script.peer.request("a", 1));
  await script.clock.advance(70);
  await script.say("R0002000000011");
  assertEquals(script.peer.stats.roundTripTime, 70);
});

Deno.test("a peer knows the round-trip time and the offset of the remote clock", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  await script.clock.advance(30);
  await script.say("R000000000000");
  assertEquals(call.state, "resolved");
  assertEquals(script.peer.stats.roundTripTime, 30);
  assertEquals(script.peer.stats.clockOffset, undefined);
  // The remote clock is 10.25 s ahead: it shows 10 s, or 11 s, more.
  const heartbeat = async () => {
    const time = Math.floor((script.clock.date() + 10_250) / 1000);
    await script.say(`h0000${time.toString(16)}`);
    return script.peer.stats.clockOffset!;
  };
  const first = await heartbeat();
  assertEquals(Math.abs(first - 10_250) <= 515, true);
  let last = first;
  for (let beat = 0; beat < 30; beat++) {
    await script.clock.advance(10_070);
    last = await heartbeat();
  }
  assertEquals(Math.abs(last - 10_250) <= 60, true, `${last}`);
  // The remote clock is set back.
  const before = script.clock.date() - 60_000;
  await script.say(`h0000${Math.floor(before / 1000).toString(16)}`);
  assertEquals(
    Math.abs(script.peer.stats.clockOffset! + 60_000) <= 1_030,
    true,
  );
});
