import { assertEquals } from "@std/assert";
import { CORPUS } from "../cases/corpus.ts";
import { allRuns, choose } from "../cases/plan.ts";
import { unmetExpectation } from "./expected_cases.ts";
import type { Result, Verdict } from "./report.ts";

const planned = choose(allRuns(CORPUS), { run: ["session/call/echo/**"] });

/** Results that are all the same, except in a role. */
function results(acceptor: Verdict, initiator: Verdict): Result[] {
  return planned.map(({ name, case: { id, level, title, spec } }) => ({
    name,
    id,
    suite: "session",
    level,
    title,
    spec,
    verdict: name.includes("role:acceptor") ? acceptor : initiator,
    gated: true,
    duration: 1,
  }));
}

const ID = "session/call/echo";
const AS_INITIATOR = `${ID}/role:initiator/over:tcp`;
const ELSEWHERE = "session/call/fail/role:initiator/over:tcp";

Deno.test("a case of which a role is no longer judged is missing in it", () => {
  const partly = results("pass", "not-applicable");
  assertEquals(unmetExpectation([ID, AS_INITIATOR], partly, planned), {
    cases: 1,
    judged: 0,
    missing: [AS_INITIATOR],
  });
  assertEquals(unmetExpectation([ID], partly, planned), undefined);
  assertEquals(unmetExpectation(1, partly, planned), undefined);
  const both = results("fail", "weak");
  assertEquals(
    unmetExpectation([ID, AS_INITIATOR, ELSEWHERE], both, planned),
    undefined,
  );
});

Deno.test("what could not be judged does not count as judged, listed or not", () => {
  const errored = results("errored", "known").map((result) => ({
    ...result,
    errored: true as const,
  }));
  assertEquals(unmetExpectation(1, errored, planned), { cases: 1, judged: 0 });
});
