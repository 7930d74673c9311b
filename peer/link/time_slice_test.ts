import { assertEquals } from "@std/assert";
import { turns } from "../../transport/turns.ts";
import { systemClock } from "../clock.ts";
import { countChunk, TimeSlice } from "./time_slice.ts";

/** A connection that works for virtual milliseconds. */
class Working {
  #now = 0;
  readonly #slice = new TimeSlice({ ...systemClock, now: () => this.#now });
  #chunks = 0;

  /** Works on a chunk. Returns whether the slice is used up. */
  work(milliseconds: number, weight = 1): boolean {
    countChunk();
    this.#chunks++;
    this.#slice.begin(weight);
    this.#now += milliseconds;
    this.#slice.end();
    return this.#slice.isUsedUp(this.#chunks);
  }

  next(): Promise<void> {
    return this.#slice.next(this.#chunks);
  }
}

Deno.test("a connection works for 8 ms while no other does anything, and for 1 ms while others do", async () => {
  const one = new Working();
  const other = new Working();
  await one.next();
  assertEquals(one.work(7), false);
  assertEquals(one.work(1), true);
  await one.next();
  assertEquals(one.work(0.5), false);
  other.work(0);
  assertEquals(one.work(0.25), false);
  assertEquals(one.work(0.25), true);
});

Deno.test("a connection works for 1 ms while others wait for a turn", async () => {
  const one = new Working();
  await one.next();
  const waiting = turns.next();
  assertEquals(one.work(0.75), false);
  assertEquals(one.work(0.25), true);
  await waiting;
});

Deno.test("a connection that uses less time than the others never waits for them", async () => {
  const light = new Working();
  await light.next();
  for (let round = 0; round < 10; round++) {
    // Three others have turns, while it uses a slice in pieces.
    const others = [turns.next(), turns.next(), turns.next()];
    for (let piece = 0; piece < 4; piece++) {
      assertEquals(light.work(0.25 - 1 / 64), false);
    }
    await Promise.all(others);
  }
});

Deno.test("work that is measured as a sample counts as often as its weight says", async () => {
  const one = new Working();
  await one.next();
  new Working().work(0);
  assertEquals(one.work(1 / 32, 16), false);
  assertEquals(one.work(1 / 32, 16), true);
});
