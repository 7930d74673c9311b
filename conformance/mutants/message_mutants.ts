/**
 * Mutants that handle kinds of message, payloads, chunks or the version wrongly.
 *
 * @module
 */

import type { Edit, Mutant } from "./mutant.ts";

/** The lookup of the layout for the first byte of a message. */
const LOOKUP = "this.#layout.byLetter[bytes[at]!];";

/** The check whether a version has a kind. */
const SINCE = "if (since > version) continue;";

/** Refuses a version that comes byte by byte. */
export const VERSION_IN_ONE_PIECE: Edit = {
  in: "VersionReader.push",
  first:
    'if (chunk.byteLength === 1 && this.#outcome === undefined) this.#outcome = "not-a-version";',
};

/** Mutants of kinds and payloads. */
const MESSAGES: readonly Mutant[] = [
  {
    name: "thirteen-bytes-wanted",
    does: "waits for thirteen bytes before it looks at a message",
    edits: [{
      in: "HeaderParser.parse",
      from: "let position = at + 1;",
      to: "if (end - at < 13) return -13; let position = at + 1;",
    }],
  },
  {
    name: "kind-in-any-case",
    does:
      "accepts the letter of a kind in either case where the other is not in use",
    edits: [{
      in: "HeaderParser.parse",
      from: LOOKUP,
      to:
        "this.#layout.byLetter[bytes[at]!] ?? this.#layout.byLetter[bytes[at]! ^ 32];",
    }],
  },
  {
    name: "kind-of-seven-bits",
    does: "ignores the eighth bit of the letter of a kind",
    edits: [{
      in: "HeaderParser.parse",
      from: LOOKUP,
      to: "this.#layout.byLetter[bytes[at]! & 127];",
    }],
  },
  {
    name: "unknown-kind-skipped",
    does: "skips a message of unknown kind as if it were a heartbeat",
    edits: [{
      in: "HeaderParser.parse",
      from: LOOKUP,
      to: "this.#layout.byLetter[bytes[at]!] ?? this.#layout.byLetter[0x68];",
    }],
  },
  {
    name: "line-end-skipped",
    does: "skips line ends between messages",
    edits: [{
      in: "Decoder.readHeader",
      from: "if (this.#at === this.#end)",
      to:
        "while (!this.#isCut && this.#chunk[this.#at] === 10) this.#at++; if (this.#at === this.#end)",
    }],
  },
  {
    name: "unknown-bytes-skipped",
    does: "looks for the next letter of a kind",
    edits: [{
      in: "Decoder.readHeader",
      from: "if (this.#at === this.#end)",
      to:
        "while (!this.#isCut && this.#at < this.#end && !/[rspRSEenhf]/.test(String.fromCharCode(this.#chunk[this.#at]!))) this.#at++; if (this.#at === this.#end)",
    }],
  },
  {
    name: "heartbeat-unknown",
    does: "does not know heartbeats",
    edits: [{
      in: "versionLayout",
      from: SINCE,
      to: `if (kind === "Heartbeat") continue; ${SINCE}`,
    }],
  },
  {
    name: "retry-unknown",
    does: "does not know RetryResult",
    edits: [{
      in: "versionLayout",
      from: SINCE,
      to: `if (kind === "RetryResult") continue; ${SINCE}`,
    }],
  },
  {
    name: "retry-without-wait",
    does: "reads and writes a RetryResult without its wait",
    edits: [{
      in: "KINDS",
      from: '["id", "wait", "payload"]',
      to: '["id", "payload"] as never',
    }],
  },
  {
    name: "protocol-error-unknown",
    does: "does not know ProtocolError",
    edits: [{
      in: "versionLayout",
      from: SINCE,
      to: `if (kind === "ProtocolError") continue; ${SINCE}`,
    }],
  },
  {
    name: "version-00-with-new-kinds",
    does: "knows the kinds of version 01 in version 00 as well",
    edits: [{ in: "versionLayout", from: SINCE, to: "" }],
  },
  {
    name: "empty-payload-takes-a-byte",
    does: "reads one byte after a header whose payload is empty",
    edits: [{
      in: "Decoder.#header",
      from: "$parser.header.size;",
      to: "$parser.header.size || 1;",
    }],
  },
  {
    name: "payload-to-the-end",
    does: "takes all bytes that have arrived as the payload",
    edits: [{
      in: "Decoder.readPayload",
      from: "if (remaining <= available) return this.#view(remaining);",
      to:
        "if (remaining <= available) { this.#remaining = available; return this.#view(available); }",
    }],
  },
  {
    name: "payload-in-pieces-overwritten",
    does: "writes each later piece of a payload over the first one",
    edits: [{
      in: "PayloadBuffer.append",
      from: "set(part.subarray(at, at + length), filled)",
      to: "set(part.subarray(at, at + length), 0)",
    }],
  },
  {
    name: "cut-header-lost",
    does: "forgets the beginning of a header that is cut by the end of a chunk",
    edits: [{
      in: "Decoder.#startHeader",
      from: "this.#cut.append(this.#advance(this.#end - this.#at));",
      to: "this.#advance(this.#end - this.#at);",
    }],
  },
  {
    name: "cut-header-complete",
    does: "cuts a header that is longer than 64 bytes at the end of a chunk",
    edits: [{
      in: "HeaderBuffer.append",
      first:
        "if (this.length + part.byteLength > 64) { this.bytes = new Uint8Array(64); this.length = 64; return; }",
    }],
  },
  {
    name: "empty-chunk-ends",
    does: "takes an empty chunk for the end of the input",
    edits: [{
      in: "Decoder.push",
      from: "this.#base += this.#end;",
      to:
        "if (chunk.byteLength === 0 && this.#isCut) this.end(); this.#base += this.#end;",
    }],
  },
  {
    name: "cut-header-taken-for-an-end",
    does: "takes an end within a header for an orderly one",
    edits: [{
      in: "Decoder.end",
      from: "this.incomplete",
      to: "this.#remaining > 0",
    }],
  },
  {
    name: "cut-payload-taken-for-an-end",
    does: "takes an end within a payload for an orderly one",
    edits: [{
      in: "Decoder.end",
      from: "this.incomplete",
      to: "this.#isCut",
    }],
  },
  {
    name: "payload-limit-ignored",
    does: "reads payloads of any size, whatever the limit",
    edits: [{
      in: "Decoder.readPayload",
      from: "throw this.#overLimit()",
      to: "void 0",
    }],
  },
];

