import { assert, assertEquals } from "@std/assert";
import { toBytes } from "../cases/bytes.ts";
import type { Step } from "../cases/case.ts";
import { SessionConnection } from "./_session_connection.ts";
import { TraceLog } from "./_trace_log.ts";
import { Inbox } from "./expectation/inbox.ts";
import {
  ANSWER,
  ASK,
  assertVerdict,
  GARBAGE,
  HELLO,
  play,
} from "./testing/scripted_play.ts";
import { behave, type Script } from "./testing/scripted_implementation.ts";
import type { Arrival, Wire } from "./wire/wire.ts";

Deno.test("data arrives after a hold", async () => {
  for (const over of ["memory", "tcp", "websocket"] as const) {
    const verdict = await play(
      [HELLO, { hold: {} }, ASK, { quiet: {} }, { resume: {} }, ANSWER],
      behave,
      { over },
    );
    assertVerdict(verdict, "pass");
  }
});

Deno.test("a flood counts its repetitions, and ends when the implementation stops reading", async () => {
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
  const deaf: Script = async (connection) => {
    connection.wire.hold();
    await connection.write("01");
  };
  const large: Step = {
    flood: { times: 400, send: [{ bytes: [{ repeat: "x", times: 65536 }] }] },
  };
  const { trace, verdict } = await play([HELLO, large], deaf);
  assertEquals(verdict, "pass");
  assert(trace.some(({ text }) => /^the flood ended after/.test(text)));
});

Deno.test("the runner sends nothing once the implementation has ended the conversation", async () => {
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

Deno.test("the runner ends a connection in each way", async () => {
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
  const watching: Script = async (connection) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    seen = promise;
    await behave(connection).finally(resolve);
  };
  for (const role of ["acceptor", "initiator"] as const) {
    for (const over of ["memory", "tcp", "websocket"] as const) {
      const steps: Step[] = [HELLO, { close: "reset" }];
      assertVerdict(await play(steps, watching, { over, role }), "pass");
      await seen;
    }
  }
});

Deno.test("each arrival that a step ignores is looked at a few times, however many came before", async () => {
  const COUNT = 500;
  let arrive!: (arrival: Arrival) => void;
  const wire: Wire = {
    transport: "memory",
    start: (listener) => arrive = listener,
    write: () => Promise.resolve(),
    hold: () => {},
    resume: () => {},
    end: () => Promise.resolve(),
    reset: () => {},
    destroy: () => Promise.resolve(),
  };
  const connection = new SessionConnection(wire, {
    trace: new TraceLog(),
    timeout: 3_000,
    roundTrip: 1,
    signal: new AbortController().signal,
  });
  const push = (text: string) =>
    arrive({ type: "bytes", bytes: toBytes(text) });
  push("01");
  await connection.handshake();
  connection.ignore();
  const { at } = Inbox.prototype;
  let looks = 0;
  Inbox.prototype.at = function (offset) {
    looks++;
    return at.call(this, offset);
  };
  try {
    const expected = connection.expect([
      { message: { kind: "SingleResult", id: "0002", payload: "hi" } },
    ]);
    for (let count = 0; count < COUNT; count++) {
      push("R000100000002no");
      // So that the step compares what has arrived.
      await Promise.resolve();
      await Promise.resolve();
    }
    push("R000200000002hi");
    await expected;
  } finally {
    Inbox.prototype.at = at;
  }
  assert(looks <= 10 * COUNT, `${looks} looks for ${COUNT} messages`);
});
