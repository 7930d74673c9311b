import { assertEquals } from "@std/assert";
import type { CodecCase, SessionCase, Step } from "./case.ts";
import { expand, messageEnds } from "./expand.ts";

const base = {
  since: "1.0.0",
  level: "must",
  title: "Something holds",
  spec: ["wire/message"],
} as const;

function codec(id: string, fields: Partial<CodecCase> = {}): CodecCase {
  return {
    ...base,
    id,
    directions: ["decode"],
    wire: "h000000000000",
    messages: [{ kind: "Heartbeat", load: 0, time: 0 }],
    ...fields,
  };
}

function session(
  steps: readonly Step[],
  fields: Partial<SessionCase> = {},
): SessionCase {
  return { ...base, id: "session/a/b", roles: ["acceptor"], steps, ...fields };
}

const names = (...cases: (CodecCase | SessionCase)[]) =>
  expand({ cases }).map(({ name }) => name);
const glued = (...cases: CodecCase[]) =>
  expand({ cases }).flatMap((run) =>
    run.kind === "decode" && run.chunk === "glued"
      ? [[run.case.id, run.next?.id]]
      : []
  );

Deno.test("a codec case is run in its directions", () => {
  const runs = names(
    codec("codec/a/a", { directions: ["decode", "encode"], wire: "fff" }),
    codec("codec/a/b", { directions: ["encode"] }),
  );
  assertEquals(runs, [
    "codec/a/a/chunk:whole",
    "codec/a/a/chunk:bytewise",
    "codec/a/a/chunk:split@1",
    "codec/a/a/chunk:split@2",
    "codec/a/a/chunk:by3",
    "codec/a/a/chunk:by7",
    "codec/a/a/chunk:with-empties",
    "codec/a/a/chunk:random#1",
    "codec/a/a/encode",
    "codec/a/b/encode",
  ]);
});

Deno.test("withdrawn cases are not run, and nothing is glued to them", () => {
  assertEquals(
    glued(
      codec("codec/a/a"),
      codec("codec/a/b", { withdrawn: "it was wrong" }),
      codec("codec/a/c", { directions: ["encode"] }),
      codec("codec/a/d"),
    ),
    [["codec/a/a", "codec/a/d"]],
  );
});

Deno.test("bytes are glued only where they keep their meaning", () => {
  const a = codec("a");
  const b = codec("b");
  assertEquals(glued(a, b), [["a", "b"]]);
  for (
    const [one, other] of [
      [{ error: { reason: "bad-hex" } }, {}],
      [{ end: true }, {}],
      [{ wire: "h000000000000h" }, {}],
      [{
        wire: "f00000000",
        messages: [{ kind: "ProtocolError", code: 0 }],
      }, {}],
      [{ handshake: true }, {}],
      [{}, { handshake: true }],
      [{}, { version: "00" }],
      [{}, { limits: { name: 1 } }],
      [{ limits: { payload: 1 } }, { limits: { payload: 2 } }],
    ] satisfies [Partial<CodecCase>, Partial<CodecCase>][]
  ) assertEquals(glued({ ...a, ...one }, { ...b, ...other }), []);
  for (
    const [one, other] of [
      [{ version: "01" }, {}],
      [{ wire: "01h000000000000", handshake: true }, {}],
      [{ wire: "01", messages: [], handshake: true }, {}],
      [{}, { error: { reason: "bad-hex" } }],
      [{}, { end: true }],
      [{ limits: { payload: 1 } }, { limits: { payload: 1 } }],
    ] satisfies [Partial<CodecCase>, Partial<CodecCase>][]
  ) assertEquals(glued({ ...a, ...one }, { ...b, ...other }).length, 1);
});

