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

Deno.test("turns are given in order, one in each round, after the system has been polled", async () => {
  const loop = new RecordingLoop();
  const turns = new Turns(loop);
  const seen: string[] = [];
  await Promise.all(["a", "b", "c"].map(async (name) => {
    await turns.next();
    seen.push(`${name} ${loop.rounds}`);
  }));
  assertEquals(seen, ["a 11", "b 12", "c 13"]);
  assertEquals([turns.waiting, turns.count], [0, 3]);
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

Deno.test("turns count those that have begun, and foretell when all that wait have had one", async () => {
  const turns = new Turns(new RecordingLoop());
  assertEquals([turns.count, turns.countAfterWaiting], [0, 1]);
  const others = [turns.next(), turns.next(), turns.next()];
  assertEquals([turns.count, turns.countAfterWaiting], [0, 3]);
  await Promise.all(others);
  assertEquals([turns.count, turns.countAfterWaiting], [3, 4]);
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
  assertEquals([loop.rounds, turns.count], [1, 0]);
});
