import { assert, assertEquals } from "@std/assert";
import type { Bytes, RawRequest, Step } from "../cases/case.ts";
import { assertVerdict, HELLO, play } from "./testing/scripted_play.ts";
import {
  behave,
  type Script,
  type ScriptedAnswers,
} from "./testing/scripted_implementation.ts";
import { connectWebSocketWire } from "./wire/websocket_wire.ts";

const END = { hex: "0d0a" } as const;

/** An upgrade request. */
const REQUEST: Bytes = [
  { ascii: "GET " },
  { var: "path" },
  { ascii: " HTTP/1.1" },
  END,
  { ascii: "Host: " },
  { var: "host" },
  END,
  { ascii: "Upgrade: websocket" },
  END,
  { ascii: "Connection: Upgrade" },
  END,
  { ascii: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" },
  END,
  { ascii: "Sec-WebSocket-Version: 13" },
  END,
  END,
];

function playRaw(
  raw: RawRequest,
  steps: readonly Step[] = [],
  script: Script = behave,
) {
  return play([{ raw }, ...steps], script, {
    over: "websocket",
    timeout: 1000,
    fields: { over: ["websocket"] },
  });
}

Deno.test("a case writes its upgrade request, and talks behind it as usual", async () => {
  const headers = { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" };
  assertVerdict(
    await playRaw({ http: [REQUEST], status: 101, headers }, [
      HELLO,
      { echo: "hi" },
      { send: [{ frame: { type: "ping", data: "p" } }] },
      { expect: [{ frame: { type: "pong", data: "p" } }] },
      {
        send: [{
          kind: "SingleRequest",
          id: "0001",
          operation: "echo",
          payload: [{ repeat: "0123456789", times: 7000 }],
        }],
      },
      {
        expect: [{
          message: {
            kind: "SingleResult",
            id: "0001",
            payload: { size: 70000 },
          },
        }],
      },
      { close: { code: 1000 } },
    ]),
    "pass",
  );
});

Deno.test("a case writes frames as it likes", async () => {
  const frame = (digits: string): Step => ({
    send: [{ raw: [{ hex: digits }] }],
  });
  assertVerdict(
    await playRaw({ http: [REQUEST], status: 101 }, [
      frame("0281"),
      frame("0000000030"),
      frame("80810000000031"),
      { expect: [{ bytes: "01" }] },
      { echo: "hi" },
      // A frame without a mask, which the package refuses.
      frame("820130"),
      { expect: [{ end: { close: [1002] } }] },
    ]),
    "pass",
  );
});

Deno.test("a storm behind an upgrade request writes frames as it likes on connections of the same kind", async () => {
  const received: unknown[] = [];
  let connections = 0;
  const storm: Step = {
    storm: {
      times: 1,
      // The version, and a Heartbeat in a frame of which a byte is missing.
      send: [{ raw: [{ hex: "828200000000" }, { ascii: "01" }] }, {
        raw: [{ hex: "828d00000000" }, { ascii: "h00000000000" }],
      }],
      close: "reset",
    },
  };
  const verdict = await playRaw(
    { http: [REQUEST], status: 101 },
    [HELLO, storm, { echo: "hi" }],
    async (connection, ...rest) => {
      if (connections++ === 0) return await behave(connection, ...rest);
      received.push(await connection.readVersion(), await connection.read());
    },
  );
  assertVerdict(verdict, "pass");
  assertEquals(received, [true, undefined]);
});

/** The head of a response that accepts a request, without its end. */
const ACCEPTED: Bytes = [
  { ascii: "HTTP/1.1 101 Switching Protocols" },
  END,
  { ascii: "Upgrade: websocket" },
  END,
  { ascii: "Connection: Upgrade" },
  END,
  { ascii: "Sec-WebSocket-Accept: " },
  { var: "accept" },
  END,
];

function answerRaw(
  http: readonly Bytes[],
  steps: readonly Step[],
  answers: ScriptedAnswers = {},
) {
  return play([{ raw: { http } }, ...steps], behave, {
    role: "initiator",
    over: "websocket",
    timeout: 1000,
    fields: { over: ["websocket"] },
    answers,
  });
}

Deno.test("a case writes the response to the request of a client, and frames behind it", async () => {
  const steps: readonly Step[] = [
    { expect: [{ upgrade: { headers: { "Sec-WebSocket-Version": "13" } } }] },
    HELLO,
    { echo: "hi" },
    { send: [{ frame: { type: "ping", data: "p" } }] },
    { expect: [{ frame: { type: "pong", data: "p" } }] },
    { echo: [{ repeat: "0123456789", times: 7000 }] },
  ];
  assertVerdict(await answerRaw([ACCEPTED, [END]], steps), "pass");
  // The first frame comes with the response; the second one is masked, which the package refuses.
  assertVerdict(
    await answerRaw([[...ACCEPTED, END, { hex: "82023031" }]], [
      { expect: [{ bytes: "01" }] },
      { echo: "hi" },
      { send: [{ raw: [{ hex: "82810000000030" }] }] },
      { expect: [{ end: { close: [1002] } }] },
    ]),
    "pass",
  );
});

Deno.test("a client whose request is refused ends the connection", async () => {
  const closed = { state: "closed", notes: [], heartbeats: [] } as const;
  assertVerdict(
    await answerRaw(
      [["HTTP/1.1 404 Not Found", { hex: "0d0a0d0a" }].map((part) =>
        typeof part === "string" ? { ascii: part } : part
      )],
      [
        { expect: [{ end: {} }] },
        { report: "connection", is: { state: "closed" } },
      ],
      {
        connect: async ({ address }) => {
          const { status, wire } = await connectWebSocketWire(address);
          assert(status === 404 && wire === undefined);
          return { connection: "connection", ...closed };
        },
        report: () => closed,
      },
    ),
    "pass",
  );
  assertVerdict(
    await answerRaw([ACCEPTED], [], {
      connect: async ({ address }) => {
        const { port } = new URL(address);
        using conn = await Deno.connect({ port: Number(port) });
        await conn.write(new TextEncoder().encode("01\r\n\r\n"));
        await conn.read(new Uint8Array(1));
        return { connection: "connection", ...closed };
      },
    }),
    "fail",
    /^no HTTP request: "01"$/,
  );
});

Deno.test("the response to a raw request is compared", async () => {
  assertVerdict(
    await playRaw({ http: [REQUEST], status: [400, 426] }),
    "fail",
    /^the HTTP status was 101$/,
  );
  assertVerdict(
    await playRaw({
      http: [REQUEST],
      status: 101,
      headers: { "Sec-WebSocket-Accept": "other" },
    }),
    "fail",
    /^the header Sec-WebSocket-Accept was "s3pPLM/,
  );
  assertVerdict(
    await playRaw({
      http: [REQUEST],
      status: 101,
      headers: { Upgrade: { absent: true } },
    }),
    "fail",
    /^the header Upgrade was "websocket"$/,
  );
  assertVerdict(
    await playRaw({
      http: [REQUEST],
      status: 101,
      headers: { "Sec-WebSocket-Protocol": { absent: true } },
    }, [HELLO]),
    "pass",
  );
  const garbage: RawRequest = { http: ["no HTTP", [END, END]] };
  assertVerdict(
    await playRaw({ ...garbage, status: 400, mayEnd: true }, [{ alive: {} }]),
    "pass",
  );
  const { verdict, reason = "" } = await playRaw({
    http: ["GET"],
    status: 400,
  });
  assert(verdict === "fail" && reason.startsWith("nothing arrived within"));
});
