import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { testChannel } from "./testing/channel_suite.ts";
import { memoryPair } from "./memory.ts";
import { WriteUnits } from "./write_units.ts";

testChannel("memory channel", "memory", (clock) => {
  const [a, b] = memoryPair({ clock });
  return Promise.resolve({ a, b });
});

testChannel("narrow memory channel", "memory", () => {
  const [a, b] = memoryPair({ capacity: 700 });
  return Promise.resolve({ a, b });
}, { backpressure: 700 });

function unitsOf(...values: number[]): WriteUnits {
  const units = new WriteUnits();
  units.add(new Uint8Array(values));
  return units;
}

/** Lets everything happen that needs no timer and no input or output. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

Deno.test("memoryPair() holds exactly its capacity while nobody reads", async () => {
  const [a, b] = memoryPair({ capacity: 3 });
  await a.write(unitsOf(1, 2));
  let written = false;
  const writing = a.write(unitsOf(3, 4, 5)).then(() => written = true);
  await settle();
  assert(!written);
  assertEquals(await b.read(), new Uint8Array([1, 2]));
  await writing;
  assertEquals(await b.read(), new Uint8Array([3]));
  assertEquals(await b.read(), new Uint8Array([4, 5]));
  a.abort();
});

Deno.test("memoryPair() ends without timers", async () => {
  const [a, b] = memoryPair({ capacity: 2 });
  const ends: string[] = [];
  a.closed.then(({ clean }) => ends.push(`a ${clean}`));
  b.closed.then(({ clean }) => ends.push(`b ${clean}`));
  const writes = [a.write(unitsOf(1, 2, 3, 4)), b.write(unitsOf(5, 6, 7))];
  a.close();
  await settle();
  assertEquals(ends, ["a true"]);
  await Promise.all(writes);
  assertEquals(await b.read(), new Uint8Array([1, 2]));
  assertEquals(await b.read(), new Uint8Array([3, 4]));
  assertStrictEquals(await b.read(), null);
  b.close();
  await settle();
  assertEquals(ends, ["a true", "b true"]);
});

Deno.test("a memory channel has the abort reason of the remote side as its cause", async () => {
  const [a, b] = memoryPair();
  const reason = new Error("enough");
  const reading = b.read();
  a.abort(reason);
  const error = await assertRejects(
    () => reading,
    Error,
    "The remote side aborted the channel",
  );
  assertStrictEquals((error as Error).cause, reason);
  assertStrictEquals((await b.closed).error, error);
});

Deno.test("memoryPair() rejects an invalid capacity", () => {
  for (const capacity of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(
      () => memoryPair({ capacity }),
      RangeError,
      `Cannot open a memory pair: got capacity ${capacity}, wanted an integer above 0`,
    );
  }
});
