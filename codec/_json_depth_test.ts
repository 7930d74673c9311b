import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { tooDeepOffset } from "./_json_depth.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The depth of a value that JSON can hold. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** The least depth that allows some JSON. */
function depthOfJson(json: string): number {
  let depth = 0;
  while (tooDeepOffset(bytes(json), depth) >= 0) depth++;
  return depth;
}

Deno.test("the depth of JSON is that of its value", () => {
  fc.assert(fc.property(
    fc.jsonValue({ maxDepth: 4, depthSize: "xsmall", stringUnit: "binary" }),
    fc.constantFrom(undefined, 1),
    (value, space) => {
      const parsed = JSON.parse(JSON.stringify(value));
      assertEquals(
        depthOfJson(JSON.stringify(value, null, space)),
        depthOf(parsed),
      );
    },
  ));
});

Deno.test("brackets and quotes in strings do not count", () => {
  for (
    const json of [
      '"[[[["',
      '"\\"[[[["',
      '"\\\\\\"{{{{"',
      '"\\u005b[[[["',
      '"a\\\\"',
    ]
  ) {
    assertEquals(depthOfJson(json), 0, json);
    assertEquals(depthOfJson(`[${json},${json}]`), 1, json);
    assertEquals(depthOfJson(`{${json}:[${json}]}`), 2, json);
  }
});

Deno.test("what is too deep is found at its opening bracket, also in malformed JSON", () => {
  assertEquals(tooDeepOffset(bytes("[[]]"), 2), -1);
  assertEquals(tooDeepOffset(bytes("[[], [[]]]"), 2), 6);
  assertEquals(tooDeepOffset(bytes('{"a":{"b":1}}'), 1), 5);
  assertEquals(tooDeepOffset(bytes("[[[["), 3), 3);
  assertEquals(tooDeepOffset(bytes("[".repeat(1000)), 256), 256);
  for (const json of ['"', '"\\', '"[[[[', "]]]]", "x".repeat(10), ""]) {
    assertEquals(tooDeepOffset(bytes(json), 3), -1, json);
  }
});

Deno.test("no parser gets deeper before its first error", () => {
  const tokens = ["[", "{", "]", "}", '"', "\\", ",", ":", '"a":', "1", " "];
  fc.assert(fc.property(
    fc.array(fc.constantFrom(...tokens), { maxLength: 40 }).map((all) =>
      all.join("")
    ),
    (text) => {
      let complete: unknown;
      try {
        complete = JSON.parse(text);
      } catch {
        return;
      }
      assertEquals(depthOfJson(text), depthOf(complete));
    },
  ));
});
