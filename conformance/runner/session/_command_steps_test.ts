import { assertEquals } from "@std/assert";
import type { Step } from "../cases/case.ts";
import { assertVerdict, HELLO, play } from "./testing/scripted_play.ts";
import {
  behave,
  type ScriptedAnswers,
} from "./testing/scripted_implementation.ts";

Deno.test("commands start calls, and reports are compared", async () => {
  const received: unknown[] = [];
  const answers: ScriptedAnswers = {
    request: (args) => {
      received.push(args);
      return { call: "call-7" };
    },
    report: (args) =>
      "call" in args
        ? {
          outcome: "stream",
          parts: [new Uint8Array([0x61]), new Uint8Array([0x62])],
          ended: true,
        }
        : {
          state: "open",
          notes: [{ name: "n", payload: new Uint8Array([0x63]) }],
          heartbeats: [],
        },
  };
  const asked: Step = {
    do: "request",
    operation: "echo",
    payload: "hi",
    as: "a",
  };
  assertVerdict(
    await play(
      [
        HELLO,
        asked,
        { report: "a", is: { outcome: "stream", parts: ["a", "b"] } },
        { report: "a", is: [{ outcome: "error" }, { joined: "ab" }] },
        {
          report: "connection",
          is: { state: "open", notes: [{ name: "n", payload: "c" }] },
        },
      ],
      behave,
      { answers },
    ),
    "pass",
  );
  assertEquals(received, [{
    connection: "connection",
    operation: "echo",
    payload: new TextEncoder().encode("hi"),
  }]);
  assertVerdict(
    await play(
      [HELLO, asked, { report: "a", is: { outcome: "error" } }],
      behave,
      {
        answers,
      },
    ),
    "fail",
    /^the implementation reports for a: {"outcome":"stream"/,
  );
});

Deno.test("a report waits for the answer to the command of its call", async () => {
  const { promise, resolve } = Promise.withResolvers<{ call: string }>();
  const answers: ScriptedAnswers = {
    request: () => promise,
    report: () => ({ outcome: "pending" }),
  };
  const steps: readonly Step[] = [
    HELLO,
    { do: "request", operation: "echo", as: "a" },
    { report: "a", is: { outcome: "pending" } },
  ];
  assertVerdict(
    await play(steps, behave, { answers, timeout: 1000 }),
    "errored",
    /^Cannot report on the call "a": its command is not answered$/,
  );
  resolve({ call: "call-1" });
});
