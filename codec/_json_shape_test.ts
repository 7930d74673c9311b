import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { tooDeepOffset, tooManyKeysOffset } from "./_json_shape.ts";

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

/** The sequences of keys in a value that JSON can hold. */
function sequencesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  if (!Array.isArray(value)) {
    const keys = Object.keys(value).map((key) => JSON.stringify(key));
    keys.forEach((_, at) => found.add(keys.slice(0, at + 1).join()));
  }
  for (const inner of Object.values(value)) sequencesIn(inner, found);
  return found;
}

/** The least number of keys that allows some JSON. */
function keysOfJson(json: string): number {
  let keys = 0;
  while (tooManyKeysOffset(bytes(json), keys) >= 0) keys++;
  return keys;
}

Deno.test("the number of keys in JSON is that of the different sequences in its value", () => {
  fc.assert(fc.property(
    fc.jsonValue({ maxDepth: 4, depthSize: "xsmall", stringUnit: "binary" }),
    fc.constantFrom(undefined, 1),
    (value, space) => {
      // Through JSON, since an object cannot have all keys in any order.
      const json = JSON.stringify(value, null, space);
      const { size } = sequencesIn(JSON.parse(json));
      assertEquals(keysOfJson(json), size, json);
    },
  ));
});

Deno.test("a key counts once, and again where it follows other keys", () => {
  for (
    const [json, keys] of [
      ['[{"a":1,"b":2},{"a":3,"b":4}]', 2],
      ['[{"a":1,"b":2},{"b":4,"a":3}]', 4],
      ['{"a":{"a":{"a":1}}}', 1],
      ['{"a":[{"b":1}],"b":2}', 3],
      ['[{":":":"},{"\\":":1}]', 2],
      ['[{"ab":1},{"a":1,"b":2}]', 3],
      ["[[],{},1]", 0],
    ] as const
  ) assertEquals(keysOfJson(json), keys, json);
});

Deno.test("a key too many is found at its colon, also in malformed JSON", () => {
  assertEquals(tooManyKeysOffset(bytes('{"a":{"b":"c"}}'), 1), 9);
  assertEquals(tooManyKeysOffset(bytes('{"a":{"b":"c'), 1), 9);
  assertEquals(tooManyKeysOffset(bytes(']]{"a":"b":"c'), 1), 10);
  assertEquals(tooManyKeysOffset(bytes("::::::"), 0), 0);
  for (const json of ['"\\', '"', "{}", ""]) {
    assertEquals(tooManyKeysOffset(bytes(json), 0), -1);
  }
});

Deno.test("keys are counted up to the limit and one more", () => {
  const keys = (count: number) =>
    bytes(`{${Array.from({ length: count }, (_, at) => `"${at}":0`).join()}}`);
  // Of so few, two have the same hash once in about 8,000 runs of this test.
  assertEquals(tooManyKeysOffset(keys(1_000), 1_000), -1);
  const json = keys(1_001);
  assertEquals(tooManyKeysOffset(json, 1_000), json.byteLength - 3);
  assertEquals(tooManyKeysOffset(json, Infinity), -1);
});

Deno.test("keys are counted right also where their hashes share a slot", () => {
  // A thousand keys in 2,048 slots: whatever the seed, many meet.
  const keys = Array.from({ length: 1_000 }, (_, at) => `k${at}`);
  const json = JSON.stringify(Object.fromEntries(keys.map((key) => [key, 0])));
  assertEquals(tooManyKeysOffset(bytes(json), 1_000), -1);
  assertEquals(
    tooManyKeysOffset(bytes(json), 999),
    json.indexOf('"k999":') + '"k999"'.length,
  );
});
