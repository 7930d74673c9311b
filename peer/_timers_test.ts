import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type SystemTimer, type Timer, Timers } from "./_timers.ts";

/** A system timer in virtual time, which can be set only once at a time. */
class VirtualSystemTimer implements SystemTimer {
  time = 0;
  pending: { readonly at: number; readonly callback: () => void } | undefined;
  /** Number of times the timer was set. */
  sets = 0;

  now(): number {
    return this.time;
  }

  set(callback: () => void, delay: number): number {
    assertEquals(this.pending, undefined);
    assert(delay >= 0 && delay < 2 ** 31);
    this.pending = { at: this.time + delay, callback };
    return ++this.sets;
  }

  clear(id: number): void {
    assertEquals(id, this.sets);
    this.pending = undefined;
  }

  /** Advances the time to `end`, and fires the timer whenever it is due. */
  advanceTo(end: number): void {
    for (let next; (next = this.pending) && next.at <= end;) {
      this.pending = undefined;
      this.time = next.at;
      next.callback();
    }
    this.time = end;
  }
}

Deno.test("timers fire in order, each when it is due, with one system timer", () => {
  const system = new VirtualSystemTimer();
  const timers = new Timers(system);
  const calls: [name: string, time: number][] = [];
  for (const delay of [30, 10, 20]) {
    timers.schedule(() => calls.push([`${delay}`, system.time]), delay);
  }
  system.advanceTo(100);
  assertEquals(calls, [["10", 10], ["20", 20], ["30", 30]]);
  assertEquals(system.pending, undefined);
});

Deno.test("a timer whose delay is NaN or negative fires at once and delays no other timer", () => {
  const system = new VirtualSystemTimer();
  const timers = new Timers(system);
  const calls: [name: string, time: number][] = [];
  for (const delay of [20, NaN, 10, -5]) {
    timers.schedule(() => calls.push([`${delay}`, system.time]), delay);
  }
  system.advanceTo(100);
  assertEquals(calls, [["NaN", 0], ["-5", 0], ["10", 10], ["20", 20]]);
});

Deno.test("cancelling a timer twice, or after it has fired, has no effect", () => {
  const system = new VirtualSystemTimer();
  const timers = new Timers(system);
  const calls: number[] = [];
  const first = timers.schedule(() => calls.push(1), 10);
  const second = timers.schedule(() => calls.push(2), 20);
  timers.cancel(first);
  timers.cancel(first);
  system.advanceTo(100);
  timers.cancel(second);
  assertEquals(calls, [2]);
});

Deno.test("cancelling the last timer clears the system timer", () => {
  const system = new VirtualSystemTimer();
  const timers = new Timers(system);
  const both = [10, 20].map((delay) => timers.schedule(() => {}, delay));
  timers.cancel(both[0]!);
  assert(system.pending !== undefined);
  timers.cancel(both[1]!);
  assertEquals(system.pending, undefined);
});

Deno.test("timers that are cancelled before they fire do not set the system timer again", () => {
  const system = new VirtualSystemTimer();
  const timers = new Timers(system);
  timers.schedule(() => {}, 10_000);
  for (let call = 0; call < 100; call++) {
    timers.cancel(timers.schedule(() => {}, 2_000));
    system.advanceTo(system.time + 1);
  }
  assertEquals(system.sets, 2);
});

Deno.test("a timer's callback may schedule, cancel and throw without affecting other timers", () => {
  const system = new VirtualSystemTimer();
  const timers = new Timers(system);
  const calls: string[] = [];
  timers.schedule(() => {
    timers.cancel(doomed);
    timers.schedule(() => calls.push("at once"), 0);
    throw new Error("oops");
  }, 10);
  const doomed = timers.schedule(() => calls.push("doomed"), 10);
  timers.schedule(() => calls.push("other"), 10);
  assertThrows(() => system.advanceTo(10), Error, "oops");
  system.advanceTo(10);
  assertEquals(calls, ["other", "at once"]);
});

Deno.test("a timer with a delay beyond the system's maximum fires after several system timers, or never", () => {
  const system = new VirtualSystemTimer();
  const timers = new Timers(system);
  const calls: number[] = [];
  timers.schedule(() => calls.push(system.time), 2 ** 32);
  timers.schedule(() => calls.push(system.time), Infinity);
  system.advanceTo(2 ** 40);
  assertEquals(calls, [2 ** 32]);
});

Deno.test("property: each timer fires when it is due, whatever else is scheduled and cancelled", () => {
  const step = fc.record({
    delay: fc.nat(50),
    cancels: fc.option(fc.nat(40)),
    passes: fc.nat(10),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const system = new VirtualSystemTimer();
    const timers = new Timers(system);
    const due = new Map<number, number>();
    const set: Timer[] = [];
    for (const { delay, cancels, passes } of steps) {
      const number = set.length;
      due.set(number, system.time + delay);
      set.push(timers.schedule(() => {
        assertEquals(system.time, due.get(number));
        due.delete(number);
      }, delay));
      if (cancels !== null && cancels < set.length) {
        timers.cancel(set[cancels]!);
        due.delete(cancels);
      }
      system.advanceTo(system.time + passes);
      for (const moment of due.values()) assert(moment > system.time);
    }
    system.advanceTo(system.time + 100);
    assertEquals(due.size, 0);
    assertEquals(system.pending, undefined);
  }));
});
