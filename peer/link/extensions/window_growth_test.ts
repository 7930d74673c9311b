import { assert, assertEquals } from "@std/assert";
import { WindowGrowth } from "./window_growth.ts";

const KIB = 1024;

/** A stream between a sender that follows credit and a reader that reads at once. */
interface Flow {
  readonly size: number;
  readonly roundTrip: number;
  /** The time between two parts that need no wait, in milliseconds. */
  readonly perPart: number;
  /** Whether the reader has something to read before each part. */
  readonly isSlow?: boolean;
  /** The least time of a call. */
  readonly callTime?: number;
}

/** Runs a stream of 16 KiB parts; returns the size that its window should have at last. */
function run(
  { size, roundTrip, perPart, isSlow = false, callTime }: Flow,
): number {
  const part = 16 * KIB;
  const growth = new WindowGrowth(0, { time: callTime });
  const grants: { offset: number; at: number }[] = [{ offset: size, at: 0 }];
  let [now, received] = [roundTrip, 0];
  for (let parts = 0; parts < 1000; parts++) {
    // The first grant that lets the part begin.
    const grant = grants.find(({ offset }) => offset > received)!;
    now = Math.max(now + perPart, grant.at + roundTrip);
    const wanted = growth.arrived(received, part, !isSlow, size, now);
    if (wanted > size) return wanted;
    received += part;
    const { offset } = grants.at(-1)!;
    if (received + size - offset < size / 2) continue;
    growth.granted(offset, now);
    grants.push({ offset: received + size, at: now });
    if (grants.length > 4) grants.shift();
  }
  return size;
}

Deno.test("a window grows if its sender waits for credit over a long line", () => {
  const size = 256 * KIB;
  assert(run({ size, roundTrip: 50, perPart: 0.2 }) >= 2 * size);
  assert(run({ size, roundTrip: 5, perPart: 0.1 }) >= 2 * size);
});

Deno.test("a window does not grow if the sender, the reader or the line is slow, or the round trip is short", () => {
  const size = 256 * KIB;
  const flows: Record<string, Flow> = {
    "short round trip": { size, roundTrip: 0.2, perPart: 0.005 },
    "window of the line": { size, roundTrip: 5, perPart: 2 },
    "slow sender": { size, roundTrip: 5, perPart: 100 },
    "slow reader": { size, roundTrip: 50, perPart: 0.2, isSlow: true },
    "busy process": { size, roundTrip: 8, perPart: 0.1, callTime: 0.3 },
  };
  for (const [name, flow] of Object.entries(flows)) {
    assertEquals(run(flow), size, name);
  }
});

/** Pseudo-random numbers from 0 to 1, the same for each seed. */
function randomNumbers(seed: number): () => number {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
}

Deno.test("a window does not grow if both processes pause now and then, whatever of the stream that holds up", () => {
  const [part, size, perPart] = [16 * KIB, 1024 * KIB, 0.04];
  for (let seed = 1; seed <= 100; seed++) {
    const random = randomNumbers(seed);
    const growth = new WindowGrowth(0, { time: undefined });
    /** When the sender can send up to an offset. */
    const grants = [{ offset: size, at: 0 }];
    let [now, received, sentAt] = [0, 0, 0];
    for (let parts = 0; parts < 4000; parts++) {
      const grant = grants.find(({ offset }) => offset > received)!;
      sentAt = Math.max(sentAt + perPart, grant.at);
      if (random() < 1 / 100) sentAt += 1 + 3 * random();
      now = Math.max(now + perPart, sentAt);
      if (random() < 1 / 100) now += 1 + 3 * random();
      const wanted = growth.arrived(received, part, true, size, now);
      assertEquals(wanted, size, `seed ${seed}, after ${parts} parts`);
      received += part;
      const { offset } = grants.at(-1)!;
      if (received + size - offset < size / 2) continue;
      growth.granted(offset, now);
      grants.push({ offset: received + size, at: now + 0.1 });
      if (grants.length > 8) grants.shift();
    }
  }
});

Deno.test("parts that come before the sender has received its first credit say nothing of the round trip", () => {
  const growth = new WindowGrowth(0, { time: undefined });
  // One part a millisecond, of which every second one begins beyond a grant.
  for (let at = 1; at < 20; at++) {
    if (at % 2 === 0) growth.granted(at * 100, at - 0.5);
    growth.arrived(at * 100, 100, true, 100, at);
  }
  assertEquals(growth.roundTrip, Infinity);
  growth.granted(2000, 20);
  growth.arrived(2000, 100, true, 100, 70);
  assertEquals(growth.roundTrip, 50);
});
