import { assertEquals } from "@std/assert";
import { turns } from "../../transport/turns.ts";
import { systemClock } from "../clock.ts";
import { TimeSlice } from "./time_slice.ts";

/** A connection that works for virtual milliseconds. */
class Working {
  #now = 0;
  readonly #slice: TimeSlice;
  #chunks = 0;

  constructor(isNew = false) {
    this.#slice = new TimeSlice(
      { ...systemClock, now: () => this.#now },
      isNew,
    );
  }

  get isPreceded(): boolean {
    return this.#slice.isPreceded;
  }

  get isCostly(): boolean {
    return this.#slice.isCostly;
  }

  /** Works on a chunk. Returns whether the slice is used up. */
  work(milliseconds: number, weight = 1, isSmall = false): boolean {
    turns.chunks++;
    this.#chunks++;
    this.#slice.begin(weight, isSmall);
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

Deno.test("a connection that uses less time than the others waits for one turn, however many wait", async () => {
  const light = new Working();
  const others = Array.from({ length: 5 }, () => new Working());
  for (const other of others) other.work(2);
  const seen: string[] = [];
  const waiting = others.map((other, index) =>
    other.next().then(() => seen.push(`${index}`))
  );
  assertEquals(light.work(1), true);
  await Promise.all([...waiting, light.next().then(() => seen.push("light"))]);
  assertEquals(seen.join(" "), "light 0 1 2 3 4");
});

Deno.test("what arrives waits for those that have used less, and does not if it has used the least", async () => {
  const heavy = new Working();
  const light = new Working();
  heavy.work(0.75);
  assertEquals([heavy.isPreceded, light.isPreceded], [false, false]);
  const waiting = turns.next();
  assertEquals([heavy.isPreceded, light.isPreceded], [true, false]);
  await waiting;
  assertEquals(heavy.isPreceded, false);
});

Deno.test("what arrives waits if others have worked for long since the system was polled", async () => {
  const others = Array.from({ length: 5 }, () => new Working());
  const last = new Working();
  last.work(0.125);
  const light = new Working();
  for (const other of others) other.work(0.875);
  assertEquals([last.isPreceded, light.isPreceded], [true, false]);
  // Its own work keeps no others waiting.
  const alone = new Working();
  const { polls } = turns;
  while (turns.polls === polls) await turns.round();
  alone.work(6);
  assertEquals([alone.isPreceded, last.isPreceded], [false, true]);
});

Deno.test("a new connection comes after those that are known to use little", async () => {
  const light = new Working();
  const fresh = new Working(true);
  const waiting = turns.next();
  assertEquals([light.isPreceded, fresh.isPreceded], [false, true]);
  await waiting;
});

Deno.test("small chunks that take little leave a connection first in line, those that take long do not", async () => {
  const usual = new Working();
  for (let turn = 0; turn < 64; turn++) {
    usual.work(1);
    await usual.next();
  }
  const caller = new Working();
  for (let call = 0; call < 100; call++) {
    // Now and then the whole program pauses.
    caller.work(call % 10 === 0 ? 20 : 0.375, 1, true);
  }
  const waiting = turns.next();
  assertEquals(caller.isPreceded, false);
  for (let call = 0; call < 10; call++) caller.work(1, 1, true);
  assertEquals(caller.isPreceded, true);
  await waiting;
});

Deno.test("a pause of the program costs a connection two turns of the usual length at most", async () => {
  const unlucky = new Working();
  const other = new Working();
  unlucky.work(1000);
  for (let turn = 0; turn < 3; turn++) {
    other.work(2);
    await other.next();
  }
  const waiting = turns.next();
  assertEquals(unlucky.isPreceded, false);
  await waiting;
});

Deno.test("work that is measured as a sample counts as often as its weight says, unless it takes long", async () => {
  const one = new Working();
  await one.next();
  new Working().work(0);
  assertEquals(one.work(1 / 32, 16), false);
  assertEquals(one.isCostly, false);
  assertEquals(one.work(1 / 32, 16), true);
  await one.next();
  new Working().work(0);
  assertEquals(one.work(1 / 32, 1), false);
  assertEquals(one.work(1 / 64, 16), false);
  // 15 of 1/16, and itself.
  assertEquals(one.work(1 / 8, 16), true);
  assertEquals(one.isCostly, true);
});
