/**
 * Mistakes in kinds, sizes, chunks and the version.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const DECODER = "codec/decoder.ts";
const HEADER = "codec/_header_parser.ts";
const LAYOUT = "codec/_layout.ts";
const VERSION = "codec/version.ts";

/** Mistakes in kinds, payloads, chunks and the version. */
export const MESSAGE_FAULTS: readonly Fault[] = [
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
