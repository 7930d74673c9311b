import { assertEquals, assertStrictEquals } from "@std/assert";
import { acquireUnits, releaseUnits } from "./unit_pool.ts";

Deno.test("acquireUnits() returns the batch that was released last, empty", () => {
  const units = acquireUnits();
  units.add(Uint8Array.of(1));
  releaseUnits(units);
  assertStrictEquals(acquireUnits(), units);
  assertEquals([units.count, units.byteLength], [0, 0]);
});

Deno.test("acquireUnits() returns different batches until one is released", () => {
  const [one, other] = [acquireUnits(), acquireUnits()];
  assertEquals(one === other, false);
  releaseUnits(one);
  releaseUnits(other);
});

Deno.test("releaseUnits() keeps at most 16 batches", () => {
  const many = Array.from({ length: 100 }, acquireUnits);
  for (const units of many) releaseUnits(units);
  const again = Array.from({ length: 100 }, acquireUnits);
  assertEquals(again.filter((units) => many.includes(units)).length, 16);
});
