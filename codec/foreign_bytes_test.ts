// What other implementations put on the wire, right and wrong: the Go reference 1.3.7, gotalk.js
// 1.2.1 and python-gotalk. Bytes are text with one character each.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { bytesOf, oracleDecode } from "./testing/oracle.ts";
import { decodeChunks, oracleShape } from "./testing/oracle_shape.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES } from "./decoder.ts";
import { describe } from "./describe.ts";
import { MAX_NAME_BYTES } from "./name.ts";
import type { ProtocolErrorReason } from "./protocol_error.ts";
import type { ProtocolVersion } from "./version.ts";

/** Bytes behind the version, and what they decode to: messages as lines, then a refusal, if any. */
interface Case {
  readonly what: string;
  readonly wire: string;
  readonly version?: ProtocolVersion;
  readonly lines?: readonly string[];
  readonly refusal?: readonly [
    reason: ProtocolErrorReason,
    offset: number,
    named: string,
  ];
}

const WELL_FORMED: readonly Case[] = [
  {
    what: "Go answers",
    wire: "R000100000002hi",
    lines: ['SingleResult 0001 2 bytes "hi"'],
  },
  {
    what: "Go answers with nothing",
    wire: "R000100000000",
    lines: ["SingleResult 0001 0 bytes"],
  },
  {
    what: "Go asks, under an ID that counts from zero in little-endian order",
    wire: "r\0\0\0\x00009client-op00000000r\x01\0\0\x00009client-op00000000",
    lines: [
      'SingleRequest \\x00\\x00\\x00\\x00 "client-op" 0 bytes',
      'SingleRequest \\x01\\x00\\x00\\x00 "client-op" 0 bytes',
    ],
  },
  {
    what: "Go does not know an operation",
    wire: 'E000100000018unknown operation "nope"',
    lines: ['ErrorResult 0001 24 bytes "unknown operation \\"nope\\""'],
  },
  {
    what: "a Go handler fails without a text",
    wire: "E000100000000",
    lines: ["ErrorResult 0001 0 bytes"],
  },
  {
    what: "a Go stream handler fails after output",
    wire: "S000100000003oneE00010000000bstream boomS000100000000",
    lines: [
      'StreamResult 0001 3 bytes "one"',
      'ErrorResult 0001 11 bytes "stream boom"',
      "StreamResult 0001 0 bytes",
    ],
  },
  {
    what: "Go limits requests",
    wire: "e0001000001f400000012request rate limit",
    lines: ['RetryResult 0001 wait 500 ms 18 bytes "request rate limit"'],
  },
  {
    what: "Go takes no streams",
    wire: "E00010000001dstream requests not supported",
    lines: ['ErrorResult 0001 29 bytes "stream requests not supported"'],
  },
  {
    what: "a Go client ends a stream that it never opened",
    wire: "p\x07\0\0\x0000000000",
    lines: ["StreamRequestPart \\x07\\x00\\x00\\x00 0 bytes"],
  },
  {
    what: "Go sends a heartbeat, then waits in vain",
    wire: "h00005f63ee48f00000003",
    lines: [
      "Heartbeat load 0 time 2020-09-17T23:16:24Z",
      "ProtocolError code 3 (timeout)",
    ],
  },
  {
    what: "Go sends binary names",
    wire: "r0001002\xff\xfe00000002hin005\0\r\n\"'00000000",
    lines: [
      'SingleRequest 0001 "\\xff\\xfe" 2 bytes "hi"',
      'Notification "\\x00\\x0d\\x0a\\"\'" 0 bytes',
    ],
  },
  {
    what: "Go answers under the odd IDs that it was asked with",
    wire:
      "R\xff\xff\xff\xff00000000R\r\n\r\n00000000Rr00000000000R    00000000",
    lines: [
      "SingleResult \\xff\\xff\\xff\\xff 0 bytes",
      "SingleResult \\x0d\\x0a\\x0d\\x0a 0 bytes",
      "SingleResult r000 0 bytes",
      "SingleResult \\x20\\x20\\x20\\x20 0 bytes",
    ],
  },
  {
    what: "gotalk.js asks, under its first and last ID",
    wire: "r0000004echo00000002hirzzzz004echo00000000",
    lines: [
      'SingleRequest 0000 "echo" 2 bytes "hi"',
      'SingleRequest zzzz "echo" 0 bytes',
    ],
  },
  {
    what: "gotalk.js opens a stream and never ends it",
    wire: "s!000006import00000000",
    lines: ['StreamRequest !000 "import" 0 bytes'],
  },
  {
    what: "gotalk.js refuses a retry",
    wire: "f00000002",
    lines: ["ProtocolError code 2 (invalid message)"],
  },
  {
    what: "a code beyond those that gotalk.js can pass on",
    wire: "f00000400",
    lines: ["ProtocolError code 1024 (unknown)"],
  },
  {
    what: "numbers that gotalk.js takes for negative",
    wire: "hffffffffffffe0001ffffffff00000000",
    lines: [
      "Heartbeat load 65535 time 2106-02-07T06:28:15Z",
      "RetryResult 0001 wait 4294967295 ms 0 bytes",
    ],
  },
  {
    what: "upper-case digits, which all of them read",
    wire: "R00010000000A0123456789n00Aabcdefghij00000000",
    lines: [
      'SingleResult 0001 10 bytes "0123456789"',
      'Notification "abcdefghij" 0 bytes',
    ],
  },
  {
    what: "an empty operation, and a notification of twelve bytes",
    wire: "r000100000000002hin00000000000",
    lines: ['SingleRequest 0001 "" 2 bytes "hi"', 'Notification "" 0 bytes'],
  },
  {
    what:
      "python-gotalk asks, with a short operation and an ID of four characters",
    wire: "r0001004echo00000002hi",
    lines: ['SingleRequest 0001 "echo" 2 bytes "hi"'],
  },
  {
    what: "python-gotalk notifies",
    wire: "n00cchat message00000002{}",
    lines: ['Notification "chat message" 2 bytes "{}"'],
  },
  {
    what: "python-gotalk refuses and retries",
    wire: "f00000001e0001ffffffff00000000",
    lines: [
      "ProtocolError code 1 (unsupported version)",
      "RetryResult 0001 wait 4294967295 ms 0 bytes",
    ],
  },
  {
    what: "python-gotalk of version 00 asks and answers",
    wire: "r001004echo00000002hiR00100000002hi",
    version: "00",
    lines: [
      'SingleRequest 001 "echo" 2 bytes "hi"',
      'SingleResult 001 2 bytes "hi"',
    ],
  },
];

