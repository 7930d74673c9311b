import type { Step } from "../cases/case.ts";
import {
  ANSWER,
  ASK,
  assertVerdict,
  HELLO,
  play,
} from "./testing/scripted_play.ts";
import { behave, type Script } from "./testing/scripted_implementation.ts";

Deno.test("text messages match as bytes and as frames", async () => {
  const script: Script = async (connection) => {
    const frame = (text: string) =>
      connection.wire.frame!({
        type: "text",
        bytes: new TextEncoder().encode(text),
        fin: true,
      });
    await frame("01");
    await connection.read();
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
    /^a text WebSocket message with "R000100000002" arrived$/,
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

Deno.test("control frames are ignorable, pings are answered and fragments joined", async () => {
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

Deno.test("an upgrade step sends headers and compares the status", async () => {
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
