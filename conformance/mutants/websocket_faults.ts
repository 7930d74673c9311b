/**
 * Mistakes in what a WebSocket carries.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const CARRIER = "transport/_websocket_framed_carrier.ts";
const CHANNEL = "transport/_websocket_channel.ts";
const CLIENT = "transport/_websocket_handshake_client.ts";
const JOINED = "transport/_websocket_joined_reader.ts";
const ORIGIN = "transport/_websocket_origin.ts";
const SENDER = "transport/_websocket_frame_sender.ts";

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
      '      if (event.bytes.length > 0) return this.#join(event.bytes);\n      return { kind: "close", code: 1000, reason: "" };',
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
      "this.#resolveEnded();",
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
