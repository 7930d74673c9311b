import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  anyBytes,
  anyConversation,
  anyName,
  check,
} from "./testing/arbitrary.ts";
import { bytesOf } from "./testing/oracle.ts";
import { quoteBytes, quoteText } from "../quoting/quote.ts";
import { describe } from "./describe.ts";
import { LimitError } from "./limit_error.ts";
import type { Message } from "./message.ts";
import { requestId } from "./request_id.ts";

const id = requestId("0001");

/**
 * What may reach a terminal: no control, format, surrogate, private or
 * unassigned character, one kind of space.
 */
const SAFE = /^[^\p{C}\p{Zl}\p{Zp}\p{Zs}]*(?: [^\p{C}\p{Zl}\p{Zp}\p{Zs}]*)*$/u;

function result(payload: string): Message {
  return { kind: "SingleResult", id, payload: bytesOf(payload) };
}

Deno.test("a message of any kind is described in one line", () => {
  const payload = bytesOf("hi");
  for (
    const [message, line] of [
      [
        { kind: "SingleRequest", id, operation: "echo", payload },
        'SingleRequest 0001 "echo" 2 bytes "hi"',
      ],
      [
        { kind: "StreamRequest", id, operation: "", payload: bytesOf("") },
        'StreamRequest 0001 "" 0 bytes',
      ],
      [
        { kind: "StreamRequestPart", id, payload },
        'StreamRequestPart 0001 2 bytes "hi"',
      ],
      [result("x"), 'SingleResult 0001 1 byte "x"'],
      [
        { kind: "StreamResult", id: 0x000aff22, payload },
        'StreamResult \\x00\\x0a\\xff\\x22 2 bytes "hi"',
      ],
      [
        { kind: "ErrorResult", id: 0x205c7f7e, payload },
        'ErrorResult \\x20\\x5c\\x7f~ 2 bytes "hi"',
      ],
      [
        { kind: "RetryResult", id, wait: 0xffffffff, payload },
        'RetryResult 0001 wait 4294967295 ms 2 bytes "hi"',
      ],
      [
        { kind: "Notification", name: bytesOf("a\xff"), payload },
        'Notification "a\\xff" 2 bytes "hi"',
      ],
      [
        { kind: "Heartbeat", load: 65535, time: 0x65bb87c0 },
        "Heartbeat load 65535 time 2024-02-01T12:00:00Z",
      ],
      [
        { kind: "Heartbeat", load: 0, time: 0xffffffff },
        "Heartbeat load 0 time 2106-02-07T06:28:15Z",
      ],
      [
        { kind: "ProtocolError", code: 0 },
        "ProtocolError code 0 (abnormal)",
      ],
      [
        { kind: "ProtocolError", code: 1 },
        "ProtocolError code 1 (unsupported version)",
      ],
      [
        { kind: "ProtocolError", code: 3 },
        "ProtocolError code 3 (timeout)",
      ],
      [
        { kind: "ProtocolError", code: 4 },
        "ProtocolError code 4 (unknown)",
      ],
    ] as const
  ) {
    assertEquals(describe(message), line);
  }
});

Deno.test("a request ID of version 00 is shown with three bytes", () => {
  const message = { ...result(""), id: requestId("07a", "00") } as Message;
  assertEquals(
    describe(message, { version: "00" }),
    "SingleResult 07a 0 bytes",
  );
  assertThrows(() => describe(result(""), { version: "00" }), LimitError);
});

