/**
 * Mistakes in what a WebSocket carries.
 *
 * @module
 */

import type { Edit, Fault } from "./fault.ts";

const CARRIER = "transport/_websocket_framed_carrier.ts";
const CHANNEL = "transport/_websocket_channel.ts";
const CLIENT = "transport/_websocket_handshake_client.ts";
const JOINED = "transport/_websocket_joined_reader.ts";
const ACCEPT = "transport/_websocket_accept.ts";
const ORIGIN = "transport/_websocket_origin.ts";
const RECEIVER = "peer/_receiver.ts";
const VERSION = "codec/version.ts";
const SENDER = "transport/_websocket_frame_sender.ts";

/** Hands each message on by itself, where small ones that came together are joined otherwise. */
const ONE_BY_ONE: Edit = [
  JOINED,
  "if (event.bytes.length > 0) return this.#join(event.bytes);",
  "if (event.bytes.length > 0) return event.bytes;",
];

/** All of them. */
export const WEBSOCKET_FAULTS: readonly Fault[] = [
  {
    name: "text-written",
    does: "writes text messages",
    edits: [[
      SENDER,
      "at = writeFrame(frames.buffer, at, OPCODE.binary, bytes, key);",
      "at = writeFrame(frames.buffer, at, OPCODE.text, bytes, key);",
    ]],
  },
  {
    name: "text-ignored",
    does: "ignores text messages",
    edits: [
      [
        JOINED,
        "      if (event.bytes.length > 0) return this.#join(event.bytes);",
        "      if (event.text) continue;\n      if (event.bytes.length > 0) return event.bytes;",
      ],
    ],
  },
  {
    name: "units-merged",
    does: "writes header and payload as one message",
    edits: [[
      CARRIER,
      'this.#merged = units === "merged";',
      "this.#merged = true;",
    ]],
  },
  {
    name: "empty-message-ends",
    does: "takes an empty message for the end of the connection",
    edits: [[
      JOINED,
      "      if (event.bytes.length > 0) return this.#join(event.bytes);",
      '      if (event.bytes.length > 0) return event.bytes;\n      return { kind: "close", code: 1000, reason: "" };',
    ]],
  },
  {
    name: "version-in-one-message",
    does: "wants the version in one message",
    edits: [[
      JOINED,
      "      if (event.bytes.length > 0) return this.#join(event.bytes);",
      "      if (event.bytes.length > 0) return event.bytes;",
    ], [
      VERSION,
      "    let taken = 0;\n",
      '    let taken = 0;\n    if (chunk.byteLength === 1 && this.#outcome === undefined) this.#outcome = "not-a-version";\n',
    ]],
  },
  {
    name: "only-first-fragment-read",
    does: "drops all fragments of a message but the last",
    edits: [[
      JOINED,
      "      if (event.bytes.length > 0) return this.#join(event.bytes);",
      "      if (!event.end) continue;\n      if (event.bytes.length > 0) return event.bytes;",
    ]],
  },
  {
    name: "unit-cut-by-message-refused",
    does: "takes each message for whole headers or payloads",
    edits: [ONE_BY_ONE, [
      RECEIVER,
      "const { incomplete, lent } = this.#decoder;",
      'const { incomplete, lent } = this.#decoder;\n      if (incomplete && this.#decoder.remaining !== this.#header?.size) throw new TypeError("cut");',
    ]],
  },
  {
    name: "payload-behind-header-refused",
    does: "wants a payload in a message of its own",
    edits: [ONE_BY_ONE, [
      RECEIVER,
      "    this.#header ??= decoder.readHeader();\n",
      "    const fresh = this.#header === undefined;\n    this.#header ??= decoder.readHeader();\n",
    ], [
      RECEIVER,
      "    if (payload === undefined) return false;\n",
      '    if (fresh && payload?.byteLength) throw new TypeError("glued");\n    if (payload === undefined) return false;\n',
    ]],
  },
  {
    name: "second-in-a-message-dropped",
    does: "reads one Gotalk message of each WebSocket message",
    edits: [ONE_BY_ONE, [
      RECEIVER,
      "while (!this.#stopped && this.#next()) {",
      "if (!this.#stopped && this.#next()) {",
    ]],
  },
  {
    name: "ping-unanswered",
    does: "does not answer pings",
    edits: [[
      CARRIER,
      'else if (event.kind === "ping") this.#sender.pong(event.bytes);',
      'else if (event.kind === "ping") continue;',
    ]],
  },
  {
    name: "pong-empty",
    does: "answers pings without their data",
    edits: [[
      CARRIER,
      "this.#sender.pong(event.bytes);",
      "this.#sender.pong(new Uint8Array(0));",
    ]],
  },
  {
    name: "ping-read-as-data",
    does: "takes the data of a ping for its own",
    edits: [[
      CARRIER,
      'else if (event.kind === "ping") this.#sender.pong(event.bytes);',
      'else if (event.kind === "ping") { this.#sender.pong(event.bytes); pieces.push(event.bytes.slice()); }',
    ]],
  },
  {
    name: "pong-read-as-data",
    does: "takes the data of a pong for its own",
    edits: [[
      CARRIER,
      'else if (event.kind === "close") this.#takeClose(event);',
      'else if (event.kind === "close") this.#takeClose(event);\n        else if (event.kind === "pong") pieces.push(event.bytes.slice());',
    ]],
  },
  {
    name: "close-ignored",
    does: "takes no notice of a close frame",
    edits: [[
      CARRIER,
      'else if (event.kind === "close") this.#takeClose(event);',
      'else if (event.kind === "close") continue;',
    ]],
  },
  {
    name: "cookie-refused",
    does: "refuses a client that sends a cookie",
    edits: [[
      ACCEPT,
      "if (!isOriginAccepted(request, origins)) {",
      'if (!isOriginAccepted(request, origins) || request.headers.has("cookie")) {',
    ]],
  },
  {
    name: "close-code-always-1000",
    does: "closes with 1000 whatever happened",
    edits: [[
      CHANNEL,
      "return { code: code >= 0 && code <= 999 ? 4000 + code : 4000, reason };",
      "return { code: 1000, reason };",
    ]],
  },
  {
    name: "close-code-beyond-4999",
    does: "adds 4000 to any code, and cannot close when that is too much",
    edits: [[
      CHANNEL,
      "code: code >= 0 && code <= 999 ? 4000 + code : 4000, reason",
      "code: (4000 + code) % 65536, reason",
    ]],
  },
  {
    name: "close-unanswered",
    does: "does not answer a close frame",
    edits: [[
      CARRIER,
      'void this.#sendClose({ code: mark.code, reason: "" })\n      .then(this.#resolveEnded);',
      "this.#closeSent ??= Promise.resolve();\n    this.#resolveEnded();",
    ]],
  },
  {
    name: "any-origin-accepted",
    does: "accepts pages of any origin",
    edits: [[
      ORIGIN,
      "if (origin === null) return true;",
      'if (origin !== "") return true;',
    ]],
  },
  {
    name: "origin-demanded",
    does: "refuses clients without an Origin",
    edits: [[
      ORIGIN,
      "if (origin === null) return true;",
      "if (origin === null) return false;",
    ]],
  },
  {
    name: "null-origin-accepted",
    does: "accepts pages whose origin is null",
    edits: [[
      ORIGIN,
      "if (!URL.canParse(origin)) return false;",
      'if (origin === "null") return true;',
    ]],
  },
  {
    name: "no-origin-sent",
    does: "sends no Origin as a client",
    edits: [[
      CLIENT,
      'if (!own.some(([name]) => name === "origin")) {',
      'if (own.some(([name]) => name === "origin")) {',
    ]],
  },
];
