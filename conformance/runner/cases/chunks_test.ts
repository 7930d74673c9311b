import { assertEquals } from "@std/assert";
import { toBytes } from "./bytes.ts";
import { type ChunkName, chunkNames, chunkSizes, cut } from "./chunks.ts";

Deno.test("few bytes are cut in every way", () => {
  assertEquals(chunkNames(5), [
    "whole",
    "bytewise",
    "split@1",
    "split@2",
    "split@3",
    "split@4",
    "by3",
    "by7",
    "with-empties",
    "glued",
    "random#1",
  ]);
  assertEquals(
    chunkNames(4096).filter((name) => name.startsWith("split@")).slice(-3),
    ["split@40", "split@2048", "split@4095"],
  );
});

Deno.test("many bytes are cut in some ways", () => {
  const names = chunkNames(4097);
  assertEquals(names.slice(0, 2), ["whole", "split@1"]);
  assertEquals(names.slice(-5), [
    "split@40",
    "split@2048",
    "split@4096",
    "glued",
    "random#1",
  ]);
});

Deno.test("each way to cut has its sizes of chunks", () => {
  for (
    const [name, size, sizes] of [
      ["whole", 7, [7]],
      ["glued", 7, [7]],
      ["bytewise", 3, [1, 1, 1]],
      ["split@2", 7, [2, 5]],
      ["by3", 7, [3, 3, 1]],
      ["by7", 7, [7]],
      ["with-empties", 12, [0, 5, 0, 5, 0, 2, 0]],
      ["random#1", 40, [10, 10, 16, 4]],
      ["whole", 0, [0]],
      ["bytewise", 0, []],
      ["with-empties", 0, [0]],
    ] satisfies [ChunkName, number, number[]][]
  ) assertEquals(chunkSizes(name, size), sizes, name);
});

Deno.test("random sizes are those that the corpus page defines", () => {
  for (const [size, bound] of [[500, 17n], [300_000, 65521n]] as const) {
    const sizes: number[] = [];
    let x = 1n;
    for (let rest = size; rest > 0;) {
      x = (1664525n * x + 1013904223n) % 0x1_0000_0000n;
      sizes.push(Math.min(rest, Number(1n + (x / 65536n) % bound)));
      rest -= sizes.at(-1)!;
    }
    assertEquals(chunkSizes("random#1", size), sizes);
  }
});

Deno.test("chunks joined are the bytes", () => {
  const bytes = toBytes("abcdefghijklmnop");
  for (const name of chunkNames(bytes.length)) {
    const chunks = cut(bytes, name);
    assertEquals(chunks.flatMap((chunk) => [...chunk]), [...bytes], name);
  }
});
