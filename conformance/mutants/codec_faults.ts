/**
 * Mistakes in reading and writing messages.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const FIELDS = "codec/_fields.ts";
const HEADER = "codec/_header_parser.ts";
const LAYOUT = "codec/_layout.ts";
const DECODER = "codec/decoder.ts";
const ENCODER = "codec/encoder.ts";
const VERSION = "codec/version.ts";

/** What stands where the value of both cases of a digit is noted. */
const NOTED = "if (value > 9) VALUES[lower - 32] = value;";

/** Mistakes in numbers. */
const NUMBERS: readonly Fault[] = [
  {
    name: "name-length-read-in-decimal",
    does: "reads the length of a name as a decimal number",
    edits: [[
      FIELDS,
      "(a | b | c) > 15 ? -1 : a << 8 | b << 4 | c;",
      "(a | b | c) > 15 ? -1 : a * 100 + b * 10 + c;",
    ]],
  },
  {
    name: "name-length-written-in-decimal",
    does: "writes the length of a name as a decimal number",
    edits: [[
      ENCODER,
      "  writeHex3(buffer, at, length);\n",
      "  writeHex3(buffer, at, parseInt(`${length % 1000}`, 16));\n",
    ]],
  },
  {
    name: "sizes-written-in-decimal",
    does: "writes the size of a payload as a decimal number",
    edits: [[
      ENCODER,
      "writeHex8(buffer, at + length - 8, message.payload.byteLength);",
      "writeHex8(buffer, at + length - 8, parseInt(`${message.payload.byteLength}`, 16));",
    ]],
  },
  {
    name: "numbers-signed",
    does: "takes numbers from 80000000 on for negative ones",
    edits: [[FIELDS, "high * 0x10000 + low;", "(high << 16 | low);"]],
  },
  {
    name: "numbers-cut-to-sixteen-bits",
    does: "reads only the last four of eight digits",
    edits: [[FIELDS, "high * 0x10000 + low;", "low;"]],
  },
  {
    name: "upper-case-written",
    does: "writes upper-case digits",
    edits: [
      [FIELDS, '"0123456789abcdef"', '"0123456789ABCDEF"'],
      [FIELDS, NOTED, "if (value > 9) VALUES[lower + 32] = value;"],
    ],
  },
  {
    name: "upper-case-refused",
    does: "reads lower-case digits only",
    edits: [[FIELDS, NOTED, ""]],
  },
  ...([
    ["colon", ":"],
    ["space", " "],
    ["plus", "+"],
    ["minus", "-"],
    ["letter-x", "x"],
    ["letter-g", "g"],
    ["underscore", "_"],
    ["nul", "\\0"],
    ["slash", "/"],
    ["at-sign", "@"],
  ] as const).map(([name, digit]) => ({
    name: `digit-${name}`,
    does: `takes "${digit}" for a digit`,
    edits: [[
      FIELDS,
      NOTED,
      `${NOTED} VALUES["${digit}".charCodeAt(0)] = ${
        name === "colon" ? 10 : 0
      };`,
    ]] as const,
  })),
  {
    name: "last-digit-unchecked",
    does: "checks only the first three of four digits",
    edits: [[
      FIELDS,
      "(a | b | c | d) > 15 ? -1 : a << 12 | b << 8 | c << 4 | d;",
      "(a | b | c) > 15 ? -1 : a << 12 | b << 8 | c << 4 | d & 15;",
    ]],
  },
  {
    name: "load-and-time-swapped",
    does: "writes the time of a heartbeat before its load",
    edits: [[
      ENCODER,
      "writeHex4(buffer, field, message.load);\n      return writeHex8(buffer, field + 4, message.time);",
      "writeHex8(buffer, field, message.time);\n      return writeHex4(buffer, field + 8, message.load);",
    ]],
  },
  {
    name: "numbers-unchecked",
    does: "writes the low digits of numbers that do not fit",
    edits: [[
      ENCODER,
      "if (Number.isInteger(value) && value >= 0 && value <= largest) return;",
      "if (largest >= 0) return;",
    ]],
  },
];

