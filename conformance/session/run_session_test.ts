import { assert, assertEquals, assertMatch } from "@std/assert";
import type { SessionCase, Step } from "../case.ts";
import { AdapterError, SkippedError } from "../subject.ts";
import {
  runSession,
  type SessionRun,
  type SessionVerdict,
} from "./run_session.ts";
import {
  type Answers,
  behave,
  type Link,
  type Script,
  ScriptedSubject,
  serve,
} from "./_scripted_subject.ts";

const never = new AbortController().signal;

interface PlayOptions extends Partial<Omit<SessionRun, "case">> {
  readonly fields?: Partial<SessionCase>;
  readonly answers?: Answers;
  readonly patience?: number;
  readonly signal?: AbortSignal;
  readonly prepare?: (subject: ScriptedSubject) => void;
}

/** Runs steps with a subject that plays a script. */
async function play(
  steps: readonly Step[],
  script: Script = behave,
  options: PlayOptions = {},
): Promise<SessionVerdict> {
  const {
    fields,
    answers,
    patience = 2000,
    signal = never,
    role = "acceptor",
    over = "memory",
    prepare,
    ...rest
  } = options;
  await using subject = new ScriptedSubject(script, answers);
  prepare?.(subject);
  const session: SessionCase = {
    id: "session/test/case",
    since: "1.0.0",
    level: "must",
    title: "A test",
    spec: [],
    roles: [role],
    steps,
    ...fields,
  };
  const { description } = subject;
  return await runSession(
    { ...rest, case: session, role, over },
    { subject, description, roundTrip: 1, patience, seed: 1 },
    signal,
  );
}

/** What follows the version, for a peer that does so at once when it is asked anything. */
function answering(
  answer: (link: Link) => Promise<void>,
): Script {
  return async (link) => {
    await link.write("01");
    await link.read();
    await answer(link);
  };
}

function assertVerdict(
  { verdict, reason = "", trace }: SessionVerdict,
  wanted: SessionVerdict["verdict"],
  why: RegExp = /^$/,
): void {
  assertEquals(verdict, wanted, `${reason}\n${JSON.stringify(trace, null, 1)}`);
  assertMatch(reason, why);
}

const HELLO: Step = { handshake: {} };
const ASK: Step = {
  send: [{
    kind: "SingleRequest",
    id: "0001",
    operation: "echo",
    payload: "hi",
  }],
};
const ANSWER: Step = {
  expect: [{ message: { kind: "SingleResult", id: "0001", payload: "hi" } }],
};
const GARBAGE: Step = { send: [{ bytes: "x" }] };

