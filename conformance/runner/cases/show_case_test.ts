import { assertEquals, assertStringIncludes } from "@std/assert";
import { SMALL_CORPUS } from "../testing/codec_implementation.ts";
import { joinBytes, toBytes } from "./bytes.ts";
import type { CodecCase, SessionCase } from "./case.ts";
import { casesOf, CORPUS } from "./corpus.ts";
import { isSession } from "./expand.ts";
import { showCase } from "./show_case.ts";
import { toRawMessage, wireOf } from "./show_message.ts";

const BASE = {
  since: "1.0.0",
  level: "must",
  title: "Something holds",
  spec: ["wire/a", "wire/unknown"],
} as const;

Deno.test("a codec case is shown with its bytes, messages and statements", () => {
  const each: CodecCase = {
    ...BASE,
    id: "codec/a/b",
    directions: ["decode"],
    wire: [{ ascii: "n001a00000001" }, { hex: "00" }, { ascii: "x" }],
    messages: [{ kind: "Notification", name: "a", payload: [{ hex: "00" }] }],
    error: { reason: "unknown-kind", code: 2, at: 14 },
  };
  assertEquals(showCase(each, SMALL_CORPUS).split("\n").slice(0, 10), [
    "codec/a/b (must, since 1.0.0)",
    "Something holds",
    "",
    "wire/a (must): A holds.",
    "wire/unknown",
    "",
    "directions: decode",
    "wire: 15 bytes",
    "  n001a00000001\\x00x",
    'message (up to byte 14): Notification name "a" payload "\\x00"',
  ]);
  assertStringIncludes(
    showCase(each, SMALL_CORPUS),
    "refused: unknown-kind, shown by byte 14, code 2\n",
  );
});

Deno.test("a conversation is shown step by step", () => {
  const each: SessionCase = {
    ...BASE,
    id: "session/a/b",
    roles: ["acceptor"],
    over: ["tcp"],
    needs: ["streams"],
    options: { streams: true },
    bystander: true,
    steps: [
      { handshake: {} },
      {
        send: [{
          kind: "SingleRequest",
          id: "0001",
          operation: "echo",
          payload: "hi",
        }, { bytes: "xy" }],
        cut: 3,
      },
      { send: [{ kind: "SingleResult", id: { var: "id" }, payload: "hi" }] },
      { send: [{ kind: "ProtocolError", code: 1, first: 4 }] },
      {
        expect: [{
          message: { kind: "SingleResult", id: "0001", payload: { json: [1] } },
          within: 50,
        }],
      },
      {
        outcomes: [{ grade: "weak", because: "late", quiet: true }, {
          grade: "pass",
          expect: [{ end: { error: "preferred", codes: [2], close: [4002] } }],
        }],
      },
      { do: "request", as: "a", operation: "echo" },
      { report: "a", is: { outcome: "closed" } },
      { flood: { times: 3, send: [{ bytes: [{ counter: 4 }] }] } },
      { close: "half" },
      { quiet: {} },
      { hold: {} },
      {
        send: [{
          kind: "Notification",
          name: "n",
          payload: [{ ascii: "p" }, { var: "id" }],
        }],
      },
    ],
  };
  const shown = showCase(each, SMALL_CORPUS);
  for (
    const line of [
      " 1. > 01\n    < 01\n",
      " 2. > r0001004echo00000002hi\n    > xy\n      in pieces of 3 bytes\n",
      ' 3. > SingleResult payload "hi", its id being id\n',
      " 4. > f000\n",
      ' 5. < SingleResult id "0001" payload {"json":[1]}, within 50 ms\n',
      " 6. weak (late), if\n      nothing arrives\n    pass, if\n      < the end, preferably after a ProtocolError, code 2, closed with 4002\n",
      ' 7. command to the implementation: request {"as":"a","operation":"echo"}\n',
      ' 8. the implementation reports for a\n      {"outcome":"closed"}\n',
      " 9. 3 times:\n    > 0000\n",
      '10. close "half"\n',
      "11. nothing arrives for a quiet period\n",
      "12. hold\n",
      '13. > Notification name "n" payload "p<id>"\n',
      "another connection stays open",
      "  session/a/b/role:acceptor/over:tcp\n",
    ]
  ) assertStringIncludes(shown, line);
});

Deno.test("every case of the corpus can be shown", () => {
  for (const each of casesOf(CORPUS)) {
    const shown = showCase(each, CORPUS);
    assertStringIncludes(shown, each.title);
    const source = JSON.stringify(each);
    for (const fault of [": undefined", "[object", "NaN"]) {
      const isOfCase = source.includes(fault);
      assertEquals(!isOfCase && shown.includes(fault), false, each.id);
    }
  }
});

Deno.test("messages are written as the corpus has them", () => {
  const bytesOf = new Map<string, string>();
  for (const each of casesOf(CORPUS)) {
    if (
      isSession(each) || !each.directions.includes("encode") || each.error ||
      each.wire === undefined
    ) continue;
    if (each.messages.length === 0) continue;
    const pieces = each.messages.map((message) =>
      wireOf(toRawMessage(message))
    );
    bytesOf.set(each.id, joinBytes(pieces).toHex());
    assertEquals(bytesOf.get(each.id), toBytes(each.wire).toHex(), each.id);
  }
  assertEquals(bytesOf.size > 50, true);
});
