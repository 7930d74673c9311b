import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { NameCache } from "./_name_cache.ts";
import { check } from "./testing/arbitrary.ts";
import { bytesOf, oracleName } from "./testing/oracle.ts";

/** How many of the names the cache has to decode, in their order. */
function decoded(cache: NameCache, names: readonly string[]): number {
  const { decode } = TextDecoder.prototype;
  let count = 0;
  TextDecoder.prototype.decode = function (...args) {
    count++;
    return decode.apply(this, args);
  };
  try {
    for (const name of names) cache.get(bytesOf(name), 0, name.length);
  } finally {
    TextDecoder.prototype.decode = decode;
  }
  return count;
}

Deno.test("the name cache keeps names of up to 64 bytes, and no longer ones", () => {
  for (
    const [length, count] of [[1, 1], [64, 1], [65, 3], [4095, 3]] as const
  ) {
    const name = "n".repeat(length);
    assertEquals(decoded(new NameCache(), [name, name, name]), count);
  }
});

Deno.test("the name cache keeps 64 names, whatever names a peer sends", () => {
  const cache = new NameCache();
  const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789"];
  const names = letters.flatMap((first) =>
    letters.map((last) => `${first}-${last}`)
  );
  decoded(cache, names);
  const kept = names.filter((name) => decoded(cache, [name]) === 0);
  assert(kept.length <= 64);
});

Deno.test("the name cache does not keep names that are not UTF-8", () => {
  assertEquals(decoded(new NameCache(), ["\xff", "\xff"]), 2);
});

Deno.test("property: the name cache returns the name in the bytes, whatever came before", () => {
  const names = fc.array(
    fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "b", "\xff"), maxLength: 4 }),
      fc.string({ unit: "binary-ascii", minLength: 60, maxLength: 68 }),
    ),
    { minLength: 1, maxLength: 30 },
  );
  check(fc.property(names, (names) => {
    const cache = new NameCache();
    const memory = new Uint8Array(100);
    for (const name of [...names, ...names]) {
      memory.set(bytesOf(name), 7);
      assertEquals(cache.get(memory, 7, name.length), oracleName(name));
      memory.fill(0xee);
    }
  }));
});

Deno.test("the name cache distinguishes names in the same slot, even if one is a prefix of the other", () => {
  const cache = new NameCache();
  for (let round = 0; round < 3; round++) {
    for (const name of ["a1z", "a2z", "a1z", "a1zxl", "a1z"]) {
      assertEquals(cache.get(bytesOf(name), 0, name.length), name);
    }
  }
});
