import { assertEquals, assertThrows } from "@std/assert";
import { KnownFailures, parseKnownFailures } from "./known_failures.ts";
import type { Verdict } from "./report.ts";

Deno.test("a list is parsed, and errors in it are named", () => {
  const entries = [{
    case: "codec/a/**",
    reason: "decimal",
    row: 3,
    observed: "x",
    alone: true,
  }];
  assertEquals(parseKnownFailures(JSON.stringify(entries), "a.json"), entries);
  for (
    const [text, problem] of [
      ["[", "Cannot read a.json: "],
      ["{}", "Cannot read a.json: it is not a list of entries"],
      ["[1]", "Cannot read a.json: /0 is not an object"],
      ['[{"reason":"x"}]', "Cannot read a.json: /0/case is not a text"],
      [
        '[{"case":"a{b","reason":"x"}]',
        "Cannot read a.json: /0/case: Cannot use the pattern",
      ],
      [
        '[{"case":"a"}]',
        "Cannot read a.json: /0/reason is not a text, wanted why the case fails",
      ],
      [
        '[{"case":"a","reason":"x","row":"1"}]',
        "Cannot read a.json: /0/row is not an integer",
      ],
      [
        '[{"case":"a","reason":"x","observed":1}]',
        "Cannot read a.json: /0/observed is not a text",
      ],
      [
        '[{"case":"a","reason":"x","alone":1}]',
        "Cannot read a.json: /0/alone is not a boolean",
      ],
      [
        '[{"case":"a","reason":"x","why":1}]',
        "Cannot read a.json: /0/why is unknown",
      ],
    ] as const
  ) assertThrows(() => parseKnownFailures(text, "a.json"), TypeError, problem);
});

Deno.test("the first entry that matches a name is found", () => {
  const list = new KnownFailures([
    { case: "a/*/chunk:by3", reason: "one" },
    { case: "a", reason: "two" },
  ]);
  assertEquals(list.find("a/b/chunk:by3")?.reason, "one");
  assertEquals(list.find("a/b/chunk:by7")?.reason, "two");
  assertEquals(list.find("b"), undefined);
});

Deno.test("entries of which nothing failed are stale", () => {
  const names = ["a/1", "a/2", "b/1", "c/1", "d/1", "d/2"];
  const verdicts = new Map<string, Verdict>([
    ["a/1", "pass"],
    ["a/2", "weak"],
    ["b/1", "known"],
    ["c/1", "not-applicable"],
    ["d/1", "pass"],
  ]);
  const entries = ["a", "a/1", "*", "b", "c", "d", "d/1", "gone"];
  const list = new KnownFailures(
    entries.map((each) => ({ case: each, reason: "x" })),
  );
  assertEquals(list.stale(names, verdicts), ["a", "a/1", "c", "d/1", "gone"]);
});
