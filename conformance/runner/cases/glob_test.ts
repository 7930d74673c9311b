import { assertEquals, assertThrows } from "@std/assert";
import { glob } from "./glob.ts";

const NAME = "codec/notification/empty-name/chunk:split@11";

Deno.test("a pattern matches by components", () => {
  for (
    const [pattern, matches] of [
      [NAME, true],
      ["codec/notification/empty-name", true],
      ["codec/notification/empty-name/", true],
      ["codec", true],
      ["code", false],
      ["codec/notification/empty", false],
      ["codec/*", true],
      ["codec/*/empty-name/chunk:*", true],
      ["codec/*/chunk:*", false],
      ["*/*/*/*", true],
      ["*/*/*/*/*", false],
      ["**", true],
      ["**/chunk:split@*", true],
      ["**/empty-name/**", true],
      ["codec/**/chunk:split@1?", true],
      ["codec/**/chunk:split@1", false],
      ["codec/{request,notification}/empty-*", true],
      ["codec/{request,result}/**", false],
      ["codec/notification/empty-name/chunk.split@11", false],
      [`${NAME}/**`, true],
      ["", false],
    ] as const
  ) assertEquals(glob(pattern)(NAME), matches, pattern);
});

Deno.test("characters with a meaning in regular expressions match themselves", () => {
  assertEquals(glob("a/random#1(+)")("a/random#1(+)"), true);
  assertEquals(glob("a,b}")("a,b}"), true);
});

Deno.test("an open brace is refused", () => {
  assertThrows(() => glob("codec/{a,b"), TypeError, "codec/{a,b");
});
