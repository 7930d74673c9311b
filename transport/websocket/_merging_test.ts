import { assertEquals } from "@std/assert";
import type { WriteUnits } from "../write_units.ts";
import { Merging, type Units } from "./_merging.ts";

/** Whether a small and a large batch merge, before the remote side agrees and after. */
function merges(units: Units): boolean[] {
  const merging = new Merging(units);
  const batches = [1024 * 1024, 1024 * 1024 + 1]
    .map((byteLength) => ({ byteLength }) as WriteUnits);
  const before = batches.map((batch) => merging.merges(batch));
  merging.allow();
  return [...before, ...batches.map((batch) => merging.merges(batch))];
}

Deno.test("units merge once the remote side agrees, in messages of up to 1 MiB (extension/bytes-merged)", () => {
  assertEquals(merges(undefined), [false, false, true, false]);
});

Deno.test("what the application has chosen holds", () => {
  assertEquals(merges("merged"), [true, true, true, true]);
  assertEquals(merges("separate"), [false, false, false, false]);
});