/** Mutants of the version. */
const VERSION: readonly Mutant[] = [
  {
    name: "any-version-taken",
    does: "continues whatever the version of the remote peer is",
    edits: [{
      in: "VersionReader.push",
      from: "this.version === undefined",
      to: "this.#read.length === 0",
    }],
  },
  {
    name: "no-version-taken",
    does: "continues when the version is not two digits",
    edits: [
      {
        in: "VersionReader.push",
        from:
          'if (digitValue(byte) > 15) this.#outcome = "not-a-version"; else if',
        to: "if",
      },
      {
        in: "VersionReader.push",
        from: "this.version === undefined",
        to: "/^[0-9a-f]+$/.test(this.#read) && this.version === undefined",
      },
    ],
  },
  {
    name: "version-left-out",
    does: "accepts a message in place of the version",
    edits: [{
      in: "VersionReader.push",
      first:
        'if (this.#read === "" && digitValue((chunk as Uint8Array)[0] ?? 48) > 15) this.#outcome = "spoken";',
    }],
  },
  {
    name: "version-behind-a-byte-order-mark",
    does: "accepts a byte order mark in front of the version",
    edits: [{
      in: "VersionReader.push",
      from: "let taken = 0;",
      to: 'let taken = this.#read === "" && bytes[0] === 0xef ? 3 : 0;',
    }],
  },
  {
    name: "cut-version-taken-for-an-end",
    does: "takes an end within the version for an orderly one",
    edits: [{
      in: "VersionReader.end",
      first: "if (this.#outcome === undefined) return;",
    }],
  },
  {
    name: "version-in-one-piece",
    does: "needs both digits of the version in one chunk",
    edits: [VERSION_IN_ONE_PIECE],
  },
  {
    name: "version-chunk-swallowed",
    does: "drops what comes in the same chunk as the version",
    edits: [{
      in: "VersionReader.push",
      from: "return taken;",
      to: "return taken > 0 ? chunk.byteLength : 0;",
    }],
  },
  {
    name: "version-01-written-as-1",
    does: "writes a version of one digit",
    edits: [{
      in: "encodeVersion",
      from: "version.charCodeAt(0),",
      to: "",
    }],
  },
];

/** Mutants of payloads that arrive in several chunks. */
const CHUNKS: readonly Mutant[] = [
  {
    name: "second-piece-shifted",
    does: "joins the pieces of a large payload at wrong places",
    edits: [{
      in: "PayloadBuffer.take",
      from: "at += filled;",
      to: "at += Math.min(filled, 65536);",
    }],
  },
];

/** Mutants of kinds, payloads, chunks and the version. */
export const MESSAGE_MUTANTS: readonly Mutant[] = [
  ...MESSAGES,
  ...CHUNKS,
  ...VERSION,
  {
    name: "payload-size-kept",
    does: "takes a Heartbeat to have a payload as large as the one before it",
    edits: [{
      in: "HeaderParser.parse",
      from: "header.size = 0;",
      to: 'if (kind === "ProtocolError") header.size = 0;',
    }],
  },
];
