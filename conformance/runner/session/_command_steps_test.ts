import { assertEquals } from "@std/assert";
import type { Step } from "../cases/case.ts";
import { AdapterError, type CallReport } from "../implementation.ts";
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

Deno.test("a report is about the last call with its name, also while the command of that is not answered", async () => {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<{ call: string }>();
  const answers: ScriptedAnswers = {
    request: () => ++asked === 1 ? { call: "call-1" } : promise,
    // The answer to the second one comes while the report is waited for.
    advance: () => (setTimeout(resolve, 0, { call: "call-2" }), {}),
    report: (args) => ({
      outcome: "call" in args && args.call === "call-2" ? "pending" : "result",
    }),
  };
  const request: Step = { do: "request", operation: "echo", as: "a" };
  const first: Step = { report: "a", is: { outcome: "result" } };
  const steps: readonly Step[] = [
    HELLO,
    request,
    first,
    request,
    { advance: 1 },
    { report: "a", is: { outcome: "pending" } },
  ];
  assertVerdict(await play(steps, behave, { answers, timeout: 1000 }), "pass");
});

Deno.test("steps happen while a write waits, and it may be refused", async () => {
  const waiting = Promise.withResolvers<Record<never, never>>();
  const answers: ScriptedAnswers = {
    "open-stream": () => ({ call: "call-1" }),
    write: () => waiting.promise,
    cancel: () => {
      waiting.reject(new AdapterError("the call is cancelled"));
      return {};
    },
  };
  const steps = (write: object): readonly Step[] => [
    HELLO,
    { do: "open-stream", operation: "upload", as: "a" },
    { do: "write", call: "a", payload: "held", meanwhile: true, ...write },
    { do: "cancel", call: "a" },
    { echo: "ping" },
  ];
  assertVerdict(
    await play(steps({ mayBeRefused: true }), behave, { answers }),
    "pass",
  );
  assertVerdict(
    await play(steps({}), behave, { answers }),
    "errored",
    /^the call is cancelled$/,
  );
});

Deno.test("nothing is written to a call that was refused", async () => {
  let written = 0;
  const answers: ScriptedAnswers = {
    "open-stream": () => {
      throw new AdapterError("the operation is too long");
    },
    write: () => {
      written++;
      return {};
    },
  };
  const steps = (write: object): readonly Step[] => [
    HELLO,
    { do: "open-stream", operation: "upload", as: "a", mayBeRefused: true },
    { do: "write", call: "a", payload: "hi", ...write },
    { echo: "ping" },
  ];
  assertVerdict(
    await play(steps({ mayBeRefused: true }), behave, { answers }),
    "pass",
  );
  assertVerdict(
    await play(steps({}), behave, { answers }),
    "errored",
    /^Cannot find the call "a": the case has no such call$/,
  );
  assertEquals(written, 0);
});

Deno.test("a command that must be refused is errored, or its call fails", async () => {
  const answers = (outcome: CallReport["outcome"]): ScriptedAnswers => ({
    request: () => ({ call: "call-1" }),
    "open-stream": () => ({ call: "call-2" }),
    write: () => ({}),
    notify: () => ({}),
    report: () => ({ outcome }),
  });
  const refuse = () => {
    throw new AdapterError("the name is too long");
  };
  const mustBeRefused = true;
  const request: Step = { do: "request", operation: "n", mustBeRefused };
  const write: readonly Step[] = [
    { do: "open-stream", operation: "n", as: "a", mayBeRefused: true },
    { do: "write", call: "a", payload: "hi", mustBeRefused },
  ];
  const notify: Step = { do: "notify", name: "n", mustBeRefused };
  for (
    const [given, from] of [
      [{ request: refuse }, [request]],
      [answers("failed"), [request]],
      [{ "open-stream": refuse }, write],
      [{ ...answers("stream"), write: refuse }, write],
      [answers("closed"), write],
      [{ notify: refuse }, [notify]],
    ] as const
  ) {
    const steps = [HELLO, ...from, { echo: "ping" }];
    assertVerdict(await play(steps, behave, { answers: given }), "pass");
  }
  const silent = { write: () => new Promise<never>(() => {}) };
  assertVerdict(
    await play([HELLO, ...write], behave, {
      answers: { ...answers("stream"), ...silent },
      timeout: 100,
    }),
    "fail",
    /does not answer write$/,
  );
  for (
    const [outcome, from, observed] of [
      ["result", [request], /call of request: {"outcome":"result"}$/],
      ["stream", write, /call of write: {"outcome":"stream"}$/],
      ["failed", [notify], /carries out notify$/],
    ] as const
  ) {
    assertVerdict(
      await play([HELLO, ...from], behave, { answers: answers(outcome) }),
      "fail",
      observed,
    );
  }
});