Deno.test("hostile text is shown escaped", () => {
  for (
    const [payload, shown] of [
      ["\x1b[2J\x07", '"\\x1b[2J\\x07"'],
      ["a\r\nb\tc", '"a\\x0d\\x0ab\\x09c"'],
      ["\x7f\xc2\x9b", '"\\x7f\\u{9b}"'],
      ["\xe2\x80\xae", '"\\u{202e}"'],
      ["\xe2\x80\xa8\xe2\x80\xa9", '"\\u{2028}\\u{2029}"'],
      ["\xe2\x80\x8b\xef\xbb\xbf", '"\\u{200b}\\u{feff}"'],
      ["\xc2\xa0", '"\\u{a0}"'],
      ["\xee\x80\x80", '"\\u{e000}"'],
      ["\xf3\xa0\x81\x81", '"\\u{e0041}"'],
      ['"\\', '"\\"\\\\"'],
      ["\\x1b", '"\\\\x1b"'],
      ["\xff \x1b", '"\\xff\\x20\\x1b"'],
      ["\xc3\xa9\xf0\x9f\x98\x80", '"\u00e9\u{1f600}"'],
    ] as const
  ) {
    const size = payload.length === 1 ? "1 byte" : `${payload.length} bytes`;
    const line = describe(result(payload));
    assertEquals(line, `SingleResult 0001 ${size} ${shown}`);
    assertMatch(line, SAFE);
  }
});

Deno.test("a long payload is cut at 64 bytes by default", () => {
  assertEquals(
    describe(result("x".repeat(64))),
    `SingleResult 0001 64 bytes "${"x".repeat(64)}"`,
  );
  assertEquals(
    describe(result("x".repeat(65))),
    `SingleResult 0001 65 bytes "${"x".repeat(64)}"…`,
  );
  assertEquals(
    describe(result("xyz"), { maxPayloadBytes: 2 }),
    'SingleResult 0001 3 bytes "xy"…',
  );
  assertEquals(
    describe(result("xyz"), { maxPayloadBytes: 0 }),
    "SingleResult 0001 3 bytes",
  );
});

Deno.test("a payload is not cut within a character", () => {
  const text = "a\u00e9\u65e5\u{1f600}b";
  const payload = new TextEncoder().encode(text);
  const shown = Array.from(
    payload,
    (_, maxPayloadBytes) =>
      describe({ kind: "Notification", name: "", payload }, {
        maxPayloadBytes,
      }),
  );
  assertEquals(
    shown.map((line) => line.replace('Notification "" 11 bytes', "").trim()),
    [
      "",
      '"a"…',
      '"a"…',
      '"a\u00e9"…',
      '"a\u00e9"…',
      '"a\u00e9"…',
      '"a\u00e9\u65e5"…',
      '"a\u00e9\u65e5"…',
      '"a\u00e9\u65e5"…',
      '"a\u00e9\u65e5"…',
      '"a\u00e9\u65e5\u{1f600}"…',
    ],
  );
});

Deno.test("a payload that is not text is cut at most three bytes earlier", () => {
  assertEquals(
    describe(result("\x80".repeat(10)), { maxPayloadBytes: 5 }),
    'SingleResult 0001 10 bytes "\\x80\\x80"…',
  );
  assertEquals(
    describe(result("\x80\x80"), { maxPayloadBytes: 1 }),
    'SingleResult 0001 2 bytes ""…',
  );
});

Deno.test("property: the description of any message is one line that is safe to print", () => {
  check(
    fc.property(
      anyConversation,
      fc.nat(50),
      ({ version, messages }, maxPayloadBytes) => {
        for (const message of messages) {
          assertMatch(describe(message, { version, maxPayloadBytes }), SAFE);
          assertMatch(describe(message, { version }), SAFE);
        }
      },
    ),
  );
});

Deno.test("property: a quotation is safe to print and can be undone", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), anyName);
  check(fc.property(text, (name) => {
    if (typeof name !== "string") return;
    const quoted = quoteText(name);
    assertMatch(quoted, SAFE);
    assertEquals(unquote(quoted), name);
  }));
  check(fc.property(anyBytes, (bytes) => {
    assertMatch(quoteBytes(bytes), SAFE);
    assert(quoteBytes(bytes).length >= bytes.length / 4 + 2);
  }));
});

/** The text that a quotation shows, by the rules of JavaScript's strings. */
function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(
    /\\(?:x(..)|u\{([^}]+)\}|(["\\]))/gu,
    (_, pair, code, plain) =>
      plain ?? String.fromCodePoint(parseInt(pair ?? code, 16)),
  );
}
