import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Utf8Check } from "./_utf8.ts";

/** Whether the platform takes the bytes for UTF-8. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Where the checker finds an error: an offset, the length if cut, or -1. */
function check(bytes: Uint8Array, cuts: readonly number[] = []): number {
  const checker = new Utf8Check();
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    const bad = checker.push(bytes, start, end);
    if (bad >= 0) return bad;
    start = end;
  }
  return checker.complete ? -1 : bytes.length;
}

Deno.test("Utf8Check agrees with the platform at each bound of each range", () => {
  const bounds = [
    ...[0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
    ...[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
  ];
  const bytes = new Uint8Array(4);
  for (const a of bounds) {
    for (const b of bounds) {
      for (const c of bounds) {
        for (const d of [0x7f, 0x80, 0xbf, 0xc0]) {
          bytes.set([a, b, c, d]);
          if ((check(bytes) < 0) !== isUtf8(bytes)) {
            assert(false, `differs at ${bytes}`);
          }
        }
      }
    }
  }
});

Deno.test("Utf8Check finds the first invalid byte", () => {
  const cases: [number[], number][] = [
    [[0x41, 0x80], 1],
    [[0xc0, 0xaf], 0],
    [[0xe0, 0x9f, 0x80], 1],
    [[0xed, 0xa0, 0x80], 1],
    [[0xf0, 0x8f, 0x80, 0x80], 1],
    [[0xf4, 0x90, 0x80, 0x80], 1],
    [[0xe2, 0x82, 0x41], 2],
    [[0xf0, 0x9f, 0x98, 0xff], 3],
    [[0xe2, 0x82], 2],
  ];
  for (const [bytes, wanted] of cases) {
    // Also far inside a long text, where words are looked at.
    for (const lead of [0, 1, 63, 64, 65, 1000, 1001, 1002, 1003]) {
      const text = new Uint8Array(lead + bytes.length + 8).fill(0x61);
      text.set(bytes, lead);
      assertEquals(check(text), lead + wanted, `${bytes} after ${lead}`);
      const cuts = [...text.keys()];
      assertEquals(check(text, cuts), lead + wanted, `${bytes}, cut`);
    }
  }
});

Deno.test("Utf8Check finds the same byte wherever the text is cut", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }).map((text) =>
      new TextEncoder().encode(text)
    ),
    fc.uint8Array({ maxLength: 12 }),
    fc.tuple(fc.nat(200), fc.uint8Array({ maxLength: 8 })).map(([n, tail]) =>
      Uint8Array.from([...Array(n).fill(0x20), ...tail])
    ),
  );
  fc.assert(fc.property(text, fc.array(fc.nat(), { maxLength: 5 }), (b, at) => {
    const cuts = at.map((n) => n % (b.length + 1)).sort((x, y) => x - y);
    assertEquals(check(b, cuts), check(b));
    assertEquals(check(b) < 0, isUtf8(b));
  }));
});