const MALFORMED: readonly Case[] = [
  {
    what: "the version again",
    wire: "01r0001004echo00000000",
    refusal: ["unknown-kind", 0, 'kind is "0"'],
  },
  {
    what: "a line end",
    wire: "f00000001\n",
    lines: ["ProtocolError code 1 (unsupported version)"],
    refusal: ["unknown-kind", 9, 'kind is "\\x0a"'],
  },
  {
    what: "an unknown kind with twelve digits",
    wire: "x000100000000",
    refusal: ["unknown-kind", 0, 'kind is "x"'],
  },
  {
    what: "text",
    wire: "Hello, how are you?",
    refusal: ["unknown-kind", 0, 'kind is "H"'],
  },
  ...["+0000002", "-0000002", " 0000002", "x0000000", ":0000000"].map(
    (size): Case => ({
      what: `a payload size of ${size}`,
      wire: `R0001${size}hi`,
      refusal: ["bad-hex", 5, "SingleResult: payload size is"],
    }),
  ),
  ...["0x000002", "0X000002", "0 000002", "0_000002", "0\x00000002", "0@000002"]
    .map(
      (size): Case => ({
        what: `a payload size of ${JSON.stringify(size)}`,
        wire: `R0001${size}hi`,
        refusal: ["bad-hex", 6, "SingleResult: payload size is"],
      }),
    ),
  ...[..."/:;<=>?@G`g"].map((letter): Case => ({
    what: `the letter ${letter} for a digit, some of which gotalk.js reads`,
    wire: `R00010000000${letter}`,
    refusal: ["bad-hex", 12, "SingleResult: payload size is"],
  })),
  {
    what: "a heartbeat whose load is no number",
    wire: "hXXXX5f63ee48",
    refusal: ["bad-hex", 1, 'Heartbeat: load is "X", wanted 4'],
  },
  {
    what: "Go leaves out the length of an empty operation",
    wire: "r\x01\0\0\x0000000002hi",
    refusal: ["bad-hex", 13, 'SingleRequest: payload size is "00002h"'],
  },
  {
    what: "Go leaves out the length of an empty name",
    wire: "n00000002hi",
    refusal: ["bad-hex", 9, 'Notification: payload size is "00002h"'],
  },
  {
    what: "Go leaves out the length of an empty operation, without payload",
    wire: "r\x01\0\0\x0000000000R000100000000",
    refusal: ["bad-hex", 13, 'SingleRequest: payload size is "00000R"'],
  },
  {
    what: "gotalk.js leaves out the length of an empty operation",
    wire: "r000700000001x",
    refusal: ["bad-hex", 13, 'SingleRequest: payload size is "00001x"'],
  },
  {
    what: "gotalk.js leaves out the length of an empty name",
    wire: "n00000001x",
    refusal: ["bad-hex", 9, 'Notification: payload size is "00001x"'],
  },
  {
    what: "gotalk.js counts six bytes for an emoji of four",
    wire: "r0000004echo00000006\xf0\x9f\x98\x80h00005f63ee48",
    lines: ['SingleRequest 0000 "echo" 6 bytes "\u{1f600}h0"'],
    refusal: ["unknown-kind", 26, 'kind is "0"'],
  },
  {
    what: "gotalk.js stops counting at NUL",
    wire: "r0000004echo00000001a\0b",
    lines: ['SingleRequest 0000 "echo" 1 byte "a"'],
    refusal: ["unknown-kind", 21, 'kind is "\\x00"'],
  },
  {
    what: "gotalk.js counts characters when it speaks text",
    wire: "r0000004echo00000002\xc3\xa9\xc3\xa9",
    lines: ['SingleRequest 0000 "echo" 2 bytes "\u00e9"'],
    refusal: ["unknown-kind", 22, 'kind is "\\xc3"'],
  },
  {
    what: "python-gotalk counts operations in decimal",
    wire: "s0001011stream-echo00000003abc",
    refusal: ["truncated", 30, "it ends after 30 bytes"],
  },
  {
    what:
      "python-gotalk counts operations in decimal, and another message follows",
    wire: "r0001010op-name-xx00000002hi",
    refusal: ["bad-hex", 26, 'SingleRequest: payload size is "02h"'],
  },
  {
    what: "python-gotalk counts operations in decimal, in version 00",
    wire: "r001010op-name-xx00000002hi",
    version: "00",
    refusal: ["bad-hex", 25, 'SingleRequest: payload size is "02h"'],
  },
  {
    what: "python-gotalk counts an operation in four digits",
    wire: `r00011000${"q".repeat(1000)}00000000`,
    refusal: ["bad-hex", 264, 'SingleRequest: payload size is "q"'],
  },
  {
    what: "python-gotalk counts a name in four digits",
    wire: `n1000${"q".repeat(4096)}00000000`,
    refusal: ["bad-hex", 260, 'Notification: payload size is "q"'],
  },
  {
    what: "python-gotalk asks under an ID of three characters",
    wire: "r001004echo00000002hi",
    refusal: ["truncated", 21, "it ends after 21 bytes"],
  },
  {
    what: "python-gotalk answers under an ID of three characters",
    wire: "R00100000002hi",
    refusal: ["bad-hex", 12, 'SingleResult: payload size is "0000002h"'],
  },
  {
    what: "python-gotalk asks under an ID of five characters",
    wire: "r12345004echo00000002hi",
    refusal: ["truncated", 23, "it ends after 23 bytes"],
  },
  {
    what: "python-gotalk counts the characters of operation and payload",
    wire: "r0001002h\xc3\xa900000002\xe6\x97\xa5\xe6\x9c\xac",
    refusal: ["bad-hex", 10, 'SingleRequest: payload size is "\\xa9"'],
  },
  {
    what: "python-gotalk counts the characters of a payload",
    wire: "R000100000002\xe6\x97\xa5\xe6\x9c\xac",
    lines: ['SingleResult 0001 2 bytes "\\xe6\\x97"'],
    refusal: ["unknown-kind", 15, 'kind is "\\xa5"'],
  },
  {
    what: "python-gotalk counts bytes, but writes how Python prints them",
    wire: "R000100000002b'\\x00\\xff'",
    lines: ['SingleResult 0001 2 bytes "b\'"'],
    refusal: ["unknown-kind", 15, 'kind is "\\\\"'],
  },
  ...["0x4", "0_4"].map((length): Case => ({
    what: `a length of ${length}, which python-gotalk reads`,
    wire: `r0001${length}echo00000000`,
    refusal: ["bad-hex", 6, "SingleRequest: operation length is"],
  })),
  ...[" 04", "+04"].map((length): Case => ({
    what: `a length of ${JSON.stringify(length)}, which python-gotalk reads`,
    wire: `n${length}echo00000000`,
    refusal: ["bad-hex", 1, "Notification: name length is"],
  })),
  {
    what: "a payload size that python-gotalk does not read",
    wire: "R0001xxxxxxxxhi",
    refusal: ["bad-hex", 5, 'SingleResult: payload size is "x"'],
  },
  {
    what: "a cut result, which python-gotalk reads",
    wire: "R0",
    refusal: ["truncated", 2, "it ends after 2 bytes"],
  },
  {
    what: "python-gotalk writes a negative code",
    wire: "f-0000001",
    refusal: ["bad-hex", 1, 'ProtocolError: code is "-"'],
  },
  {
    what: "python-gotalk writes a negative wait",
    wire: "e0001-000000100000000",
    refusal: ["bad-hex", 5, 'RetryResult: wait is "-"'],
  },
  {
    what: "python-gotalk writes a wait of nine digits",
    wire: "e000110000000000000000",
    lines: ["RetryResult 0001 wait 268435456 ms 0 bytes"],
    refusal: ["unknown-kind", 21, 'kind is "0"'],
  },
  ...["e001000001f400000000", "h00005f63ee48", "f00000001"].map(
    (wire): Case => ({
      what: `${wire[0]} in version 00`,
      wire,
      version: "00",
      refusal: ["unknown-kind", 0, "wanted one of E R S n p r s"],
    }),
  ),
  {
    what: "a payload that a Go server would reserve four GiB for",
    wire: "r0001004echoffffffffabc",
    refusal: ["over-limit", 12, "payload size is 4294967295 bytes"],
  },
  {
    what: "a length in characters instead of bytes",
    wire: "r0001006h\xc3\xa9llo\xe6\x97\xa500000002hi",
    refusal: ["bad-hex", 14, 'SingleRequest: payload size is "\\xe6"'],
  },
  {
    what: "the end within a payload",
    wire: "R000100000005ab",
    refusal: ["truncated", 15, "SingleResult: payload ends after 2 of 5"],
  },
];

for (
  const { what, wire, version = "01", lines = [], refusal } of [
    ...WELL_FORMED,
    ...MALFORMED,
  ]
) {
  Deno.test(`foreign bytes: ${what}`, () => {
    const bytes = bytesOf(wire);
    const decoded = decodeChunks([bytes], { version });
    assertEquals(
      decoded.messages.map((message) => describe(message, { version })),
      [...lines],
    );
    const { error } = decoded;
    assertEquals(
      error && [error.reason, error.offset, error.code],
      refusal && [refusal[0], refusal[1], 2],
    );
    if (refusal) assertStringIncludes(error!.message, refusal[2]);
    const limits = {
      maxNameBytes: MAX_NAME_BYTES,
      maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
    };
    assertEquals(
      oracleShape(decoded),
      oracleDecode(bytes, { version, ...limits }),
    );
  });
}
