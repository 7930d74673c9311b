import { assertEquals, assertStrictEquals } from "@std/assert";
import { giveUnits, takeUnits } from "./unit_pool.ts";

Deno.test("a batch that is given back comes again, empty", () => {
  const units = takeUnits();
  units.add(Uint8Array.of(1));
  giveUnits(units);
  assertStrictEquals(takeUnits(), units);
  assertEquals([units.count, units.byteLength], [0, 0]);
});

Deno.test("two who have taken a batch have two", () => {
  const [one, other] = [takeUnits(), takeUnits()];
  assertEquals(one === other, false);
  giveUnits(one);
  giveUnits(other);
});

Deno.test("no more are kept than are of use", () => {
  const many = Array.from({ length: 100 }, takeUnits);
  for (const units of many) giveUnits(units);
  const again = Array.from({ length: 100 }, takeUnits);
  assertEquals(again.filter((units) => many.includes(units)).length, 16);
});
