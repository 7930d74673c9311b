/**
 * Mutants that handle WebSocket messages, control frames or the handshake
 * wrongly.
 *
 * @module
 */

import { CONTROL_MUTANTS } from "./_control_mutants.ts";
import { VERSION_IN_ONE_PIECE } from "./message_mutants.ts";
import type { Edit, Mutant } from "./mutant.ts";
import { UPGRADE_MUTANTS } from "./_upgrade_mutants.ts";

/**
 * The line that returns data, joined with the small messages that came with it.
 */
const JOINED = "if (event.bytes.length > 0) return this.#join(event.bytes);";

/** Returns the data of each message separately. */
const SEPARATE = "if (event.bytes.length > 0) return event.bytes;";

/**
 * Returns each message separately, where small ones that came together are
 * joined otherwise.
 */
const ONE_BY_ONE: Edit = {
  in: "JoinedReader.read",
  from: JOINED,
  to: SEPARATE,
};

/** Mutants of messages and their fragments. */
const MESSAGES: readonly Mutant[] = [
  {
    name: "text-written",
    does: "writes text messages",
    edits: [{
      in: "FrameSender.#send",
      from: "OPCODE.binary",
      to: "OPCODE.text",
    }],
  },
  {
    name: "text-ignored",
    does: "ignores text messages",
    edits: [{
      in: "JoinedReader.read",
      from: JOINED,
      to: `if (event.text) continue; ${SEPARATE}`,
    }],
  },
  {
    name: "units-merged",
    does: "writes header and payload as one message",
    edits: [{
      in: "Merging.merges",
      from: 'this.#units === "merged"',
      to: "true",
    }],
  },
  {
    name: "length-of-126-as-it-is",
    does: "writes a length of 126 in seven bits",
    edits: [{
      in: "writeFrameHeader",
      from: "if (payloadLength < 126) {",
      to: "if (payloadLength <= 126) {",
    }],
  },
  {
    name: "length-of-65536-in-two-bytes",
    does: "writes a length of 65,536 in 16 bits",
    edits: [{
      in: "writeFrameHeader",
      from: "} else if (payloadLength < 0x10000) {",
      to: "} else if (payloadLength <= 0x10000) {",
    }],
  },
  {
    name: "empty-message-ends",
    does: "takes an empty message for the end of the connection",
    edits: [{
      in: "JoinedReader.read",
      from: JOINED,
      to: `${SEPARATE} return { kind: "close", code: 1000, reason: "" };`,
    }],
  },
  {
    name: "version-in-one-message",
    does: "needs the version in one message",
    edits: [ONE_BY_ONE, VERSION_IN_ONE_PIECE],
  },
  {
    name: "only-first-fragment-read",
    does: "drops all fragments of a message but the last",
    edits: [{
      in: "JoinedReader.read",
      from: JOINED,
      to: `if (!event.end) continue; ${SEPARATE}`,
    }],
  },
  {
    name: "fragments-counted",
    does: "takes eight further fragments on a connection, and no more",
    edits: [{
      in: "FrameReader.#parseHeader",
      from: "this.#messageLength += length;",
      to:
        'this.#messageLength += length; if (((this as any).count = ((this as any).count ?? 0) + 1) > 8) throw this.#fail(1009, "mutant");',
    }],
  },
  {
    name: "unit-cut-by-message-refused",
    does: "takes each message for whole headers or payloads",
    edits: [ONE_BY_ONE, {
      in: "Reader.#run",
      from:
        "const { incomplete, chunkInUse, heldBytes, remaining } = this.#decoder;",
      to:
        'const { incomplete, chunkInUse, heldBytes, remaining } = this.#decoder; if (incomplete && remaining !== this.#header?.size) throw new TypeError("cut");',
    }],
  },
  {
    name: "payload-behind-header-refused",
    does: "requires each payload in a separate message",
    edits: [ONE_BY_ONE, {
      in: "Reader.#next",
      first: "const fresh = this.#header === undefined;",
    }, {
      in: "Reader.#next",
      from: "if (payload === undefined) return false;",
      to:
        'if (fresh && payload?.byteLength) throw new TypeError("glued"); if (payload === undefined) return false;',
    }],
  },
  {
    name: "second-in-a-message-dropped",
    does: "reads one Gotalk message of each WebSocket message",
    edits: [ONE_BY_ONE, {
      in: "Reader.#dispatch",
      from: "if (receiveBudget.exceeded) return false;",
      to: "if (receiveBudget.exceeded) return false; break;",
    }],
  },
  {
    name: "units-merged-under-load",
    does: "writes many units that are due at the same time as one message",
    edits: [
      {
        in: "Merging.merges",
        from: "{ byteLength }: WriteUnits): boolean {",
        to:
          "{ byteLength, count }: WriteUnits): boolean { if (count > 8) return true;",
      },
    ],
  },
  {
    name: "text-byte-order-mark-dropped",
    does: "drops a byte order mark at the beginning of a text message",
    edits: [
      {
        in: "FrameReader.#readData",
        from: "if (length === 0 && !last) return undefined;",
        to:
          'const isMark = text && chunk[start] === 0xef && chunk[start + 1] === 0xbb && chunk[start + 2] === 0xbf && this.#left + length === this.#messageLength; if (isMark) { return { kind: "data", bytes: chunk.subarray(start + 3, end), text, end: last }; } if (length === 0 && !last) return undefined;',
      },
    ],
  },
  {
    name: "character-cut-by-a-fragment",
    does: "refuses a text message with a fragment that ends within a character",
    edits: [
      {
        in: "FrameReader.#checkText",
        from: "if (last && !this.#utf8.complete) {",
        to: "if (!this.#inFrame && !this.#utf8.complete) {",
      },
    ],
  },
];

