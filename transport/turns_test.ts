import { assertEquals, assertLessOrEqual } from "@std/assert";
import { setImmediate } from "node:timers";
import { nextTask, ROUNDS_UNTIL_POLLED, Turns } from "./turns.ts";

/** An event loop that records its rounds, and whose clock a test advances. */
class RecordingLoop {
  time = 0;
  rounds = 0;
  readonly roundsUntilPolled = 10;

  now(): number {
    return this.time;
  }

  round(): Promise<void> {
    this.rounds++;
    return new Promise((resolve) => void setImmediate(resolve));
  }
}

Deno.test("all that wait for a round at the same time share it", async () => {
  const loop = new RecordingLoop();
  const turns = new Turns(loop);
  await Promise.all(Array.from({ length: 100 }, () => turns.round()));
  assertEquals(loop.rounds, 1);
  await turns.round();
  assertEquals(loop.rounds, 2);
});

Deno.test("turns are given in order, one in each round, after the system has been polled", async () => {
  const loop = new RecordingLoop();
  const turns = new Turns(loop);
  const seen: string[] = [];
  await Promise.all(["a", "b", "c"].map(async (name) => {
    await turns.next();
    seen.push(`${name} ${loop.rounds}`);
  }));
  assertEquals(seen, ["a 11", "b 12", "c 13"]);
  assertEquals(turns.waiting, 0);
});

Deno.test("a connection that comes back waits until all others have had a turn", async () => {
  const turns = new Turns(new RecordingLoop());
  const seen: string[] = [];
  await Promise.all(["a", "b", "c"].map(async (name) => {
    for (let turn = 0; turn < 3; turn++) {
      await turns.next();
      seen.push(name);
    }
  }));
  assertEquals(seen.join(""), "abcabcabc");
});

Deno.test("the system is polled again after 4 ms of turns", async () => {
  const loop = new RecordingLoop();
  const turns = new Turns(loop);
  const rounds: number[] = [];
  await Promise.all(Array.from({ length: 6 }, async () => {
    await turns.next();
    rounds.push(loop.rounds);
    loop.time += 2;
  }));
  assertEquals(rounds, [11, 12, 23, 24, 35, 36]);
});

Deno.test("the one that has used the least is next, and virtual time follows", async () => {
  const turns = new Turns(new RecordingLoop());
  const seen: string[] = [];
  const one = async (name: string, position?: number) => {
    await turns.next(position);
    seen.push(`${name} ${turns.virtualTime}`);
  };
  await Promise.all([
    one("heavy", 3),
    one("light", 1),
    one("first", 2),
    one("second", 2),
    one("unknown"),
  ]);
  assertEquals(seen, [
    "unknown 0",
    "light 1",
    "first 2",
    "second 2",
    "heavy 3",
  ]);
  await one("late", 1);
  assertEquals(seen.at(-1), "late 3");
});

Deno.test("a turn among 10,000 that wait takes few steps", async () => {
  const loop = new RecordingLoop();
  const turns = new Turns(loop);
  const count = 10_000;
  let steps = 0;
  const seen: number[] = [];
  await Promise.all(Array.from({ length: count }, async (_, at) => {
    const place = at * 7_919 % count;
    // Each step looks at a position.
    const position = { valueOf: () => (steps++, place) };
    await turns.next(position as unknown as number);
    seen.push(place);
    // The next turn after the system has been polled comes with the next loop.
    loop.time += 0.001;
  }));
  assertEquals(seen, Array.from({ length: count }, (_, place) => place));
  // At most 4 looks at each of 14 levels to add one, and 8 to take one.
  assertLessOrEqual(steps, count * 14 * 12);
});

Deno.test("work is added up until the system has been polled", async () => {
  const loop = new RecordingLoop();
  const turns = new Turns(loop);
  turns.spend(0.5);
  assertEquals([turns.spent, loop.rounds], [0.5, 0]);
  turns.spend(1);
  assertEquals([turns.spent, loop.rounds], [1.5, 1]);
  // Work that is not measured counts as well.
  loop.time += 2;
  assertEquals(turns.look(), 3.5);
  const { polls } = turns;
  await loop.round();
  await Promise.resolve();
  assertEquals([turns.spent, turns.polls], [0, polls + 1]);
});

Deno.test("between turns, work is added up although rounds pass", async () => {
  const loop = new RecordingLoop();
  const turns = new Turns(loop);
  const turn = turns.next();
  turns.spend(2);
  await loop.round();
  await loop.round();
  assertEquals(turns.spent, 2);
  await turn;
  while (turns.spent > 0) await loop.round();
});

// The fact about the runtime on which turns depend, in Deno 2.9.6: after 61
// rounds of the event loop without a pause it polls the system for input.
Deno.test("Deno sees input within the rounds before a turn", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [a, b] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  let seen = false;
  const reading = b.read(new Uint8Array(1)).then(() => seen = true);
  // The read is pending in the system before the bytes arrive.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await a.write(new Uint8Array(1));
  let rounds = 0;
  while (!seen) {
    rounds++;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  assertLessOrEqual(rounds, ROUNDS_UNTIL_POLLED);
  await reading;
  a.close();
  b.close();
});

Deno.test("where there is no setImmediate, a round is a task, after which timers run", async () => {
  let fired = false;
  const timer = setTimeout(() => fired = true, 0);
  let tasks = 0;
  for (; !fired && tasks < 100_000; tasks++) await nextTask();
  clearTimeout(timer);
  assertEquals(fired, true);
});

Deno.test("turns pass on the rounds of their loop, without a turn", async () => {
  const loop = new RecordingLoop();
  const turns = new Turns(loop);
  await turns.round();
  assertEquals(loop.rounds, 1);
});
