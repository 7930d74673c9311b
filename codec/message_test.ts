import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import {
  bytesOf,
  oracleDecode,
  oracleEncode,
  VERSIONS,
} from "./testing/oracle.ts";
import { decodeChunks } from "./testing/oracle_shape.ts";
import { encode, Encoder } from "./encoder.ts";
import type { Message, MessageKind } from "./message.ts";
import { MAX_NAME_BYTES } from "./name.ts";
import { requestId } from "./request_id.ts";
import type { ProtocolVersion } from "./version.ts";

interface Example {
  readonly version: ProtocolVersion;
  readonly wire: string;
  readonly header: number;
  readonly message: Message;
}

/** The statement about each kind of message. */
const STATEMENTS = {
  SingleRequest: "wire/single-request",
  StreamRequest: "wire/stream-request",
  StreamRequestPart: "wire/stream-request-part",
  SingleResult: "wire/single-result",
  StreamResult: "wire/stream-result",
  ErrorResult: "wire/error-result",
  RetryResult: "wire/retry-result",
  Notification: "wire/notification",
  Heartbeat: "wire/heartbeat",
  ProtocolError: "wire/protocol-error",
} as const satisfies Record<MessageKind, string>;

/** Every kind in every version, with fields that are empty and that are not. */
const EXAMPLES: readonly Example[] = [
  {
    version: "01",
    wire: "ra17c007weather00000006Malm\xc3\xb6",
    header: 23,
    message: {
      kind: "SingleRequest",
      id: requestId("a17c"),
      operation: "weather",
      payload: bytesOf("Malm\xc3\xb6"),
    },
  },
  {
    version: "01",
    wire: "r\0\0\0\x0000000000000",
    header: 16,
    message: {
      kind: "SingleRequest",
      id: 0,
      operation: "",
      payload: bytesOf(""),
    },
  },
  {
    version: "01",
    wire: "s00f2006import0000000afirst,last",
    header: 22,
    message: {
      kind: "StreamRequest",
      id: requestId("00f2"),
      operation: "import",
      payload: bytesOf("first,last"),
    },
  },
  {
    version: "01",
    wire: "p00f200000008Ada,King",
    header: 13,
    message: {
      kind: "StreamRequestPart",
      id: requestId("00f2"),
      payload: bytesOf("Ada,King"),
    },
  },
  {
    version: "01",
    wire: "p00f200000000",
    header: 13,
    message: {
      kind: "StreamRequestPart",
      id: requestId("00f2"),
      payload: bytesOf(""),
    },
  },
  {
    version: "01",
    wire: "Ra17c00000002-3",
    header: 13,
    message: {
      kind: "SingleResult",
      id: requestId("a17c"),
      payload: bytesOf("-3"),
    },
  },
  {
    version: "01",
    wire: "S00f200000005row 1",
    header: 13,
    message: {
      kind: "StreamResult",
      id: requestId("00f2"),
      payload: bytesOf("row 1"),
    },
  },
  {
    version: "01",
    wire: "E\x9c\x01\0\x000000000cunknown city",
    header: 13,
    message: {
      kind: "ErrorResult",
      id: 0x9c010000,
      payload: bytesOf("unknown city"),
    },
  },
  {
    version: "01",
    wire: "e00f3000009c40000000eimport is busy",
    header: 21,
    message: {
      kind: "RetryResult",
      id: requestId("00f3"),
      wait: 2500,
      payload: bytesOf("import is busy"),
    },
  },
  {
    version: "01",
    wire: "n00bstation.new00000006Kiruna",
    header: 23,
    message: {
      kind: "Notification",
      name: "station.new",
      payload: bytesOf("Kiruna"),
    },
  },
  {
    version: "01",
    wire: "n00000000000",
    header: 12,
    message: { kind: "Notification", name: "", payload: bytesOf("") },
  },
  {
    version: "01",
    wire: "h040065bb87c0",
    header: 13,
    message: { kind: "Heartbeat", load: 1024, time: 1_706_788_800 },
  },
  {
    version: "01",
    wire: "hffffffffffff", // heartbeat/any-value
    header: 13,
    message: { kind: "Heartbeat", load: 0xffff, time: 0xffffffff },
  },
  {
    version: "01",
    wire: "f00000002",
    header: 9,
    message: { kind: "ProtocolError", code: 2 },
  },
  {
    version: "01",
    wire: "f80000000",
    header: 9,
    message: { kind: "ProtocolError", code: 0x80000000 },
  },
  {
    version: "00",
    wire: "r07a004ping00000002hi",
    header: 19,
    message: {
      kind: "SingleRequest",
      id: requestId("07a", "00"),
      operation: "ping",
      payload: bytesOf("hi"),
    },
  },
  {
    version: "00",
    wire: "s\xff\xff\xff00000000000",
    header: 15,
    message: {
      kind: "StreamRequest",
      id: 0xffffff,
      operation: "",
      payload: bytesOf(""),
    },
  },
  {
    version: "00",
    wire: "p07a00000001x",
    header: 12,
    message: {
      kind: "StreamRequestPart",
      id: requestId("07a", "00"),
      payload: bytesOf("x"),
    },
  },
  {
    version: "00",
    wire: "R07a00000001x",
    header: 12,
    message: {
      kind: "SingleResult",
      id: requestId("07a", "00"),
      payload: bytesOf("x"),
    },
  },
  {
    version: "00",
    wire: "S07a00000001x",
    header: 12,
    message: {
      kind: "StreamResult",
      id: requestId("07a", "00"),
      payload: bytesOf("x"),
    },
  },
  {
    version: "00",
    wire: "E07a00000001x",
    header: 12,
    message: {
      kind: "ErrorResult",
      id: requestId("07a", "00"),
      payload: bytesOf("x"),
    },
  },
  {
    version: "00",
    wire: "n004ping00000002hi",
    header: 16,
    message: { kind: "Notification", name: "ping", payload: bytesOf("hi") },
  },
];

for (const { version, wire, header, message } of EXAMPLES) {
  const name = `${message.kind} of version ${version} as ${
    JSON.stringify(wire)
  } (${STATEMENTS[message.kind]})`;

  Deno.test(`encode writes ${name}`, () => {
    const units = encode(message, { version });
    assertEquals(concat(units), bytesOf(wire));
    assertEquals(units[0]!.byteLength, header);
    assertEquals(new Encoder({ version }).headerLength(message), header);
    assertEquals(oracleEncode(message, version), bytesOf(wire));
  });

  // wire/complete: no byte follows the message.
  Deno.test(`Decoder reads ${name}, whole and byte by byte`, () => {
    const bytes = bytesOf(wire);
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
    assertEquals(decodeChunks([bytes], { version }), { messages: [message] });
    assertEquals(decodeChunks(chunks, { version }), { messages: [message] });
    assertEquals(
      oracleDecode(bytes, {
        version,
        maxNameBytes: MAX_NAME_BYTES,
        maxPayloadBytes: 100,
      }),
      { messages: [message] },
    );
  });
}

Deno.test("messages of all kinds follow each other in any order (wire/conversation, wire/message, wire/any-order)", () => {
  for (const version of VERSIONS) {
    const own = EXAMPLES.filter((example) => example.version === version);
    const both = [...own, ...own.toReversed()];
    const bytes = bytesOf(both.map(({ wire }) => wire).join(""));
    assertEquals(decodeChunks([bytes], { version }), {
      messages: both.map(({ message }) => message),
    });
  }
});
