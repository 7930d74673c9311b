import { assertEquals } from "@std/assert";
import type { Result, Verdict } from "./report.ts";
import { UNEXPLAINED, updateKnownFailures } from "./update_known_failures.ts";

function result(
  name: string,
  verdict: Verdict,
  changes: Partial<Result> = {},
): Result {
  return {
    name,
    id: name.split("/").slice(0, 3).join("/"),
    suite: "codec",
    level: "must",
    title: "Something holds",
    spec: [],
    verdict,
    gated: true,
    duration: 1,
    ...verdict === "pass" ? {} : { reason: `why ${name}` },
    ...changes,
  };
}

Deno.test("failures are added to the list, by the case if none of its runs pass", () => {
  const results = [
    result("codec/a/a/encode", "fail"),
    result("codec/a/a/chunk:by3", "errored"),
    result("codec/a/b/encode", "fail"),
    result("codec/a/b/chunk:by3", "pass"),
    result("codec/a/c/encode", "fail", { gated: false }),
    result("codec/a/d/encode", "flaky"),
  ];
  assertEquals(updateKnownFailures([], { results }, []), [
    {
      case: "codec/a/a",
      reason: UNEXPLAINED,
      observed: "why codec/a/a/encode",
    },
    {
      case: "codec/a/b/encode",
      reason: UNEXPLAINED,
      observed: "why codec/a/b/encode",
    },
  ]);
});

Deno.test("entries stay while something of them fails, and are removed otherwise", () => {
  const results = [
    result("codec/a/a/encode", "known", { reason: "It is decimal: wrote 10" }),
    result("codec/a/b/encode", "pass"),
    result("codec/a/c/encode", "fail"),
  ];
  const entries = [
    { case: "codec/a/{c,z}", reason: "It is so.", observed: "before" },
    { case: "codec/a/b", reason: "It was so." },
    { case: "codec/a/a", reason: "It is decimal.", row: 7 },
  ];
  assertEquals(updateKnownFailures(entries, { results }, []), [
    {
      case: "codec/a/a",
      reason: "It is decimal.",
      row: 7,
      observed: "wrote 10",
    },
    {
      case: "codec/a/{c,z}",
      reason: "It is so.",
      observed: "why codec/a/c/encode",
    },
  ]);
});

Deno.test("a run that did not take place neither removes an entry nor adds one", () => {
  const entries = [
    { case: "codec/a/**", reason: "It is so." },
    { case: "codec/c/**", reason: "It is so." },
    { case: "codec/gone/**", reason: "It is so." },
  ];
  const results = [
    result("codec/a/a/encode", "pass"),
    result("codec/b/a/encode", "errored", { unreached: true }),
  ];
  const names = [
    "codec/a/a/encode",
    "codec/a/b/encode",
    "codec/b/a/encode",
    "codec/c/a/encode",
  ];
  assertEquals(
    updateKnownFailures(entries, { results }, names),
    entries.slice(0, 2),
  );
});
