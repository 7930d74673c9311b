import { assertEquals, assertMatch } from "@std/assert";
import type { Step } from "../../cases/case.ts";
import {
  ANSWER,
  answering,
  ASK,
  assertVerdict,
  HELLO,
  play,
} from "../testing/scripted_play.ts";
import { behave, serveRequests } from "../testing/scripted_implementation.ts";

Deno.test("heartbeats are ignorable unless an expectation names them", async () => {
  const beating = answering((connection) =>
    connection.write("h040065bb87c0", "R000100000002hi", "h000065bb87c0")
  );
  assertVerdict(
    await play([HELLO, ASK, ANSWER, { quiet: {} }], beating),
    "pass",
  );
  assertVerdict(
    await play(
      [HELLO, ASK, { expect: [{ bytes: "R000100000002hi" }] }],
      beating,
    ),
    "pass",
  );
  const named: Step = {
    expect: [{
      message: {
        kind: "Heartbeat",
        load: { min: 1024, max: 1024 },
        time: 0x65bb87c0,
      },
    }],
  };
  assertVerdict(await play([HELLO, ASK, named, ANSWER], beating), "pass");
});

Deno.test("notifications of extensions are ignorable unless the case heeds them or an expectation names them", async () => {
  const speaking = answering((connection) =>
    connection.write("n00cgotalk:bytes00000000", "R000100000002hi")
  );
  const bytes: Step = { expect: [{ bytes: "R000100000002hi" }] };
  const any = { kind: "Notification", name: { bind: "name" } } as const;
  const named: readonly Step[] = [
    { expect: [{ message: { kind: "Notification", name: "gotalk:bytes" } }] },
    { expect: [{ bytes: "n00cgotalk:bytes00000000" }] },
  ];
  const other: Step = {
    expect: [{ message: { kind: "Notification", name: "gotalk:credit" } }],
  };
  assertVerdict(
    await play([HELLO, ASK, other], speaking),
    "fail",
    /SingleResult .* arrived/,
  );
  for (const steps of [[ANSWER], [bytes], ...named.map((n) => [n, ANSWER])]) {
    assertVerdict(await play([HELLO, ASK, ...steps], speaking), "pass");
  }
  const heeding = (heeds: readonly string[], ...steps: Step[]) =>
    play([HELLO, ASK, ...steps], speaking, { fields: { heeds } });
  assertVerdict(await heeding(["gotalk:credit"], ANSWER), "pass");
  assertVerdict(
    await heeding(["gotalk:bytes"], { expect: [{ message: any }] }, ANSWER),
    "pass",
  );
  assertVerdict(
    await heeding(["gotalk:bytes"], ANSWER),
    "fail",
    /^Notification "gotalk:bytes" messages may be merged arrived$/,
  );
  assertVerdict(
    await play(
      [HELLO, ASK, ANSWER, { quiet: {} }],
      answering((connection) => connection.write("n003byeR000100000002hi")),
      { timeout: 100 },
    ),
    "fail",
    /arrived/,
  );
});

Deno.test("variables are parts of payloads, sent and expected", async () => {
  const script = answering(async (connection) => {
    await connection.write("rabcd004echo00000002hi");
    assertEquals(await connection.read(), {
      kind: "Notification",
      name: "a",
      payload: new TextEncoder().encode("<abcd>"),
    });
    await connection.write("n001b00000009>abcd<yes");
  });
  const bind: Step = {
    expect: [{ message: { kind: "SingleRequest", id: { bind: "a" } } }],
  };
  const payload = [{ ascii: "<" }, { var: "a" }, { ascii: ">" }] as const;
  const send: Step = { send: [{ kind: "Notification", name: "a", payload }] };
  const expected = (size: number): Step => ({
    expect: [{
      message: {
        kind: "Notification",
        payload: {
          begins: { with: [{ ascii: ">" }, { var: "a" }], size, bind: "b" },
        },
      },
    }],
  });
  assertVerdict(
    await play([HELLO, ASK, bind, send, expected(9)], script),
    "pass",
  );
  assertVerdict(
    await play([HELLO, ASK, bind, send, expected(8)], script),
    "fail",
    /^Notification "b" 9 bytes ">abcd<yes" arrived$/,
  );
});

Deno.test("patterns bind identifiers, compare them and send them", async () => {
  const script = answering(async (connection) => {
    await connection.write("rabcd004echo00000002hi", "rabce004echo00000002hi");
    await connection.read();
    await connection.write("n003bye00000000");
  });
  const request = (id: { bind?: string; unlike?: string }): Step => ({
    expect: [{ message: { kind: "SingleRequest", id } }],
  });
  const answer: Step = {
    send: [{ kind: "SingleResult", id: { var: "a" }, payload: "hi" }],
  };
  const bye: Step = {
    expect: [{ message: { kind: "Notification", name: "bye" } }],
  };
  assertVerdict(
    await play(
      [
        HELLO,
        ASK,
        request({ bind: "a" }),
        request({ unlike: "a" }),
        answer,
        bye,
      ],
      script,
    ),
    "pass",
  );
  const { verdict, reason } = await play([HELLO, answer], behave);
  assertEquals(verdict, "errored");
  assertMatch(reason!, /a is not bound/);
});

Deno.test("expectations in any order match whichever message meets which", async () => {
  const any = { message: { kind: "SingleResult" } } as const;
  const second = { message: { kind: "SingleResult", id: "0002" } } as const;
  const script = answering((connection) =>
    connection.write("R000200000000", "R000100000000")
  );
  // The first to arrive meets both; only one of the two ways is right.
  assertVerdict(
    await play([HELLO, ASK, { all: [any, second] }], script),
    "pass",
  );
});

Deno.test("the first outcome that matches decides the verdict", async () => {
  const outcomes: Step = {
    outcomes: [
      { grade: "pass", expect: [{ message: { kind: "SingleResult" } }] },
      {
        grade: "weak",
        because: "refuses",
        expect: [{ message: { kind: "ErrorResult" } }],
      },
      { grade: "weak", because: "says nothing", quiet: true },
    ],
  };
  const steps = [HELLO, ASK, outcomes];
  assertVerdict(await play(steps), "pass");
  assertVerdict(
    await play(
      steps,
      answering((connection) => connection.write("E000100000000")),
    ),
    "weak",
    /^refuses$/,
  );
  assertVerdict(
    await play(steps, answering(() => Promise.resolve())),
    "weak",
    /^says nothing$/,
  );
});

Deno.test("messages that no step expects can be ignored, the end cannot", async () => {
  const chatty = answering(async (connection) => {
    await connection.write("n001a00000000", "R000100000002hi", "n001b00000000");
    await serveRequests(connection);
  });
  const ignore: Step = { ignore: {} };
  assertVerdict(
    await play([HELLO, ignore, ASK, ANSWER, { echo: "x" }], chatty),
    "pass",
  );
  assertVerdict(
    await play(
      [HELLO, ignore, ASK, { quiet: {} }],
      answering((connection) => connection.end()),
    ),
    "fail",
    /^the end/,
  );
});

Deno.test("the beginning of an ignored message is not unexpected", async () => {
  const flooding = answering((connection) =>
    connection.write("n001a00000004ha")
  );
  assertVerdict(
    await play(
      [HELLO, { ignore: {} }, ASK, { quiet: {} }, { close: "end" }],
      flooding,
    ),
    "pass",
  );
  assertVerdict(
    await play([HELLO, ASK, { quiet: {} }], flooding),
    "fail",
    /^the beginning of a message/,
  );
});
