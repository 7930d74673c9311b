import { assertEquals } from "@std/assert";
import type { SessionCase, Step } from "./case.ts";
import { withRepeatedSteps } from "./repeated_steps.ts";

const echo = (text: string): Step => ({ echo: text });
const repeat = (times: number, ...steps: Step[]) =>
  ({ repeat: { times, steps } }) as unknown as Step;

function written(...steps: Step[]): readonly Step[] {
  const session = { id: "session/a/b", steps } as unknown as SessionCase;
  const { cases: [each] } = withRepeatedSteps({ cases: [session] });
  return (each as SessionCase).steps;
}

Deno.test("repeated steps are written out, also within each other", () => {
  assertEquals(
    written(echo("a"), repeat(2, echo("b"), repeat(2, echo("c"))), echo("d")),
    [..."abccbccd"].map(echo),
  );
});

Deno.test("a case without repeated steps stays the same", () => {
  const session = { id: "session/a/b", steps: [echo("a")] };
  const { cases } = withRepeatedSteps({
    cases: [session as unknown as SessionCase],
  });
  assertEquals(cases, [session as unknown as SessionCase]);
});
