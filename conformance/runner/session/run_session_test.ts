import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Step } from "../cases/case.ts";
import { AdapterError, SkippedError } from "../implementation.ts";
import {
  type Answers,
  behave,
  type Script,
  type ScriptedSubject,
  serve,
} from "./_scripted_subject.ts";
import {
  ANSWER,
  answering,
  ASK,
  assertVerdict,
  GARBAGE,
  HELLO,
  play,
  type PlayOptions,
} from "./_scripted_play.ts";

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
