import { assertEquals, assertThrows } from "@std/assert";
import { jsonFault } from "./_json_fault.ts";

const VALUE = "a JSON value";
const KEY = "a key in quotes";
const ESCAPE = "an escape that JSON has";
const STRING = "the end of a string";
const CONTROL = "no control character in a string";

/** Text that is not JSON, the index of its fault, and what was wanted there. */
const FAULTS: readonly (readonly [string, number, string])[] = [
  ["", 0, VALUE],
  [" \t\r\n", 4, VALUE],
  ["\u00a0", 0, VALUE],
  ["nul", 0, VALUE],
  ["True", 0, VALUE],
  ["NaN", 0, VALUE],
  ["undefined", 0, VALUE],
  ["'a'", 0, VALUE],
  ["+1", 0, VALUE],
  ["-", 0, VALUE],
  [".5", 0, VALUE],
  ["truefalse", 4, "the end"],
  ["01", 1, "the end"],
  ["1.", 1, "the end"],
  ["1e", 1, "the end"],
  ["1e+", 1, "the end"],
  ["0x1", 1, "the end"],
  ["1 2", 2, "the end"],
  ["{}{}", 2, "the end"],
  ["]", 0, VALUE],
  [",", 0, VALUE],
  ["[", 1, VALUE],
  ["[1", 2, '"," or "]"'],
  ["[1 2]", 3, '"," or "]"'],
  ["[1}", 2, '"," or "]"'],
  ["[1:2]", 2, '"," or "]"'],
  ["[,]", 1, VALUE],
  ["[1,]", 3, VALUE],
  ["[1,,2]", 3, VALUE],
  ["[}", 1, VALUE],
  ["[[]", 3, '"," or "]"'],
  ["{", 1, KEY],
  ["{]", 1, KEY],
  ["{a:1}", 1, KEY],
  ["{1:1}", 1, KEY],
  ["{,}", 1, KEY],
  ['{"a"', 4, '":"'],
  ['{"a" 1}', 5, '":"'],
  ['{"a"}', 4, '":"'],
  ['{"a":', 5, VALUE],
  ['{"a":}', 5, VALUE],
  ['{"a":1', 6, '"," or "}"'],
  ['{"a":1]', 6, '"," or "}"'],
  ['{"a":1,', 7, KEY],
  ['{"a":1,}', 7, KEY],
  ['{"a":1,2}', 7, KEY],
  ['{"a":{"b":[1,{}', 15, '"," or "]"'],
  ['{"a":[]]', 7, '"," or "}"'],
  ['{"a', 3, STRING],
  ['"', 1, STRING],
  ['"a', 2, STRING],
  ['"\n"', 1, CONTROL],
  ['"a\x1f"', 2, CONTROL],
  ['{"\t":1}', 2, CONTROL],
  ['"\\', 1, ESCAPE],
  ['"\\x41"', 1, ESCAPE],
  ['"a\\u12g4"', 2, ESCAPE],
  ['"\\u123"', 1, ESCAPE],
  ['"\\\\\\"', 5, STRING],
  ['"\\ud83d\\ude0"', 7, ESCAPE],
];

for (const [source, at, wanted] of FAULTS) {
  Deno.test(`${JSON.stringify(source)} stops being JSON at ${at}`, () => {
    assertThrows(() => JSON.parse(source), SyntaxError);
    assertEquals(jsonFault(source), { at, wanted });
  });
}

Deno.test("what is JSON before the fault is passed over", () => {
  for (
    const value of [
      "true",
      "-0.5e+10",
      "0",
      '"\\u00e9\\n\\"\x7f \u2028"',
      '[ [ ] , { } , { "a" : [ 1 , "x" ] , "b" : null } ]',
    ]
  ) {
    JSON.parse(value);
    assertEquals(jsonFault(`${value} x`), {
      at: value.length + 1,
      wanted: "the end",
    });
    assertEquals(jsonFault(`[${value} x`), {
      at: value.length + 2,
      wanted: '"," or "]"',
    });
    assertEquals(jsonFault(`{"k":${value},"l":${value}`), {
      at: 2 * value.length + 10,
      wanted: '"," or "}"',
    });
  }
});