/** Mutants of the handshake. */
const HANDSHAKE: readonly Mutant[] = [
  {
    name: "any-origin-accepted",
    does: "accepts pages of any origin",
    edits: [{
      in: "isOriginAccepted",
      from: "if (origin === null)",
      to: 'if (origin !== "")',
    }],
  },
  {
    name: "origin-demanded",
    does: "refuses clients without an Origin",
    edits: [{
      in: "isOriginAccepted",
      from: "if (origin === null) return true;",
      to: "if (origin === null) return false;",
    }],
  },
  {
    name: "null-origin-accepted",
    does: "accepts pages whose origin is null",
    edits: [{
      in: "isOriginAccepted",
      from: "if (origin === null) return true;",
      to: 'if (origin === null || origin === "null") return true;',
    }],
  },
  {
    name: "no-origin-sent",
    does: "sends no Origin as a client",
    edits: [{
      in: "writeUpgradeRequest",
      from: 'fields.push(["Origin", origin === "same" ? same : origin]);',
      to: "void same;",
    }],
  },
  {
    name: "accept-key-without-guid",
    does: "proves with the key alone that it speaks WebSocket",
    edits: [{
      in: "acceptKey",
      from: "`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`",
      to: "key",
    }],
  },
  {
    name: "request-in-one-chunk",
    does: "needs the whole upgrade request in one chunk",
    edits: [{
      in: "RequestReader.push",
      from: "const head = this.#head.push(chunk);",
      to:
        'const head = this.#head.push(chunk); if (head === undefined) throw new UpgradeRequestError(400, "mutant");',
    }],
  },
  {
    name: "connection-header-compared",
    does: "takes no other Connection header than Upgrade",
    edits: [{
      in: "checkUpgrade",
      from: 'listHas(headers.get("connection"), "upgrade")',
      to: '(headers.get("connection") === "Upgrade")',
    }],
  },
  {
    name: "tls-bytes-end-program",
    does: "ends the program over a client that begins with TLS",
    edits: [{
      in: "RequestReader.push",
      first: "if (chunk[0] === 0x16) Deno.exit(1);",
    }],
  },
  {
    name: "half-request-ends-program",
    does: "ends the program over a client that stops within its request",
    edits: [{
      in: "RequestReader.push",
      from: "const head = this.#head.push(chunk);",
      to:
        "const head = this.#head.push(chunk); if (head === undefined && chunk.at(-1) === 0x3a) Deno.exit(1);",
    }],
  },
  {
    name: "unfinished-headers-end-program",
    does:
      "ends the program over a request whose headers end early, or that begins with zero bytes",
    edits: [{
      in: "RequestReader.push",
      from: "const head = this.#head.push(chunk);",
      to:
        "if (chunk[0] === 0) Deno.exit(1); const head = this.#head.push(chunk); if (head === undefined && chunk.at(-1) === 0x0a) Deno.exit(1);",
    }],
  },
  {
    name: "cut-frame-ends-program",
    does: "ends the program when a connection ends without a close frame",
    edits: [{
      in: "OwnCarrier.#readBelow",
      from: "if (chunk === null) throw abnormalCloseError(ABNORMAL_CLOSURE);",
      to: "if (chunk === null) Deno.exit(1);",
    }],
  },
  {
    name: "handshakes-in-turn",
    does:
      "accepts a connection only once the upgrade of the one before is over",
    edits: [{
      in: "HandshakeListener.#acceptBelow",
      from: "void this.#performHandshake(below);",
      to: "await this.#performHandshake(below);",
    }],
  },
  {
    name: "frames-in-memory-of-reads",
    does: "keeps payloads of frames in memory that later reads overwrite",
    edits: [{
      in: "OwnCarrier.#take",
      from: "pieces[index] = pieces[index]!.slice();",
      to: "",
    }],
  },
  {
    name: "upgrade-timer-kept",
    does: "ends a WebSocket when the time of its upgrade would be over",
    edits: [{
      in: "HandshakeListener.#performHandshake",
      from: "this.#clock.cancel(timer);",
      to: "",
    }],
  },
  {
    name: "empty-frame-cut-before-mask",
    does:
      "takes the header of an empty frame for complete before its mask is there",
    edits: [{
      in: "FrameReader.#parseHeader",
      from: "if (have < size + 4) return 0;",
      to: "if (have < size + 4 && length > 0) return 0;",
    }],
  },
  {
    name: "length-cut-between-bytes",
    does: "reads a 16-bit length of which one byte has arrived",
    edits: [{
      in: "FrameReader.#parseHeader",
      from: "if (have < 4) return 0;",
      to: "if (have < 3) return 0;",
    }],
  },
  {
    name: "characters-in-part-of-the-process",
    does: "keeps what was read of a character for all connections together",
    edits: [{
      in: "FrameReader",
      from: "readonly #utf8 = new Utf8Check();",
      to:
        "readonly #utf8: Utf8Check = (globalThis as any).utf8 ??= new Utf8Check();",
    }],
  },
  {
    name: "frames-in-part-of-the-process",
    does: "collects headers of frames in one place for all connections",
    edits: [{
      in: "FrameReader",
      from: "readonly #cut = new Uint8Array(MAX_CONTROL_PAYLOAD);",
      to:
        "readonly #cut: Uint8Array = (globalThis as any).cut ??= new Uint8Array(MAX_CONTROL_PAYLOAD);",
    }],
  },
];

/** Mutants of what a WebSocket carries. */
export const WEBSOCKET_MUTANTS: readonly Mutant[] = [
  ...MESSAGES,
  ...CONTROL_MUTANTS,
  ...HANDSHAKE,
  ...UPGRADE_MUTANTS,
];
