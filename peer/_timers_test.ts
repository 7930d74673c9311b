import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Timer, Timers } from "./_timers.ts";

/** A machine whose time goes by when it is told, and which has one alarm. */
class Machine {
  time = 0;
  alarm: { readonly at: number; readonly callback: () => void } | undefined;
  /** How often the alarm was set. */
  sets = 0;

  now(): number {
    return this.time;
  }

  set(callback: () => void, delay: number): number {
    assertEquals(this.alarm, undefined);
    assert(delay >= 0 && delay < 2 ** 31);
    this.alarm = { at: this.time + delay, callback };
    return ++this.sets;
  }

  clear(id: number): void {
    assertEquals(id, this.sets);
    this.alarm = undefined;
  }

  /** Lets time go by, up to a moment. */
  until(end: number): void {
    for (let next; (next = this.alarm) && next.at <= end;) {
      this.alarm = undefined;
      this.time = next.at;
      next.callback();
    }
    this.time = end;
  }
}

Deno.test("timers call back in order, each at its time, by one alarm", () => {
  const machine = new Machine();
  const timers = new Timers(machine);
  const calls: [name: string, time: number][] = [];
  for (const delay of [30, 10, 20]) {
    timers.schedule(() => calls.push([`${delay}`, machine.time]), delay);
  }
  machine.until(100);
  assertEquals(calls, [["10", 10], ["20", 20], ["30", 30]]);
  assertEquals(machine.alarm, undefined);
});

Deno.test("a delay that is no number is none, and holds up no other timer", () => {
  const machine = new Machine();
  const timers = new Timers(machine);
  const calls: [name: string, time: number][] = [];
  for (const delay of [20, NaN, 10, -5]) {
    timers.schedule(() => calls.push([`${delay}`, machine.time]), delay);
  }
  machine.until(100);
  assertEquals(calls, [["NaN", 0], ["-5", 0], ["10", 10], ["20", 20]]);
});

Deno.test("a timer that was cancelled, or has called back, is of no effect", () => {
  const machine = new Machine();
  const timers = new Timers(machine);
  const calls: number[] = [];
  const first = timers.schedule(() => calls.push(1), 10);
  const second = timers.schedule(() => calls.push(2), 20);
  timers.cancel(first);
  timers.cancel(first);
  machine.until(100);
  timers.cancel(second);
  assertEquals(calls, [2]);
});

Deno.test("the last timer that is cancelled takes the alarm with it", () => {
  const machine = new Machine();
  const timers = new Timers(machine);
  const both = [10, 20].map((delay) => timers.schedule(() => {}, delay));
  timers.cancel(both[0]!);
  assert(machine.alarm !== undefined);
  timers.cancel(both[1]!);
  assertEquals(machine.alarm, undefined);
});

Deno.test("calls that end in time do not set the alarm again and again", () => {
  const machine = new Machine();
  const timers = new Timers(machine);
  timers.schedule(() => {}, 10_000);
  for (let call = 0; call < 100; call++) {
    timers.cancel(timers.schedule(() => {}, 2_000));
    machine.until(machine.time + 1);
  }
  assertEquals(machine.sets, 2);
});

Deno.test("a callback may schedule, cancel and throw, and the others are called all the same", () => {
  const machine = new Machine();
  const timers = new Timers(machine);
  const calls: string[] = [];
  timers.schedule(() => {
    timers.cancel(doomed);
    timers.schedule(() => calls.push("at once"), 0);
    throw new Error("oops");
  }, 10);
  const doomed = timers.schedule(() => calls.push("doomed"), 10);
  timers.schedule(() => calls.push("other"), 10);
  assertThrows(() => machine.until(10), Error, "oops");
  machine.until(10);
  assertEquals(calls, ["other", "at once"]);
});

Deno.test("a delay that no alarm can hold is waited for in pieces, or for ever", () => {
  const machine = new Machine();
  const timers = new Timers(machine);
  const calls: number[] = [];
  timers.schedule(() => calls.push(machine.time), 2 ** 32);
  timers.schedule(() => calls.push(machine.time), Infinity);
  machine.until(2 ** 40);
  assertEquals(calls, [2 ** 32]);
});

Deno.test("property: timers are called when they are due, whatever else is scheduled and cancelled", () => {
  const step = fc.record({
    delay: fc.nat(50),
    cancels: fc.option(fc.nat(40)),
    passes: fc.nat(10),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const machine = new Machine();
    const timers = new Timers(machine);
    const due = new Map<number, number>();
    const set: Timer[] = [];
    for (const { delay, cancels, passes } of steps) {
      const number = set.length;
      due.set(number, machine.time + delay);
      set.push(timers.schedule(() => {
        assertEquals(machine.time, due.get(number));
        due.delete(number);
      }, delay));
      if (cancels !== null && cancels < set.length) {
        timers.cancel(set[cancels]!);
        due.delete(cancels);
      }
      machine.until(machine.time + passes);
      for (const moment of due.values()) assert(moment > machine.time);
    }
    machine.until(machine.time + 100);
    assertEquals(due.size, 0);
    assertEquals(machine.alarm, undefined);
  }));
});
