import { assert, assertEquals } from "@std/assert";
import { toBytes } from "../../cases/bytes.ts";
import type { Expectation, Step } from "../../cases/case.ts";
import { behave, type Script } from "../testing/scripted_implementation.ts";
import {
  ANSWER,
  answering,
  ASK,
  assertVerdict,
  GARBAGE,
  HELLO,
  play,
} from "../testing/scripted_play.ts";
import { Inbox } from "./inbox.ts";
import { beginsIgnorable, type MatchContext } from "./match_result.ts";
import { match } from "./matcher.ts";

/** What expectations are compared with, but for the inbox. */
const STRICT: Omit<MatchContext, "inbox"> = {
  comparedParts: new WeakMap(),
  previousBegan: 0,
  previousEnded: 0,
  scale: 1,
  tolerance: 0,
  ignoring: false,
  heeds: [],
  headers: undefined,
};

Deno.test("the matcher finds each misbehaviour and describes it", async (t) => {
  const cases: {
    readonly name: string;
    readonly steps: readonly Step[];
    readonly script: Script;
    readonly reason: RegExp;
    readonly timeout?: number;
  }[] = [
    {
      name: "another message than the wanted one",
      steps: [HELLO, ASK, ANSWER],
      script: answering((connection) => connection.write("E000100000002no")),
      reason: /^ErrorResult 0001 2 bytes "no" arrived$/,
    },
    {
      name: "another payload",
      steps: [HELLO, ASK, ANSWER],
      script: answering((connection) => connection.write("R000100000002ho")),
      reason: /^SingleResult 0001 2 bytes "ho" arrived$/,
    },
    {
      name: "an extra message",
      steps: [HELLO, ASK, ANSWER],
      script: answering((connection) =>
        connection.write("R000100000002hiR000100000002hi")
      ),
      reason: /^SingleResult 0001 2 bytes "hi" arrived$/,
    },
    {
      name: "the beginning of an extra message",
      steps: [HELLO, ASK, ANSWER],
      script: answering((connection) =>
        connection.write("R000100000002hiR0001")
      ),
      reason: /^the beginning of a message, "R0001" arrived$/,
    },
    {
      name: "malformed bytes",
      steps: [HELLO, ASK, ANSWER],
      script: answering((connection) => connection.write("R00010000000xhi")),
      reason: /^15 malformed bytes: R00010000000xhi \(Cannot decode/,
    },
    {
      name: "another version",
      steps: [HELLO],
      script: (connection) => connection.write("00"),
      reason: /^version 00 arrived$/,
    },
    {
      name: "no version",
      steps: [HELLO],
      script: (connection) => connection.write("R000100000002hi"),
      reason: /^15 malformed bytes/,
    },
    {
      name: "silence",
      steps: [HELLO, ASK, ANSWER],
      script: answering(() => Promise.resolve()),
      reason: /^nothing more arrived within \d+ ms$/,
      timeout: 100,
    },
    {
      name: "half an answer",
      steps: [HELLO, ASK, ANSWER],
      script: answering((connection) => connection.write("R000100000002h")),
      reason: /^only "R000100000002h" arrived within \d+ ms$/,
      timeout: 100,
    },
    {
      name: "an end before the answer",
      steps: [HELLO, ASK, ANSWER],
      script: answering((connection) => connection.end()),
      reason: /^the implementation ended the connection \(end of file\)$/,
    },
    {
      name: "an answer that is cut by the end",
      steps: [HELLO, ASK, ANSWER],
      script: answering(async (connection) => {
        await connection.write("R000100000002h");
        await connection.end();
      }),
      reason: /^14 malformed bytes: .* \(cut by the end\) arrived$/,
    },
    {
      name: "upper-case digits",
      steps: [HELLO, ASK, { expect: [{ bytes: "R00010000000a0123456789" }] }],
      script: answering((connection) =>
        connection.write("R00010000000A0123456789")
      ),
      reason: /arrived$/,
    },
    {
      name: "a message in quiet",
      steps: [HELLO, ASK, { quiet: {} }],
      script: answering((connection) => connection.write("n001a00000000")),
      reason: /^Notification "a" 0 bytes arrived$/,
    },
    {
      name: "an end in quiet",
      steps: [HELLO, ASK, { quiet: {} }],
      script: answering((connection) => connection.end()),
      reason: /^the end: end of file arrived$/,
    },
    {
      name: "an end without the ProtocolError that is required",
      steps: [HELLO, GARBAGE, { expect: [{ end: { error: "required" } }] }],
      script: answering((connection) => connection.end()),
      reason: /^there was no ProtocolError before the end$/,
    },
    {
      name: "another code than the one that is required",
      steps: [
        HELLO,
        GARBAGE,
        { expect: [{ end: { error: "required", codes: [2] } }] },
      ],
      script: answering(async (connection) => {
        await connection.write("f00000001");
        await connection.end();
      }),
      reason: /^the ProtocolError had the code 1$/,
    },
    {
      name: "a ProtocolError that must not come",
      steps: [HELLO, ASK, { expect: [{ end: { error: "none" } }] }],
      script: answering(async (connection) => {
        await connection.write("f00000002");
        await connection.end();
      }),
      reason: /^ProtocolError code 2 \(invalid message\) arrived$/,
    },
    {
      name: "a ProtocolError without an end",
      steps: [HELLO, GARBAGE, { expect: [{ end: {} }] }],
      script: answering((connection) => connection.write("f00000002")),
      reason: /^nothing more arrived within/,
      timeout: 100,
    },
    {
      name: "an answer that comes too early",
      steps: [HELLO, ASK, {
        expect: [{ message: { kind: "SingleResult" }, notBefore: 1000 }],
      }],
      script: answering((connection) => connection.write("R000100000000")),
      reason: /^it arrived after \d+ ms$/,
    },
    {
      name: "an answer that comes too late",
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
      script: answering((connection) =>
        connection.write("R000200000000R000300000000")
      ),
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
      script: answering((connection) => connection.write("R000100000000")),
      reason: /^SingleResult 0001 0 bytes arrived$/,
    },
    {
      name: "a new connection that is not served",
      steps: [HELLO, { alive: {} }],
      script: everyOther(behave),
      reason: /^a new connection was not served: nothing arrived within/,
      timeout: 100,
    },
  ];
  for (const { name, steps, script, reason, timeout } of cases) {
    await t.step(name, async () => {
      const more = timeout === undefined ? {} : { timeout };
      for (const over of ["memory", "tcp"] as const) {
        const verdict = await play(steps, script, { ...more, over });
        assertVerdict(verdict, "fail", reason);
        assert(verdict.expected !== undefined && verdict.expected.length > 0);
      }
    });
  }
});

/** Runs a script on every other connection, and nothing on the rest. */
function everyOther(script: Script): Script {
  let connections = 0;
  return (connection) =>
    connections++ % 2 === 0 ? script(connection) : Promise.resolve();
}

Deno.test("an end with a flaw is weak", async () => {
  const end = (...written: string[]): Script =>
    answering(async (connection) => {
      await connection.write(...written);
      await connection.end(4001);
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

Deno.test("a reset is an end, and the reason names it when a ProtocolError is missing", async () => {
  const reset: Script = answering((connection) => {
    connection.wire.reset();
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

Deno.test("any number of other messages can come before a message", async () => {
  const steps: Step[] = [HELLO, ASK, {
    expect: [{
      message: { kind: "SingleResult", id: "0001", payload: "hi" },
      behind: { kind: "Notification", name: "tick" },
    }],
  }];
  const result = "R000100000002hi";
  const tick = "n004tick00000000";
  for (const before of ["", tick, tick + tick]) {
    const script = answering((connection) => connection.write(before + result));
    assertVerdict(await play(steps, script), "pass");
  }
  const other = answering((connection) =>
    connection.write(`${tick}n004tock00000000${result}`)
  );
  assertVerdict(await play(steps, other), "fail", /^Notification "tock"/);
  const behind = answering((connection) => connection.write(result + tick));
  assertVerdict(await play(steps, behind), "fail", /^Notification "tick"/);
});

Deno.test("any number of parts match together, if their payloads do", async () => {
  const parts: Step[] = [HELLO, ASK, {
    expect: [
      { parts: { kind: "StreamResult", id: "0001", joined: "abcdef" } },
      { message: { kind: "StreamResult", id: "0001", payload: "" } },
    ],
  }];
  const end = "S000100000000";
  const written = (...texts: string[]): Script =>
    answering((connection) => connection.write(...texts));
  assertVerdict(
    await play(parts, written(`S000100000006abcdef${end}`)),
    "pass",
  );
  assertVerdict(
    await play(
      parts,
      written("S000100000002ab", "h000065bb87c0", `S000100000004cdef${end}`),
    ),
    "pass",
  );
  assertVerdict(
    await play(parts, written(`S000100000003abdS000100000003cef${end}`)),
    "fail",
    /3 bytes "abd" arrived$/,
  );
  assertVerdict(
    await play(parts, written(`S000100000003abc${end}`)),
    "fail",
    /0 bytes .*arrived$/,
  );
  assertVerdict(
    await play(parts, written(`S000200000006abcdef${end}`)),
    "fail",
    /arrived$/,
  );
});

Deno.test("each arrival of parts is compared once, however many came before", () => {
  const COUNT = 200;
  const inbox = new Inbox();
  const atVersion = {
    offset: { item: 0, skip: 0 },
    bindings: new Map(),
    weak: [],
  };
  const behindVersion = { ...atVersion, offset: { item: 1, skip: 0 } };
  const expectation: Expectation = {
    parts: {
      kind: "StreamResult",
      id: "0001",
      joined: [{ repeat: "abc", times: COUNT }],
    },
  };
  let looks = 0;
  const at = inbox.at.bind(inbox);
  inbox.at = (offset) => {
    looks++;
    return at(offset);
  };
  const context: MatchContext = { ...STRICT, inbox };
  inbox.push({ type: "bytes", bytes: toBytes("01") });
  const states = Array.from({ length: COUNT }, () => {
    inbox.push({ type: "bytes", bytes: toBytes("S000100000003abc") });
    return match(expectation, behindVersion, context).state;
  });
  assertEquals(states.lastIndexOf("open"), COUNT - 2);
  assertEquals(states.at(-1), "matched");
  assert(looks <= 10 * COUNT, `${looks} looks for ${COUNT} parts`);
  // From another place, the same expectation is compared anew.
  assertEquals(match(expectation, atVersion, context).state, "mismatch");
});

Deno.test("a heartbeat is ignored in front of a pong whose data begins like one", () => {
  const inbox = new Inbox();
  inbox.push({ type: "bytes", bytes: toBytes("01h040065bb87c0") });
  inbox.push({ type: "control", frame: "pong", bytes: toBytes("hi") });
  const expectation: Expectation = { frame: { type: "pong", data: "hi" } };
  const from = {
    offset: { item: 1, skip: 0 },
    bindings: new Map(),
    weak: [],
  };
  const context: MatchContext = { ...STRICT, inbox };
  assertEquals(match(expectation, from, context).state, "matched");
});

Deno.test("numbers are bound, and differ from bound ones", async () => {
  const steps: Step[] = [HELLO, ASK, {
    expect: [
      { message: { kind: "RetryResult", wait: { min: 1, bind: "first" } } },
      { message: { kind: "RetryResult", wait: { unlike: "first" } } },
    ],
  }];
  const retry = (wait: number) => `e00010000000${wait}00000000`;
  const written = (...waits: number[]): Script =>
    answering((connection) => connection.write(waits.map(retry).join("")));
  assertVerdict(await play(steps, written(1, 2)), "pass");
  assertVerdict(
    await play(steps, written(2, 2)),
    "fail",
    /wait 2 ms.*arrived$/,
  );
  assertVerdict(
    await play(steps, written(0, 2)),
    "fail",
    /wait 0 ms.*arrived$/,
  );
});

Deno.test("a WebSocket message can be known by its beginning and its size", async () => {
  const steps = (begins: string, size: number): Step[] => [HELLO, ASK, {
    expect: [{ frame: { type: "binary", begins, size } }],
  }];
  const script = answering((connection) => connection.write("R000100000000"));
  const over = { over: "websocket" } as const;
  assertVerdict(await play(steps("R", 13), script, over), "pass");
  assertVerdict(await play(steps("E", 13), script, over), "fail", /arrived$/);
  assertVerdict(await play(steps("R", 12), script, over), "fail", /arrived$/);
});

Deno.test("there is a pause behind each item that is sent at a pace", async () => {
  const steps: Step[] = [HELLO, {
    send: [{ bytes: "n001a00000000" }, { bytes: "n001b00000000" }],
    pace: 40,
  }, { close: "end" }];
  const began = performance.now();
  const script: Script = async (connection) => {
    await connection.write("01");
    await connection.read();
  };
  assertVerdict(await play(steps, script), "pass");
  assert(performance.now() - began > 70);
});

Deno.test("the beginning of a Heartbeat, or of an extension that is not heeded, is ignorable", () => {
  for (
    const [text, isExpected] of [
      ["h", true],
      ["h0000", true],
      ["n00dgotalk:credit00000015", true],
      ["n00cgotalk:", true],
      ["n00cgotalk", false],
      ["n", false],
      ["n005hello0000", false],
      ["R0001", false],
    ] as const
  ) {
    assertEquals(beginsIgnorable(toBytes(text), []), isExpected, text);
  }
  const credit = toBytes("n00dgotalk:credit00000015");
  assertEquals(beginsIgnorable(credit, ["gotalk:credit"]), false);
  assertEquals(beginsIgnorable(credit, ["gotalk:cancel"]), true);
});
