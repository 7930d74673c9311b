/**
 * Mutants that treat the control frames of a WebSocket wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** What answers a ping. */
const PONG = 'if (event.kind === "ping") this.#sender.pong(event.bytes);';

/** What takes a close frame. */
const CLOSE = 'if (event.kind === "close") this.#takeClose(event);';

/** Mutants of control frames. */
export const CONTROL_MUTANTS: readonly Mutant[] = [
  {
    name: "ping-unanswered",
    does: "does not answer pings",
    edits: [{
      in: "OwnCarrier.#take",
      from: PONG,
      to: 'if (event.kind === "ping") continue;',
    }],
  },
  {
    name: "pong-empty",
    does: "answers pings without their data",
    edits: [{
      in: "OwnCarrier.#take",
      from: "pong(event.bytes)",
      to: "pong(new Uint8Array(0))",
    }],
  },
  {
    name: "only-first-of-pings",
    does: "answers the first of several pings that arrive together",
    edits: [{
      in: "FrameSender.pong",
      from: "this.#pong = payload.slice();",
      to: "if (!isQueued) this.#pong = payload.slice();",
    }],
  },
  {
    name: "ping-read-as-data",
    does: "reads the data of a ping as Gotalk",
    edits: [{
      in: "OwnCarrier.#take",
      from: PONG,
      to:
        'if (event.kind === "ping") { this.#sender.pong(event.bytes); pieces.push(event.bytes.slice()); }',
    }],
  },
  {
    name: "pong-read-as-data",
    does: "reads the data of a pong as Gotalk",
    edits: [{
      in: "OwnCarrier.#take",
      from: CLOSE,
      to:
        `${CLOSE} else if (event.kind === "pong") pieces.push(event.bytes.slice());`,
    }],
  },
  {
    name: "close-ignored",
    does: "ignores a close frame",
    edits: [{ in: "OwnCarrier.#takeClose", first: "if (this.#below) return;" }],
  },
  {
    name: "cookie-refused",
    does: "refuses a client that sends a cookie",
    edits: [{
      in: "isOriginAccepted",
      first: 'if (request.headers.has("cookie")) return false;',
    }],
  },
  {
    name: "close-code-always-1000",
    does: "closes with 1000 whatever happened",
    edits: [{
      in: "closeStatus",
      from: "code: code >= 0 && code <= 999 ? 4000 + code : 4000",
      to: "code: 1000",
    }],
  },
  {
    name: "close-code-beyond-4999",
    does: "adds 4000 to any code, and cannot close when the sum is too large",
    edits: [{
      in: "closeStatus",
      from: "code >= 0 && code <= 999 ? 4000 + code : 4000",
      to: "(4000 + code) % 65536",
    }],
  },
  {
    name: "close-unanswered",
    does: "does not answer a close frame",
    edits: [{
      in: "OwnCarrier.#takeClose",
      from:
        'void this.#sendClose({ code: $status.code, reason: "" }).then(this.#resolveEnded);',
      to: "this.#closeSent ??= Promise.resolve(); this.#resolveEnded();",
    }],
  },
  {
    name: "close-code-refused",
    does: "takes the codes that may be sent for those that may not",
    edits: [{
      in: "FrameReader.#readClose",
      from: "if (!isCloseCode(code))",
      to: "if (isCloseCode(code))",
    }],
  },
  {
    name: "only-first-ping",
    does: "answers the first ping of a connection",
    edits: [
      {
        in: "FrameSender.#addPong",
        from: "this.#pong = undefined;",
        to: "",
      },
    ],
  },
  {
    name: "read-past-close-frame",
    does: "acts on messages behind a close frame",
    edits: [
      {
        in: "FrameReader.read",
        from:
          "while (!this.#closed && (this.#inFrame || this.#readHeader())) {",
        to: "while (this.#inFrame || this.#readHeader()) {",
      },
      { in: "FrameReader.push", from: "if (this.#closed) return;", to: "" },
    ],
  },
  {
    name: "close-frame-drops-data",
    does: "drops messages that arrive together with a close frame",
    edits: [{ in: "OwnCarrier.#takeClose", first: "this.#pieces.length = 0;" }],
  },
  {
    name: "pong-inside-frame",
    does: "writes a pong between the pieces of a frame",
    edits: [{
      in: "FrameSender.#sendLarge",
      from: "const most = key === undefined",
      to: "this.#addPong(); const most = key === undefined",
    }],
  },
];
