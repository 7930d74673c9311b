import type { Step } from "../cases/case.ts";
import { assertVerdict, HELLO, play } from "./_scripted_play.ts";
import { behave, type ScriptedSubject } from "./_scripted_subject.ts";

Deno.test("memory that has grown is noticed where it can be measured", async () => {
  const grown = (growth: number): Step => ({ memory: { growth } });
  const prepare = (subject: ScriptedSubject) => {
    subject.pid = Deno.pid;
  };
  assertVerdict(await play([HELLO, grown(0)]), "pass");
  assertVerdict(
    await play([HELLO, grown(2 ** 40)], behave, { prepare }),
    "pass",
  );
  if (Deno.build.os !== "linux") return;
  assertVerdict(
    await play([HELLO, grown(-(2 ** 40))], behave, { prepare }),
    "fail",
    /^the memory has grown by/,
  );
});
