import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { concat } from "@std/bytes";
import { WriteUnits } from "./write_units.ts";

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

/** What goes by reference. */
function large(value: number): Uint8Array {
  return new Uint8Array(32 * 1024).fill(value);
}

Deno.test("WriteUnits keeps small units distinct and their bytes contiguous", () => {
  const units = new WriteUnits();
  units.add(bytes(1, 2));
  units.add(bytes());
  units.add(bytes(3));
  assertEquals([...units.units()], [bytes(1, 2), bytes(), bytes(3)]);
  assertEquals([...units.segments()], [bytes(1, 2, 3)]);
  assertEquals(units.toBytes(), bytes(1, 2, 3));
  assertEquals([units.count, units.byteLength], [3, 3]);
});

Deno.test("WriteUnits without units has no segments", () => {
  const units = new WriteUnits();
  assertEquals([...units.units()], []);
  assertEquals([...units.segments()], []);
  assertEquals(units.toBytes(), bytes());
});

Deno.test("WriteUnits copies a small unit and references a large one", () => {
  const units = new WriteUnits();
  const [small, big] = [large(1).subarray(1), large(2)];
  units.add(small);
  units.add(big);
  small.fill(9);
  const [first, second] = units.units();
  assertStrictEquals(first![0], 1);
  assertStrictEquals(second, big);
});

Deno.test("WriteUnits keeps the order of small and large units", () => {
  const [x, y, z] = [large(7), large(8), large(9)];
  for (
    const order of [
      [x],
      [x, y],
      [bytes(1), x],
      [x, bytes(1)],
      [bytes(1), bytes(2), x, y, bytes(3), z, bytes(4), bytes(5)],
    ]
  ) {
    const units = new WriteUnits();
    for (const unit of order) units.add(unit);
    assertEquals([...units.units()].map(sum), order.map(sum));
    assertEquals(sum(concat([...units.segments()])), sum(concat(order)));
    assertEquals(sum(units.toBytes()), sum(concat(order)));
    assertStrictEquals(units.byteLength, concat(order).byteLength);
  }
});

/** Length, first and last byte, and a sum that depends on the order: quick to compare. */
function sum(unit: Uint8Array): number[] {
  let total = 0;
  for (const byte of unit) total = (total * 31 + byte) % 1_000_003;
  return [unit.byteLength, unit[0]!, unit.at(-1)!, total];
}

Deno.test("WriteUnits accepts units that are written in place", () => {
  const units = new WriteUnits();
  units.add(bytes(1));
  // More than the buffer holds, so that it is replaced with what is in it.
  const at = units.reserve(10_000);
  units.buffer.fill(2, at, at + 3);
  units.commit(at + 3);
  units.add(bytes(4));
  assertEquals([...units.units()], [bytes(1), bytes(2, 2, 2), bytes(4)]);
  assertEquals([units.count, units.byteLength], [3, 5]);
});

Deno.test("WriteUnits ignores reserved space that was not committed", () => {
  const units = new WriteUnits();
  units.buffer.fill(9, units.reserve(100));
  units.add(bytes(1));
  assertEquals([...units.segments()], [bytes(1)]);
});

Deno.test("WriteUnits can be filled again after clear()", () => {
  const units = new WriteUnits();
  for (let round = 0; round < 3; round++) {
    units.add(bytes(round));
    units.add(large(round));
    assertEquals([units.count, units.byteLength], [2, 1 + 32 * 1024]);
    units.clear();
    assertEquals([units.count, units.byteLength], [0, 0]);
    assertEquals([...units.units()], []);
    assertEquals([...units.segments()], []);
  }
});

Deno.test("WriteUnits keeps a small buffer for the next batch, and no large one", () => {
  const units = new WriteUnits();
  units.add(bytes(1));
  const kept = units.buffer;
  units.clear();
  units.add(bytes(2));
  assertStrictEquals(units.buffer, kept);
  units.reserve(256 * 1024);
  units.clear();
  assertStrictEquals(units.buffer.byteLength, 0);
});

Deno.test("WriteUnits drops a buffer that batches hardly use", () => {
  const units = new WriteUnits();
  units.add(new Uint8Array(20_000));
  units.clear();
  const large = units.buffer.byteLength;
  assertEquals(large >= 20_000, true);
  for (let batch = 0; batch < 15; batch++) {
    units.add(new Uint8Array(13));
    units.clear();
  }
  assertStrictEquals(units.buffer.byteLength, large);
  units.add(new Uint8Array(20_000));
  units.clear();
  for (let batch = 0; batch < 16; batch++) {
    units.add(new Uint8Array(13));
    units.clear();
  }
  assertStrictEquals(units.buffer.byteLength, 0);
  for (let batch = 0; batch < 50; batch++) {
    units.add(new Uint8Array(13));
    units.clear();
  }
  assertStrictEquals(units.buffer.byteLength, 512);
});

Deno.test("WriteUnits takes the bytes of any view, and nothing else", () => {
  const units = new WriteUnits();
  units.add(new DataView(Uint8Array.of(1, 2, 3).buffer, 1) as never);
  assertEquals(units.toBytes(), bytes(2, 3));
  assertThrows(() => units.add("text" as never), TypeError, "add a write unit");
});

Deno.test("WriteUnits knows whether the memory of a large unit was transferred", () => {
  const units = new WriteUnits();
  units.add(bytes(1));
  assertEquals(units.isIntact, true);
  const unit = new Uint8Array(64 * 1024);
  units.add(unit);
  assertEquals(units.isIntact, true);
  unit.buffer.transfer();
  assertEquals(units.isIntact, false);
});

Deno.test("a batch of the usual size takes little more memory than its bytes, and frees what it has outgrown", () => {
  const units = new WriteUnits();
  const part = new Uint8Array(16 * 1024);
  const outgrown = new Set<Uint8Array>();
  while (units.byteLength < 64 * 1024) {
    units.add(Uint8Array.of(1, 2));
    units.add(part);
    outgrown.add(units.buffer);
  }
  const { buffer } = units;
  outgrown.delete(buffer);
  assert(buffer.byteLength < 100_000, `${buffer.byteLength}`);
  assert(outgrown.size > 0);
  for (const { byteLength } of outgrown) {
    assert(byteLength < 16 * 1024, `${byteLength}`);
  }
  assertEquals(units.whole?.byteLength, units.byteLength);
});

Deno.test("a batch that is too large to be kept is freed when it is cleared", () => {
  const units = new WriteUnits();
  while (units.byteLength < 300_000) units.add(new Uint8Array(30_000));
  const { buffer } = units;
  units.clear();
  assertEquals([buffer.byteLength, units.buffer.byteLength], [0, 0]);
});