/** Mistakes in request IDs and names. */
const IDS_AND_NAMES: readonly Fault[] = [
  {
    name: "id-of-three-bytes",
    does: "reads and writes request IDs of three bytes",
    edits: [[
      LAYOUT,
      '"01": versionLayout(4, KINDS_01)',
      '"01": versionLayout(3, KINDS_01)',
    ]],
  },
  {
    name: "id-as-ascii",
    does: "drops the highest bit of each byte of a request ID",
    edits: [[
      FIELDS,
      "(low << 8 | bytes[at + 3]!) >>> 0;",
      "(low << 8 | bytes[at + 3]!) & 0x7f7f7f7f;",
    ]],
  },
  {
    name: "id-of-three-bytes-in-00-forgotten",
    does: "uses request IDs of four bytes in version 00",
    edits: [[
      LAYOUT,
      '"00": versionLayout(3, KINDS_00)',
      '"00": versionLayout(4, KINDS_00)',
    ]],
  },
  {
    name: "id-length-unchecked",
    does: "takes request IDs of any length and cuts or fills them",
    edits: [[
      "codec/request_id.ts",
      "if (bytes.byteLength !== wanted) {",
      "if (wanted < 0) {",
    ]],
  },
  {
    name: "name-length-in-characters",
    does: "counts the characters of a name, not its bytes",
    edits: [[
      ENCODER,
      'typeof name === "string" ? utf8Length(name) : name.byteLength;',
      'typeof name === "string" ? name.length : name.byteLength;',
    ]],
  },
  {
    name: "empty-name-length-left-out",
    does: "writes no length for an empty name",
    edits: [
      [
        ENCODER,
        'return layout.length + nameLength(message.operation, kind, "operation");',
        'return layout.length + (nameLength(message.operation, kind, "operation") || -3);',
      ],
      [
        ENCODER,
        'return layout.length + nameLength(message.name, kind, "name");',
        'return layout.length + (nameLength(message.name, kind, "name") || -3);',
      ],
    ],
  },
  {
    name: "name-one-too-long-written",
    does: "writes a name of 4,096 bytes with the length 000",
    edits: [[
      ENCODER,
      "if (length <= MAX_NAME) return length;",
      "if (length <= MAX_NAME + 1) return length;",
    ]],
  },
  {
    name: "name-length-cut",
    does: "writes the last three digits of a name's length, however long it is",
    edits: [[
      ENCODER,
      "if (length <= MAX_NAME) return length;",
      "if (length !== Infinity) return length;",
    ]],
  },
  {
    name: "byte-order-mark-dropped",
    does: "drops a byte order mark at the beginning of a name",
    edits: [[
      "codec/_quote.ts",
      "{ fatal: true, ignoreBOM: true }",
      "{ fatal: true }",
    ]],
  },
  {
    name: "bad-utf8-replaced",
    does: "reads names that are not UTF-8 with replacement characters",
    edits: [
      [
        "codec/_quote.ts",
        "{ fatal: true, ignoreBOM: true }",
        "{ ignoreBOM: true }",
      ],
    ],
  },
  {
    name: "names-normalised",
    does: "normalises the text of names",
    edits: [[
      "codec/_quote.ts",
      "return strictUtf8.decode(bytes);",
      'return strictUtf8.decode(bytes).normalize("NFC");',
    ]],
  },
  {
    name: "longest-name-refused",
    does: "refuses a name of 4,095 bytes",
    edits: [["codec/name.ts", "MAX_NAME = 4095", "MAX_NAME = 4094"]],
  },
  {
    name: "name-limit-ignored",
    does: "reads names of any length, whatever the limit is",
    edits: [[
      HEADER,
      "if (nameLength > this.#maxName) {",
      "if (nameLength < 0) {",
    ]],
  },
];