Deno.test("a peer that behaves passes, in each role over each transport", async () => {
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

Deno.test("each misbehaviour is noticed, and told", async (t) => {
  const cases: {
    readonly name: string;
    readonly steps: readonly Step[];
    readonly script: Script;
    readonly reason: RegExp;
    readonly patience?: number;
  }[] = [
    {
      name: "another message than the wanted one",
      steps: [HELLO, ASK, ANSWER],
      script: answering((link) => link.write("E000100000002no")),
      reason: /^ErrorResult 0001 2 bytes "no" arrived$/,
    },
    {
      name: "another payload",
      steps: [HELLO, ASK, ANSWER],
      script: answering((link) => link.write("R000100000002ho")),
      reason: /^SingleResult 0001 2 bytes "ho" arrived$/,
    },
    {
      name: "an extra message",
      steps: [HELLO, ASK, ANSWER],
      script: answering((link) => link.write("R000100000002hiR000100000002hi")),
      reason: /^SingleResult 0001 2 bytes "hi" arrived$/,
    },
    {
      name: "the beginning of an extra message",
      steps: [HELLO, ASK, ANSWER],
      script: answering((link) => link.write("R000100000002hiR0001")),
      reason: /^the beginning of a message, "R0001" arrived$/,
    },
    {
      name: "bytes that are no message",
      steps: [HELLO, ASK, ANSWER],
      script: answering((link) => link.write("R00010000000xhi")),
      reason: /^15 bytes that are no message: R00010000000xhi \(Cannot decode/,
    },
    {
      name: "another version",
      steps: [HELLO],
      script: (link) => link.write("00"),
      reason: /^version 00 arrived$/,
    },
    {
      name: "no version",
      steps: [HELLO],
      script: (link) => link.write("R000100000002hi"),
      reason: /^15 bytes that are no message/,
    },
    {
      name: "silence",
      steps: [HELLO, ASK, ANSWER],
      script: answering(() => Promise.resolve()),
      reason: /^nothing more arrived within \d+ ms$/,
      patience: 100,
    },
    {
      name: "half an answer",
      steps: [HELLO, ASK, ANSWER],
      script: answering((link) => link.write("R000100000002h")),
      reason: /^only "R000100000002h" arrived within \d+ ms$/,
      patience: 100,
    },
    {
      name: "an end before the answer",
      steps: [HELLO, ASK, ANSWER],
      script: answering((link) => link.end()),
      reason: /^the implementation ended the connection \(end of file\)$/,
    },
    {
      name: "an answer that is cut by the end",
      steps: [HELLO, ASK, ANSWER],
      script: answering(async (link) => {
        await link.write("R000100000002h");
        await link.end();
      }),
      reason: /^14 bytes that are no message: .* \(cut by the end\) arrived$/,
    },
    {
      name: "upper-case digits",
      steps: [HELLO, ASK, { expect: [{ bytes: "R00010000000a0123456789" }] }],
      script: answering((link) => link.write("R00010000000A0123456789")),
      reason: /arrived$/,
    },
    {
      name: "a message in quiet",
      steps: [HELLO, ASK, { quiet: {} }],
      script: answering((link) => link.write("n001a00000000")),
      reason: /^Notification "a" 0 bytes arrived$/,
    },
    {
      name: "an end in quiet",
      steps: [HELLO, ASK, { quiet: {} }],
      script: answering((link) => link.end()),
      reason: /^the end: end of file arrived$/,
    },
    {
      name: "an end without the ProtocolError that is required",
      steps: [HELLO, GARBAGE, { expect: [{ end: { error: "required" } }] }],
      script: answering((link) => link.end()),
      reason: /^there was no ProtocolError before the end$/,
    },
    {
      name: "another code than the one that is required",
      steps: [
        HELLO,
        GARBAGE,
        { expect: [{ end: { error: "required", codes: [2] } }] },
      ],
      script: answering(async (link) => {
        await link.write("f00000001");
        await link.end();
      }),
      reason: /^the ProtocolError had the code 1$/,
    },
    {
      name: "a ProtocolError that must not be",
      steps: [HELLO, ASK, { expect: [{ end: { error: "none" } }] }],
      script: answering(async (link) => {
        await link.write("f00000002");
        await link.end();
      }),
      reason: /^ProtocolError code 2 \(invalid message\) arrived$/,
    },
    {
      name: "a ProtocolError without an end",
      steps: [HELLO, GARBAGE, { expect: [{ end: {} }] }],
      script: answering((link) => link.write("f00000002")),
      reason: /^nothing more arrived within/,
      patience: 100,
    },
    {
      name: "an answer that comes too early",
      steps: [HELLO, ASK, {
        expect: [{ message: { kind: "SingleResult" }, notBefore: 1000 }],
      }],
      script: answering((link) => link.write("R000100000000")),
      reason: /^it arrived after \d+ ms$/,
    },
    {
      name: "an answer that does not come in time",
      steps: [HELLO, ASK, {
        expect: [{ message: { kind: "SingleResult" }, within: 50 }],
      }],
      script: answering(() => Promise.resolve()),
      reason: /^nothing more arrived within \d+ ms$/,
    },
    {
      name: "one of several messages missing",
      steps: [HELLO, ASK, {
        all: [
          { message: { kind: "SingleResult", id: "0001" } },
          { message: { kind: "SingleResult", id: "0002" } },
        ],
      }],
      script: answering((link) => link.write("R000200000000R000300000000")),
      reason: /^SingleResult 0003 0 bytes arrived$/,
    },
    {
      name: "an outcome that is none of the allowed ones",
      steps: [HELLO, ASK, {
        outcomes: [
          { grade: "pass", expect: [{ end: {} }] },
          { grade: "weak", quiet: true },
        ],
      }],
      script: answering((link) => link.write("R000100000000")),
      reason: /^SingleResult 0001 0 bytes arrived$/,
    },
    {
      name: "a connection that serves nobody any more",
      steps: [HELLO, { alive: {} }],
      script: everyOther(behave),
      reason: /^a new connection was not served: nothing arrived within/,
      patience: 100,
    },
  ];
  for (const { name, steps, script, reason, patience } of cases) {
    await t.step(name, async () => {
      const more = patience === undefined ? {} : { patience };
      for (const over of ["memory", "tcp"] as const) {
        const verdict = await play(steps, script, { ...more, over });
        assertVerdict(verdict, "fail", reason);
        assert(verdict.expected !== undefined && verdict.expected.length > 0);
      }
    });
  }
});

/** Plays a script on the first of every two connections, and nothing on the second. */
function everyOther(script: Script): Script {
  let links = 0;
  return (link) => links++ % 2 === 0 ? script(link) : Promise.resolve();
}

Deno.test("an end that is not quite right is weak", async () => {
  const end = (...written: string[]): Script =>
    answering(async (link) => {
      await link.write(...written);
      await link.end(4001);
    });
  const preferred: Step[] = [HELLO, GARBAGE, {
    expect: [{ end: { error: "preferred", codes: [2] } }],
  }];
  assertVerdict(await play(preferred, end()), "weak", /no ProtocolError/);
  assertVerdict(await play(preferred, end("f00000001")), "weak", /code 1$/);
  assertVerdict(await play(preferred, end("f00000002")), "pass");
  const closed: Step[] = [HELLO, GARBAGE, {
    expect: [{ end: { close: [4002] } }],
  }];
  assertVerdict(
    await play(closed, end(), { over: "websocket" }),
    "weak",
    /^the close code was 4001$/,
  );
});

Deno.test("a reset is an end, and says so when a ProtocolError is missing", async () => {
  const reset: Script = answering((link) => {
    link.wire.reset();
    return Promise.resolve();
  });
  for (const over of ["memory", "tcp", "websocket"] as const) {
    assertVerdict(
      await play([HELLO, GARBAGE, { expect: [{ end: {} }] }], reset, { over }),
      "pass",
    );
  }
  assertVerdict(
    await play(
      [HELLO, GARBAGE, { expect: [{ end: { error: "required" } }] }],
      reset,
      { over: "tcp" },
    ),
    "fail",
    /which was a reset$/,
  );
});

Deno.test("text messages are read as bytes, and seen as frames", async () => {
  const script: Script = async (link) => {
    const frame = (text: string) =>
      link.wire.frame!({
        type: "text",
        bytes: new TextEncoder().encode(text),
        fin: true,
      });
    await frame("01");
    await link.read();
    await frame("R000100000002");
    await frame("hi");
  };
  const over = "websocket";
  assertVerdict(await play([HELLO, ASK, ANSWER], script, { over }), "pass");
  assertVerdict(
    await play(
      [HELLO, ASK, { expect: [{ frame: { type: "binary" } }] }],
      script,
      { over },
    ),
    "fail",
    /^a text message of WebSocket with "R000100000002" arrived$/,
  );
  assertVerdict(
    await play(
      [HELLO, ASK, {
        expect: [
          { frame: { type: "text", data: "R000100000002" } },
          { frame: { type: "text", data: "hi" } },
        ],
      }],
      script,
      { over },
    ),
    "pass",
  );
});

Deno.test("pings are answered, fragments are joined, and control frames are passed over", async () => {
  const verdict = await play(
    [
      { send: [{ frame: { type: "binary", data: "01" } }] },
      { expect: [{ frame: { type: "binary", data: "01" } }] },
      {
        send: [
          { frame: { type: "binary", data: "r0001004ec", fin: false } },
          { frame: { type: "ping", data: "there?" } },
          { frame: { type: "binary", data: "ho00000002", fin: false } },
          { frame: { type: "binary", data: "hi" } },
        ],
      },
      { expect: [{ frame: { type: "pong", data: "there?" } }] },
      ANSWER,
      { send: [{ frame: { type: "ping" } }] },
      { echo: "still here" },
      { close: { code: 1001 } },
      { expect: [{ end: { close: [1001] } }] },
    ],
    behave,
    { over: "websocket" },
  );
  assertVerdict(verdict, "pass");
});

Deno.test("heartbeats are passed over unless a step names them", async () => {
  const beating = answering((link) =>
    link.write("h040065bb87c0", "R000100000002hi", "h000065bb87c0")
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

Deno.test("identifiers are remembered, compared and sent", async () => {
  const script = answering(async (link) => {
    await link.write("rabcd004echo00000002hi", "rabce004echo00000002hi");
    await link.read();
    await link.write("n003bye00000000");
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
  assertMatch(reason!, /a was not remembered/);
});

Deno.test("messages in any order find the expectations that they meet", async () => {
  const any = { message: { kind: "SingleResult" } } as const;
  const second = { message: { kind: "SingleResult", id: "0002" } } as const;
  const script = answering((link) =>
    link.write("R000200000000", "R000100000000")
  );
  // The first to arrive meets both; only one of the two ways is right.
  assertVerdict(
    await play([HELLO, ASK, { all: [any, second] }], script),
    "pass",
  );
});

Deno.test("the first outcome that matches decides", async () => {
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
    await play(steps, answering((link) => link.write("E000100000000"))),
    "weak",
    /^refuses$/,
  );
  assertVerdict(
    await play(steps, answering(() => Promise.resolve())),
    "weak",
    /^says nothing$/,
  );
});

Deno.test("what nobody waits for can be ignored, the end cannot", async () => {
  const chatty = answering(async (link) => {
    await link.write("n001a00000000", "R000100000002hi", "n001b00000000");
    await serve(link);
  });
  const ignore: Step = { ignore: {} };
  assertVerdict(
    await play([HELLO, ignore, ASK, ANSWER, { echo: "x" }], chatty),
    "pass",
  );
  assertVerdict(
    await play(
      [HELLO, ignore, ASK, { quiet: {} }],
      answering((link) => link.end()),
    ),
    "fail",
    /^the end/,
  );
});

Deno.test("the beginning of a message that can be ignored is none that is unexpected", async () => {
  const flooding = answering((link) => link.write("n001a00000004ha"));
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

Deno.test("what is held back arrives later", async () => {
  for (const over of ["memory", "tcp", "websocket"] as const) {
    const verdict = await play(
      [HELLO, { hold: {} }, ASK, { quiet: {} }, { resume: {} }, ANSWER],
      behave,
      { over },
    );
    assertVerdict(verdict, "pass");
  }
});

Deno.test("a flood counts, and is over when the implementation reads no more", async () => {
  const flood: Step = {
    flood: {
      times: 3,
      send: [{
        kind: "SingleRequest",
        id: [{ counter: 4 }],
        operation: "echo",
        payload: "hi",
      }],
    },
  };
  const answers = ["0000", "0001", "0002"].map((id) => ({
    message: { kind: "SingleResult", id, payload: "hi" } as const,
  }));
  for (const over of ["memory", "tcp", "websocket"] as const) {
    assertVerdict(
      await play([HELLO, flood, { expect: answers }], behave, { over }),
      "pass",
    );
  }
  const deaf: Script = async (link) => {
    link.wire.hold();
    await link.write("01");
  };
  const large: Step = {
    flood: { times: 400, send: [{ bytes: [{ repeat: "x", times: 65536 }] }] },
  };
  const { trace, verdict } = await play([HELLO, large], deaf);
  assertEquals(verdict, "pass");
  assert(trace.some(({ text }) => /^the flood was over after/.test(text)));
});

Deno.test("nothing more is sent once the implementation has ended the conversation", async () => {
  const { trace, verdict } = await play([
    HELLO,
    GARBAGE,
    { expect: [{ message: { kind: "ProtocolError" } }] },
    ASK,
    { expect: [{ end: {} }] },
  ]);
  assertEquals(verdict, "pass");
  assert(trace.some(({ text }) => text.startsWith("the rest is not sent")));
});

Deno.test("the runner ends the connection in each way", async () => {
  const closes = [
    ["memory", "half"],
    ["tcp", "half"],
    ["memory", "end"],
    ["tcp", "end"],
    ["websocket", "end"],
  ] as const;
  for (const [over, close] of closes) {
    const steps: Step[] = [HELLO, ASK, ANSWER, { close }, {
      expect: [{ end: {} }],
    }];
    for (const role of ["acceptor", "initiator"] as const) {
      assertVerdict(await play(steps, behave, { over, role }), "pass");
    }
  }
  let seen: Promise<unknown> | undefined;
  const watching: Script = async (link) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    seen = promise;
    await behave(link).finally(resolve);
  };
  for (const role of ["acceptor", "initiator"] as const) {
    for (const over of ["memory", "tcp", "websocket"] as const) {
      const steps: Step[] = [HELLO, { close: "reset" }];
      assertVerdict(await play(steps, watching, { over, role }), "pass");
      await seen;
    }
  }
});

Deno.test("a bystander must still be served in the end", async () => {
  const fields = { bystander: true } as const;
  assertVerdict(await play([HELLO], behave, { fields }), "pass");
  let links = 0;
  const forgetful: Script = async (link) => {
    if (links++ > 0) return await behave(link);
    await link.write("01");
  };
  assertVerdict(
    await play([HELLO, { echo: "hi" }], forgetful, { fields, patience: 100 }),
    "fail",
    /^another connection was not served: nothing more arrived/,
  );
});

Deno.test("an implementation that cannot be reached cannot be judged", async () => {
  const failing = () =>
    Promise.reject(new AdapterError("Cannot do it: no luck"));
  const over = "tcp";
  for (const command of ["listen", "connect"] as const) {
    const role = command === "listen" ? "acceptor" : "initiator";
    const verdict = await play([HELLO], behave, {
      over,
      role,
      answers: { [command]: failing },
    });
    assertVerdict(verdict, "errored", /^Cannot do it: no luck$/);
  }
  const stuck = { connect: () => new Promise<never>(() => {}) };
  assertVerdict(
    await play([HELLO], behave, {
      over,
      role: "initiator",
      answers: stuck,
      patience: 100,
    }),
    "errored",
    /^Cannot wait for the connection of the implementation/,
  );
  const closed = {
    connect: () => ({
      connection: "c",
      state: "closed" as const,
      message: "refused",
      notes: [],
      heartbeats: [],
    }),
  };
  assertVerdict(
    await play([HELLO], behave, { over, role: "initiator", answers: closed }),
    "errored",
    /refused$/,
  );
});

Deno.test("what an implementation cannot do is skipped", async () => {
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

Deno.test("a case that does not apply is not run", async () => {
  const why = async (steps: Step[], options: PlayOptions = {}) => {
    const { verdict, reason } = await play(steps, behave, options);
    assertEquals(verdict, "not-applicable");
    return reason;
  };
  const fields = { needs: ["cancel"] };
  assertEquals(
    await why([HELLO], { fields }),
    "it does not have the feature cancel",
  );
  const sized: Step = { send: [{ bytes: "r0001004size00000000" }] };
  const size = "it does not have the operation size";
  assertEquals(await why([HELLO, sized]), size);
  assertEquals(
    await why([HELLO, {
      send: [
        { bytes: "r0001004" },
        { bytes: [{ ascii: "size00000000" }] },
      ],
    }]),
    size,
  );
  assertEquals(
    await why([HELLO, {
      send: [{
        kind: "SingleRequest",
        id: "0001",
        operation: "size",
        payload: "",
      }],
    }]),
    size,
  );
});

Deno.test("calls are told, waited for and reported", async () => {
  const told: unknown[] = [];
  const answers: Answers = {
    request: (args) => {
      told.push(args);
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
  assertEquals(told, [{
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
    /^the implementation reports of a: {"outcome":"stream"/,
  );
});

Deno.test("the handle of an accepted connection is learned from its listener", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const notify = (args: unknown) => {
    resolve(args);
    return {};
  };
  assertVerdict(
    await play([HELLO, { do: "notify", name: "a" }], behave, {
      over: "tcp",
      answers: { notify },
    }),
    "pass",
  );
  assertEquals(await promise, { connection: "connection", name: "a" });
});

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

Deno.test("an upgrade is asked for with headers, and its status compared", async () => {
  const over = "websocket";
  const upgrade = (status?: number | number[]): Step => ({
    upgrade: {
      headers: { Origin: "http://{host}", "Sec-WebSocket-Protocol": "chat" },
      ...(status === undefined ? {} : { status }),
    },
  });
  assertVerdict(
    await play([upgrade(), HELLO, { echo: "hi" }], behave, { over }),
    "pass",
  );
  assertVerdict(
    await play([upgrade([101, 400]), { alive: {} }], behave, { over }),
    "pass",
  );
  assertVerdict(
    await play([upgrade(403)], behave, { over }),
    "fail",
    /^the HTTP status was 101$/,
  );
  assertVerdict(
    await play(
      [
        {
          expect: [{
            upgrade: {
              headers: {
                Origin: { url: true },
                "Sec-WebSocket-Protocol": { absent: true },
                Upgrade: "websocket",
              },
            },
          }],
        },
        HELLO,
      ],
      behave,
      { over, role: "initiator" },
    ),
    "pass",
  );
});

Deno.test("many connections are opened at once", async () => {
  for (const close of ["end", "reset", undefined] as const) {
    const storm: Step = {
      storm: {
        times: 20,
        send: [{ bytes: "01" }],
        ...(close === undefined ? {} : { close }),
      },
    };
    assertVerdict(
      await play([HELLO, storm, { alive: {} }], behave, { over: "tcp" }),
      "pass",
    );
  }
});

Deno.test("the end of an implementation ends its case", async () => {
  let crash = () => {};
  const script = answering(() => {
    crash();
    return Promise.resolve();
  });
  const prepare = (subject: ScriptedSubject) => {
    crash = () => subject.crash("exit status 1");
  };
  assertVerdict(
    await play([HELLO, ASK, ANSWER], script, { prepare, patience: 60_000 }),
    "fail",
    /^the implementation has ended: exit status 1$/,
  );
});

Deno.test("a run can be given up", async () => {
  const controller = new AbortController();
  const script = answering(() => {
    controller.abort(new Error("no more time"));
    return Promise.resolve();
  });
  const { signal } = controller;
  assertVerdict(
    await play([HELLO, ASK, ANSWER], script, { signal, patience: 60_000 }),
    "errored",
    /^no more time$/,
  );
});

Deno.test("cases with virtual time take turns, and pass it on", async () => {
  const passed: number[] = [];
  const answers: Answers = {
    advance: ({ ms }) => {
      passed.push(ms);
      return {};
    },
  };
  const steps: Step[] = [HELLO, { advance: 1000 }, { echo: "hi" }];
  assertVerdict(await play(steps, behave, { answers }), "pass");
  assertEquals(passed, [1000]);
});
