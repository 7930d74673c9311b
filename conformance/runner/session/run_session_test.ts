import { assertEquals } from "@std/assert";
import type { Step } from "../cases/case.ts";
import { SkippedError } from "../implementation.ts";
import {
  ANSWER,
  answering,
  ASK,
  assertVerdict,
  GARBAGE,
  HELLO,
  play,
} from "./testing/scripted_play.ts";
import {
  behave,
  type ScriptedAnswers,
  type ScriptedImplementation,
} from "./testing/scripted_implementation.ts";

Deno.test("runSession() passes a peer that behaves, in each role over each transport", async () => {
  for (const role of ["acceptor", "initiator"] as const) {
    for (const over of ["memory", "tcp", "websocket"] as const) {
      for (const unit of ["split", "merged", "text"] as const) {
        if (over !== "websocket" && unit !== "split") continue;
        const verdict = await play(
          [
            HELLO,
            ASK,
            ANSWER,
            {
              send: [{ bytes: "r0002004echo" }, { bytes: "00000001x" }],
              cut: 3,
            },
            {
              expect: [
                { bytes: "R000200000001x" },
              ],
            },
            { echo: "again" },
            { quiet: {} },
            GARBAGE,
            {
              expect: [{
                end: { error: "required", codes: [2], close: [4002] },
              }],
            },
          ],
          behave,
          { role, over, unit },
        );
        if (over === "websocket" || verdict.verdict === "pass") {
          assertVerdict(verdict, "pass");
        } else {
          // A close code is a matter of WebSocket.
          assertVerdict(verdict, "weak", /without a WebSocket close/);
        }
      }
    }
  }
});

Deno.test("runSession() skips what an implementation does not support", async () => {
  const skipping = () =>
    Promise.reject(
      new SkippedError("no such option", "https://issue.example/1"),
    );
  assertVerdict(
    await play([HELLO], behave, { over: "tcp", answers: { listen: skipping } }),
    "skipped",
    /^no such option \(https:\/\/issue\.example\/1\)$/,
  );
  assertVerdict(
    await play([HELLO, { do: "close" }, { quiet: {} }], behave, {
      answers: { close: skipping },
    }),
    "skipped",
    /^no such option/,
  );
});

Deno.test("runSession() fails a case when the implementation ends", async () => {
  let crash = () => {};
  const script = answering(() => {
    crash();
    return Promise.resolve();
  });
  const prepare = (implementation: ScriptedImplementation) => {
    crash = () => implementation.crash("exit status 1");
  };
  assertVerdict(
    await play([HELLO, ASK, ANSWER], script, { prepare, timeout: 60_000 }),
    "fail",
    /^the implementation has ended: exit status 1$/,
  );
});

Deno.test("runSession() ends with its signal", async () => {
  const controller = new AbortController();
  const script = answering(() => {
    controller.abort(new Error("no more time"));
    return Promise.resolve();
  });
  const { signal } = controller;
  assertVerdict(
    await play([HELLO, ASK, ANSWER], script, { signal, timeout: 60_000 }),
    "errored",
    /^no more time$/,
  );
});

Deno.test("runSession() lets virtual time pass", async () => {
  const passed: number[] = [];
  const answers: ScriptedAnswers = {
    advance: ({ ms }) => {
      passed.push(ms);
      return {};
    },
  };
  const steps: Step[] = [HELLO, { advance: 1000 }, { echo: "hi" }];
  assertVerdict(await play(steps, behave, { answers }), "pass");
  assertEquals(passed, [1000]);
});
