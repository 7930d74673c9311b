import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { concat } from "@std/bytes";
import { bytesOf, textOf } from "./testing/oracle.ts";
import { encode, Encoder } from "./encoder.ts";
import { LimitError } from "./limit_error.ts";
import type { Message } from "./message.ts";
import { requestId } from "./request_id.ts";
import type { ProtocolVersion } from "./version.ts";

const id = requestId("0001");
const payload = bytesOf("hi");

const REQUEST: Message = {
  kind: "SingleRequest",
  id,
  operation: "echo",
  payload,
};

Deno.test("a message is two write units, the second the payload itself (wire/payload-opaque)", () => {
  const units = encode(REQUEST);
  assertEquals(units.map(textOf), ["r0001004echo00000002", "hi"]);
  assertStrictEquals(units[1], payload);
});

Deno.test("a message with an empty payload, or without one, is one write unit (wire/payload)", () => {
  const empty = new Uint8Array();
  assertEquals(encode({ kind: "SingleResult", id, payload: empty }).length, 1);
  assertEquals(encode({ kind: "Heartbeat", load: 0, time: 0 }).length, 1);
  assertEquals(encode({ kind: "ProtocolError", code: 0 }).length, 1);
});

Deno.test("a header is written at its offset in a buffer, and no other byte is changed", () => {
  const encoder = new Encoder();
  const buffer = bytesOf(".".repeat(30));
  assertEquals(encoder.writeHeader(REQUEST, buffer, 5), 25);
  assertEquals(textOf(buffer), ".....r0001004echo00000002.....");
});

Deno.test("a header that does not fit into the buffer is refused, and nothing is written", () => {
  const encoder = new Encoder();
  const length = encoder.headerLength(REQUEST);
  for (const at of [0, 1, 7]) {
    encoder.writeHeader(REQUEST, new Uint8Array(at + length), at);
    const buffer = bytesOf(".".repeat(at + length - 1));
    assertThrows(
      () => encoder.writeHeader(REQUEST, buffer, at),
      RangeError,
      `the buffer has ${buffer.length} bytes, wanted 20 from byte ${at} on`,
    );
    assertEquals(textOf(buffer), ".".repeat(at + length - 1));
  }
  assertThrows(
    () => encoder.writeHeader(REQUEST, new Uint8Array(64), -1),
    RangeError,
  );
});

Deno.test("text names are written as UTF-8, bytes as they are (wire/text3, wire/text3-empty, wire/text3-utf8)", () => {
  const names: (readonly [string | Uint8Array, string])[] = [
    ["", "000"],
    ["x", "001x"],
    ["h\u00e9", "003h\xc3\xa9"],
    ["\u65e5\u672c", "006\xe6\x97\xa5\xe6\x9c\xac"],
    ["\u{1f600}", "004\xf0\x9f\x98\x80"],
    ["\ufeffa", "004\xef\xbb\xbfa"],
    ["a\0\r\n", "004a\0\r\n"],
    ["\u07ff\u0800\uffff", "008\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"],
    ["\ud7ff\ue000", "006\xed\x9f\xbf\xee\x80\x80"],
    [bytesOf("\xff\xfe"), "002\xff\xfe"],
    [bytesOf("\xed\xa0\x80"), "003\xed\xa0\x80"],
    [bytesOf("plain"), "005plain"],
    ["n".repeat(4095), `fff${"n".repeat(4095)}`],
    ["\u00e9".repeat(2047), `ffe${"\xc3\xa9".repeat(2047)}`],
    [new Uint8Array(4095), `fff${"\0".repeat(4095)}`],
  ];
  for (const [name, wire] of names) {
    const notification: Message = { kind: "Notification", name, payload };
    const request: Message = {
      kind: "StreamRequest",
      id,
      operation: name,
      payload,
    };
    assertEquals(textOf(encode(notification)[0]!), `n${wire}00000002`);
    assertEquals(textOf(encode(request)[0]!), `s0001${wire}00000002`);
    assertEquals(
      new Encoder().headerLength(notification),
      wire.length + 9,
    );
  }
});

/** A payload that claims a size without having it. */
function payloadOf(byteLength: number): Uint8Array {
  return Object.create(Uint8Array.prototype, {
    byteLength: { value: byteLength },
  });
}

const NUMBERS = [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 53];
const wrongIds = NUMBERS.map((id) => ["id", { ...REQUEST, id }] as const);
const wrongNames = [
  "n".repeat(4096),
  "\u00e9".repeat(2048),
  new Uint8Array(4096),
  "\ud800",
  "a\udc00",
  "\udc00\ud800",
  "\udc00\udc00",
  "\ud83d\ud83d\ude00",
  "\ud800a",
];