/** Mistakes in kinds, payloads, chunks and the version. */
const MESSAGES: readonly Fault[] = [
  {
    name: "thirteen-bytes-wanted",
    does: "waits for thirteen bytes before it looks at a message",
    edits: [[
      HEADER,
      "    let position = at + 1;\n",
      "    if (end - at < 13) return -13;\n    let position = at + 1;\n",
    ]],
  },
  {
    name: "kind-in-any-case",
    does: "takes the letter of a kind in either case where the other is free",
    edits: [[
      HEADER,
      "this.#layout.byLetter[bytes[at]!];",
      "this.#layout.byLetter[bytes[at]!] ?? this.#layout.byLetter[bytes[at]! ^ 32];",
    ]],
  },
  {
    name: "kind-of-seven-bits",
    does: "leaves the eighth bit out of account in a kind",
    edits: [[
      HEADER,
      "this.#layout.byLetter[bytes[at]!];",
      "this.#layout.byLetter[bytes[at]! & 127];",
    ]],
  },
  {
    name: "unknown-kind-skipped",
    does: "skips a message of unknown kind as if it were a heartbeat",
    edits: [[
      HEADER,
      "this.#layout.byLetter[bytes[at]!];",
      "this.#layout.byLetter[bytes[at]!] ?? this.#layout.byLetter[0x68];",
    ]],
  },
  {
    name: "line-end-skipped",
    does: "skips line ends between messages",
    edits: [[
      DECODER,
      "    if (this.#at === this.#end) return undefined;\n    return this.#carried",
      "    while (this.#carried === 0 && this.#chunk[this.#at] === 10) this.#at++;\n    if (this.#at === this.#end) return undefined;\n    return this.#carried",
    ]],
  },
  {
    name: "unknown-bytes-skipped",
    does: "looks for the next letter of a kind",
    edits: [[
      DECODER,
      "    if (this.#at === this.#end) return undefined;\n    return this.#carried",
      "    while (this.#carried === 0 && this.#at < this.#end && !/[rspRSEenhf]/.test(String.fromCharCode(this.#chunk[this.#at]!))) this.#at++;\n    if (this.#at === this.#end) return undefined;\n    return this.#carried",
    ]],
  },
  {
    name: "heartbeat-unknown",
    does: "knows no heartbeats",
    edits: [[LAYOUT, '["Heartbeat", "h", HAS_LOAD],', ""]],
  },
  {
    name: "retry-unknown",
    does: "knows no RetryResult",
    edits: [[
      LAYOUT,
      '["RetryResult", "e", HAS_ID | HAS_WAIT | HAS_SIZE],',
      "",
    ]],
  },
  {
    name: "retry-without-wait",
    does: "reads and writes a RetryResult without its wait",
    edits: [[
      LAYOUT,
      '"e", HAS_ID | HAS_WAIT | HAS_SIZE',
      '"e", HAS_ID | HAS_SIZE',
    ]],
  },
  {
    name: "protocol-error-unknown",
    does: "knows no ProtocolError",
    edits: [[LAYOUT, '["ProtocolError", "f", HAS_CODE],', ""]],
  },
  {
    name: "version-00-with-new-kinds",
    does: "has the kinds of version 01 in version 00 as well",
    edits: [[
      LAYOUT,
      '"00": versionLayout(3, KINDS_00)',
      '"00": versionLayout(3, KINDS_01)',
    ]],
  },
  {
    name: "empty-payload-takes-a-byte",
    does: "reads one byte behind a header whose payload is empty",
    edits: [[
      DECODER,
      "    this.#remaining = this.#parser.header.size;\n",
      "    this.#remaining = this.#parser.header.size || 1;\n",
    ]],
  },
  {
    name: "payload-to-the-end",
    does: "takes all that has arrived for the payload",
    edits: [[
      DECODER,
      "if (remaining <= available) return this.#lend(remaining);",
      "if (remaining <= available) { this.#remaining = available; return this.#lend(available); }",
    ]],
  },
  {
    name: "payload-in-pieces-overwritten",
    does: "writes each later piece of a payload over the first one",
    edits: [[
      DECODER,
      "if (!isThere) room.set(part, before);",
      "if (!isThere) room.set(part, 0);",
    ]],
  },
  {
    name: "cut-header-lost",
    does:
      "forgets the beginning of a header that was cut by the end of a chunk",
    edits: [[
      DECODER,
      "    this.#wanted = -length;\n    this.#carryOver(this.#end - this.#at);",
      "    this.#wanted = -length;\n    this.#advance(this.#end - this.#at);",
    ]],
  },
  {
    name: "cut-header-complete",
    does: "cuts a header that is longer than 64 bytes at the end of a chunk",
    edits: [[
      DECODER,
      "new Uint8Array(Math.max(64, carried * 2));",
      "new Uint8Array(64); if (carried > 64) { this.#advance(length); this.#carry = larger; this.#carried = 64; return; }",
    ]],
  },
  {
    name: "empty-chunk-ends",
    does: "takes an empty chunk for the end of the input",
    edits: [[
      DECODER,
      "    this.#base += this.#end;\n",
      "    if (chunk.byteLength === 0 && this.#carried > 0) this.end();\n    this.#base += this.#end;\n",
    ]],
  },
  {
    name: "cut-header-taken-for-an-end",
    does: "takes an end within a header for an orderly one",
    edits: [[
      DECODER,
      "    if (this.#carried > 0) {\n      throw this.#fail(",
      "    if (this.#carried > 1e9) {\n      throw this.#fail(",
    ]],
  },
  {
    name: "cut-payload-taken-for-an-end",
    does: "takes an end within a payload for an orderly one",
    edits: [[
      DECODER,
      "    if (this.#remaining > 0) {\n      const { kind, size }",
      "    if (this.#remaining > 1e10) {\n      const { kind, size }",
    ]],
  },
  {
    name: "payload-limit-ignored",
    does: "reads payloads of any size, whatever the limit is",
    edits: [[
      DECODER,
      "if (remaining > this.#maxPayload) throw this.#overLimit();",
      "",
    ]],
  },
  {
    name: "any-version-taken",
    does: "goes on whatever the version of the other side is",
    edits: [[
      VERSION,
      'this.version === undefined ? "not-spoken" : "spoken";',
      '"spoken";',
    ]],
  },
  {
    name: "no-version-taken",
    does: "goes on when the version is no digits",
    edits: [
      [
        VERSION,
        'if (digitValue(byte) > 15) this.#outcome = "not-a-version";\n      else if',
        "if",
      ],
      [
        VERSION,
        'this.version === undefined ? "not-spoken" : "spoken";',
        '/^[0-9a-f]+$/.test(this.#read) && this.version === undefined ? "not-spoken" : "spoken";',
      ],
    ],
  },
  {
    name: "version-left-out",
    does: "takes a message in place of the version",
    edits: [[
      VERSION,
      "    let taken = 0;\n",
      '    let taken = 0;\n    if (this.#read === "" && digitValue(chunk[0] ?? 48) > 15) this.#outcome = "spoken";\n',
    ]],
  },
  {
    name: "version-behind-a-byte-order-mark",
    does: "takes a byte order mark in front of the version",
    edits: [[
      VERSION,
      "    let taken = 0;\n",
      '    let taken = this.#read === "" && chunk[0] === 0xef ? 3 : 0;\n',
    ]],
  },
  {
    name: "cut-version-taken-for-an-end",
    does: "takes an end within the version for an orderly one",
    edits: [[
      VERSION,
      "    if (this.#outcome !== undefined) return;\n    throw",
      "    if (this.#outcome === undefined) return;\n    throw",
    ]],
  },
  {
    name: "version-in-one-piece",
    does: "wants both digits of the version in one chunk",
    edits: [[
      VERSION,
      "    let taken = 0;\n",
      '    let taken = 0;\n    if (chunk.byteLength === 1 && this.#outcome === undefined) this.#outcome = "not-a-version";\n',
    ]],
  },
  {
    name: "version-chunk-swallowed",
    does: "drops what comes in the same chunk as the version",
    edits: [[
      VERSION,
      "    return taken;\n",
      "    return taken > 0 ? chunk.byteLength : 0;\n",
    ]],
  },
  {
    name: "version-01-written-as-1",
    does: "writes a version of one digit",
    edits: [[
      VERSION,
      "Uint8Array.of(version.charCodeAt(0), version.charCodeAt(1));",
      "Uint8Array.of(version.charCodeAt(1));",
    ]],
  },
];

/** All of them. */
export const CODEC_FAULTS: readonly Fault[] = [
  ...NUMBERS,
  ...IDS_AND_NAMES,
  ...MESSAGES,
];
