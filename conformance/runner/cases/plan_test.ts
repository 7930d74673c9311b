import { assertEquals } from "@std/assert";
import { SMALL_CORPUS } from "../testing/codec_implementation.ts";
import { CORPUS } from "./corpus.ts";
import { allRuns, choose, compare, type PlanOptions } from "./plan.ts";

const small = allRuns(SMALL_CORPUS);
const chosen = (options: PlanOptions) =>
  choose(small, options).map(({ name }) => name);

Deno.test("all suites but the hostile one are run", () => {
  assertEquals(
    chosen({}),
    small.map(({ name }) => name).filter((name) => name.startsWith("codec/")),
  );
  assertEquals(chosen({ hostile: true }).length, small.length);
  assertEquals(chosen({ suites: ["hostile"] }), ["hostile/small/error/encode"]);
  assertEquals(chosen({ suites: ["session"] }), []);
  assertEquals(chosen({ suites: ["session"], hostile: true }), [
    "hostile/small/error/encode",
  ]);
});

Deno.test("patterns choose and exclude names", () => {
  assertEquals(chosen({ run: ["**/encode"] }), [
    "codec/small/error/encode",
    "codec/small/upper-case/encode",
  ]);
  assertEquals(
    chosen({
      run: ["**/chunk:{whole,by3}", "codec/small/upper-case"],
      skip: ["**/by3", "**/chunk:by3"],
    }),
    [
      "codec/small/error/chunk:whole",
      "codec/small/upper-case/encode",
    ],
  );
});

Deno.test("a role is chosen among runs that have one", () => {
  const runs = choose(allRuns(CORPUS), { role: "initiator" });
  assertEquals(runs.some(({ name }) => name.includes("/role:acceptor")), false);
  assertEquals(runs.some(({ name }) => name.includes("/role:initiator")), true);
  assertEquals(runs.some(({ name }) => name.startsWith("codec/")), true);
});

Deno.test("full names are sorted and unique", () => {
  const names = allRuns(CORPUS).map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  assertEquals(["a/10", "a/9", "a", "a/9b", "b"].sort(compare), [
    "a",
    "a/9",
    "a/9b",
    "a/10",
    "b",
  ]);
});

Deno.test("names that differ behind equal numbers are sorted by what follows", () => {
  assertEquals(["a-40/e", "a-40-of", "a-4/e", "a4", "ab", "a"].sort(compare), [
    "a",
    "a4",
    "a-4/e",
    "a-40-of",
    "a-40/e",
    "ab",
  ]);
});