/** The field that the refusal names, with a message that it refuses. */
const REFUSED: (readonly [string, Message, ProtocolVersion?])[] = [
  ...wrongIds,
  ["id", { kind: "SingleRequest", id: 2 ** 24, operation: "", payload }, "00"],
  ["id", { kind: "StreamRequest", id: -1, operation: "", payload }],
  ["id", { kind: "StreamRequestPart", id: -1, payload }],
  ["id", { kind: "SingleResult", id: 2 ** 32, payload }],
  ["id", { kind: "StreamResult", id: 1.5, payload }],
  ["id", { kind: "ErrorResult", id: NaN, payload }],
  ["id", { kind: "RetryResult", id: -1, wait: 0, payload }],
  ["id", { kind: "SingleResult", id: "0001" as unknown as number, payload }],
  ...wrongNames.flatMap((name) =>
    [
      ["name", { kind: "Notification", name, payload }],
      ["operation", { kind: "SingleRequest", id, operation: name, payload }],
      ["operation", { kind: "StreamRequest", id, operation: name, payload }],
    ] as const
  ),
  ...NUMBERS.flatMap((value) =>
    [
      ["wait", { kind: "RetryResult", id, wait: value, payload }],
      ["load", { kind: "Heartbeat", load: value, time: 0 }],
      ["time", { kind: "Heartbeat", load: 0, time: value }],
      ["code", { kind: "ProtocolError", code: value }],
    ] as const
  ),
  ["load", { kind: "Heartbeat", load: 0x10000, time: 0 }],
  ...[2 ** 32, NaN].map(payloadOf).flatMap((payload) =>
    [
      ["payload", { ...REQUEST, payload }],
      ["payload", { kind: "StreamRequest", id, operation: "", payload }],
      ["payload", { kind: "StreamRequestPart", id, payload }],
      ["payload", { kind: "RetryResult", id, wait: 0, payload }],
      ["payload", { kind: "Notification", name: "", payload }],
    ] as const
  ),
  ["kind", { kind: "RetryResult", id: 1, wait: 0, payload }, "00"],
  ["kind", { kind: "Heartbeat", load: 0, time: 0 }, "00"],
  ["kind", { kind: "ProtocolError", code: 0 }, "00"],
  ["kind", { kind: "Ping" } as unknown as Message],
];

Deno.test("a value beyond its field is refused by the field's name, and nothing is written (wire/range)", () => {
  for (const [code, message, version = "01"] of REFUSED) {
    const encoder = new Encoder({ version });
    const buffer = bytesOf(".".repeat(5000));
    for (
      const call of [
        () => encoder.writeHeader(message, buffer, 0),
        () => encoder.headerLength(message),
        () => encoder.encode(message),
        () => encode(message, { version }),
      ]
    ) {
      const error = assertThrows(call, LimitError, "Cannot encode ");
      assertEquals((error as LimitError).code, code);
    }
    assert(buffer.every((byte) => byte === 0x2e));
  }
});

Deno.test("the error for a value beyond its field has the value and the range", () => {
  const cases: (readonly [Message, string, ProtocolVersion?])[] = [
    [
      { kind: "SingleResult", id: -1, payload },
      "Cannot encode SingleResult: request ID is -1, wanted an integer from 0 to 4294967295",
    ],
    [
      { kind: "SingleResult", id: 0x1000000, payload },
      "Cannot encode SingleResult: request ID is 16777216, wanted an integer from 0 to 16777215",
      "00",
    ],
    [
      { kind: "Notification", name: "n".repeat(4096), payload },
      "Cannot encode Notification: name is 4096 bytes, wanted at most 4095",
    ],
    [
      { ...REQUEST, operation: "a\ud800" },
      'Cannot encode SingleRequest: operation is "a\\u{d800}", wanted text without lone surrogates',
    ],
    [
      { kind: "Heartbeat", load: 65536, time: 0 },
      "Cannot encode Heartbeat: load is 65536, wanted an integer from 0 to 65535",
    ],
    [
      { kind: "SingleResult", id, payload: payloadOf(2 ** 32) },
      "Cannot encode SingleResult: payload is 4294967296 bytes, wanted an integer from 0 to 4294967295",
    ],
    [
      { kind: "ProtocolError", code: 2 },
      "Cannot encode ProtocolError: version 00 has no such message",
      "00",
    ],
  ];
  for (const [message, text, version = "01"] of cases) {
    const error = assertThrows(() => encode(message, { version }));
    assertEquals((error as Error).message, text);
  }
});

Deno.test("an encoder writes further messages after a refusal (wire/range)", () => {
  const encoder = new Encoder();
  assertThrows(() => encoder.encode({ ...REQUEST, id: -1 }));
  assertEquals(
    textOf(concat(encoder.encode(REQUEST))),
    "r0001004echo00000002hi",
  );
});

Deno.test("the largest sizes and numbers are written (wire/unsigned)", () => {
  const largest: (readonly [Message, string])[] = [
    [
      { kind: "SingleResult", id: 0xffffffff, payload: payloadOf(0xffffffff) },
      "R\xff\xff\xff\xffffffffff",
    ],
    [
      { kind: "RetryResult", id, wait: 0xffffffff, payload: payloadOf(0) },
      "e0001ffffffff00000000",
    ],
    [
      { kind: "Heartbeat", load: 0xffff, time: 0xffffffff },
      "hffffffffffff",
    ],
    [{ kind: "ProtocolError", code: 0xffffffff }, "fffffffff"],
  ];
  for (const [message, wire] of largest) {
    assertEquals(textOf(encode(message)[0]!), wire);
  }
});
