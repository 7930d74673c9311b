import { assertEquals } from "@std/assert";
import { watch } from "../../testing/scripted_peer.ts";
import { settled, VirtualClock } from "../../testing/virtual_clock.ts";
import { SentCredit } from "./sent_credit.ts";

const KIB = 1024;

/** Sends parts of 64 KiB; returns before which of them the sender looked for credit. */
async function looks(credit: SentCredit, parts: number): Promise<number[]> {
  const found: number[] = [];
  for (let part = 0; part < parts; part++) {
    const look = credit.look();
    if (look !== undefined) found.push(part);
    await look;
    credit.sent(64 * KIB);
  }
  return found;
}

Deno.test("a sender looks for the first credit every 256 KiB, and no more once there is one", async () => {
  const credit = new SentCredit();
  assertEquals(await looks(credit, 13), [4, 8, 12]);
  credit.granted(1024 * KIB);
  assertEquals(await looks(credit, 13), []);
});

Deno.test("a remote peer that grants nothing for 8 MiB is not expected to", async () => {
  const credit = new SentCredit();
  await looks(credit, 8 * 1024 / 64 + 1);
  assertEquals(await looks(credit, 64), []);
  assertEquals(credit.isLeft, true);
});

Deno.test("credit is left below the highest offset, and lower ones change nothing (extension/credit-held, extension/credit-rises)", async () => {
  const credit = new SentCredit();
  assertEquals(credit.granted(100), true);
  credit.sent(100);
  assertEquals(credit.isLeft, false);
  assertEquals([credit.granted(100), credit.granted(99)], [false, false]);
  const changed = credit.changed();
  assertEquals(credit.granted(101), true);
  await changed;
  assertEquals(credit.isLeft, true);
});

Deno.test("the first credit of a remote peer that uses extensions is awaited for a second, once", async () => {
  const clock = new VirtualClock();
  for (const isGranted of [true, false]) {
    const credit = new SentCredit();
    credit.sent(256 * KIB);
    const looking = watch(credit.look(clock)!);
    await clock.advance(999);
    assertEquals(looking.state, "pending");
    if (isGranted) credit.granted(0);
    else await clock.advance(1);
    await settled();
    assertEquals([looking.state, clock.timers], ["resolved", 0]);
    credit.sent(256 * KIB);
    // Later looks take no time.
    await credit.look(clock);
  }
  const ended = new SentCredit();
  ended.sent(256 * KIB);
  const looking = watch(ended.look(clock)!);
  ended.wake();
  await settled();
  assertEquals([looking.state, clock.timers], ["resolved", 0]);
});