Deno.test("the ends of messages follow from their fields", () => {
  const wires = [
    ["ra17c007weather00000006Malm\u00f6", {
      kind: "SingleRequest",
      id: "a17c",
      operation: "weather",
      payload: [{ utf8: "Malmö" }],
    }],
    ["p00f200000000", { kind: "StreamRequestPart", id: "00f2", payload: "" }],
    ["e00f3000009c40000000eimport is busy", {
      kind: "RetryResult",
      id: "00f3",
      wait: 2500,
      payload: "import is busy",
    }],
    ["n00bstation.new00000006Kiruna", {
      kind: "Notification",
      name: "station.new",
      payload: "Kiruna",
    }],
    ["h040065bb87c0", { kind: "Heartbeat", load: 1024, time: 0x65bb87c0 }],
    ["f00000002", { kind: "ProtocolError", code: 2 }],
    ["S07a00000002hi", {
      kind: "StreamResult",
      id: "07a",
      payload: "hi",
    }],
  ] as const;
  let at = 2;
  const ends = wires.map(([wire]) =>
    at += new TextEncoder().encode(wire).length
  );
  assertEquals(
    messageEnds({
      messages: wires.map(([, message]) => message),
      handshake: true,
    }),
    ends,
  );
});

Deno.test("a conversation is run in each role, over each transport, in each unit", () => {
  assertEquals(
    names(session([{ handshake: {} }], { roles: ["acceptor", "initiator"] })),
    ["acceptor", "initiator"].flatMap((role) => [
      `session/a/b/role:${role}/over:memory`,
      `session/a/b/role:${role}/over:tcp`,
      `session/a/b/role:${role}/over:websocket/unit:split`,
      `session/a/b/role:${role}/over:websocket/unit:merged`,
      `session/a/b/role:${role}/over:websocket/unit:text`,
    ]),
  );
  assertEquals(names(session([], { over: ["tcp"] })), [
    "session/a/b/role:acceptor/over:tcp",
  ]);
});

Deno.test("a case may name its cuts and its units", () => {
  const chunks = ["whole", "by7"] as const;
  assertEquals(names(codec("codec/a/a", { wire: "ffffffff", chunks })), [
    "codec/a/a/chunk:whole",
    "codec/a/a/chunk:by7",
  ]);
  const units = ["merged"] as const;
  assertEquals(names(session([], { over: ["websocket"], units })), [
    "session/a/b/role:acceptor/over:websocket/unit:merged",
  ]);
});

Deno.test("text is sent only if everything sent is printable", () => {
  const isText = (...steps: Step[]) =>
    names(session(steps)).some((name) => name.endsWith("unit:text"));
  const message = { kind: "SingleResult", id: "0001", payload: "hi" } as const;
  assertEquals(isText({ send: [message, { bytes: [{ hex: "6869" }] }] }), true);
  assertEquals(
    isText({ flood: { times: 2, send: [{ bytes: [{ counter: 4 }] }] } }),
    true,
  );
  assertEquals(isText({ echo: [{ hex: "0a" }] }), false);
  assertEquals(isText({ send: [{ bytes: [{ utf8: "ü" }] }] }), false);
  assertEquals(isText({ send: [{ ...message, id: { var: "id" } }] }), false);
  assertEquals(
    isText({
      send: [{ ...message, payload: [{ repeat: [{ hex: "00" }], times: 2 }] }],
    }),
    false,
  );
  assertEquals(
    isText({ storm: { times: 2, send: [{ bytes: [{ hex: "ff" }] }] } }),
    false,
  );
});

Deno.test("a conversation with WebSocket steps is run once", () => {
  for (
    const step of [
      { send: [{ frame: { type: "ping" } }] },
      { expect: [{ frame: { type: "pong" } }] },
      { all: [{ frame: { type: "pong" } }] },
      { outcomes: [{ grade: "pass", expect: [{ upgrade: { headers: {} } }] }] },
      { close: { code: 1000 } },
      { upgrade: { headers: {} } },
    ] satisfies Step[]
  ) {
    assertEquals(names(session([step], { over: ["websocket"] })), [
      "session/a/b/role:acceptor/over:websocket",
    ]);
  }
});
