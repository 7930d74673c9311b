/**
 * Mutants that begin, keep alive or end a connection wrongly.
 *
 * @module
 */

import { TIME_MUTANTS } from "./_time_mutants.ts";
import type { Mutant } from "./mutant.ts";

/** Mutants of the handshake, of protocol errors and of the end. */
const CONNECTION: readonly Mutant[] = [
  {
    name: "payload-behind-others",
    does: "writes a payload only once what waits before its header is written",
    edits: [{
      in: "Writer.send",
      from: "units.add(message.payload);",
      to:
        "if (this.#writing) void this.#change().then(() => { this.#batch().add(message.payload); this.#queued(message.payload.byteLength, 1); this.#schedule(); }); else units.add(message.payload);",
    }],
  },
  {
    name: "version-awaited",
    does: "writes its version only after it has read that of the remote peer",
    edits: [
      { in: "Link.run", from: "$writer.sendBytes(encodeVersion());", to: "" },
      {
        in: "Conversation.versionRead",
        first: 'this.#link.writer.sendBytes(new TextEncoder().encode("01"));',
      },
    ],
  },
  {
    name: "version-error-ignored",
    does: "continues after a version that it does not speak",
    edits: [{
      in: "Reader.#withoutVersion",
      from: "throw version.error;",
      to: "{ this.#version = undefined; this.#events.versionRead(); }",
    }],
  },
  {
    name: "no-handshake-deadline",
    does: "waits for a version for ever",
    edits: [{
      in: "Conversation.#start",
      from: "$limits.handshakeTimeout,",
      to: "$limits.handshakeTimeout + 1e9,",
    }],
  },
  {
    name: "fault-without-code",
    does:
      "ends the connection over a malformed message without a ProtocolError",
    edits: [{
      in: "Conversation.ended",
      from: '$link.send({ kind: "ProtocolError", code });',
      to: "void 0;",
    }],
  },
  {
    name: "fault-code-off-by-one",
    does: "writes the code of a ProtocolError plus one",
    edits: [{
      in: "Conversation.ended",
      from: '{ kind: "ProtocolError", code }',
      to: '{ kind: "ProtocolError", code: code + 1 }',
    }],
  },
  {
    name: "fault-survived",
    does: "writes a ProtocolError and keeps the connection open",
    edits: [{
      in: "Link.fail",
      first:
        'if (error.code === 2 && (this.remote as any).state === "open") return this.send({ kind: "ProtocolError", code: 2 });',
    }],
  },
  {
    name: "protocol-error-answered",
    does: "answers a ProtocolError with another one",
    edits: [{
      in: "Conversation.#protocolErrorReceived",
      from: "this.ended({ error, code });",
      to: "this.ended({ error, code, report: true });",
    }],
  },
  {
    name: "protocol-error-ignored",
    does: "ignores a ProtocolError",
    edits: [{
      in: "Conversation.#protocolErrorReceived",
      first: "if (code >= 0) return;",
    }],
  },
  {
    name: "unknown-protocol-error-ignored",
    does: "ignores a ProtocolError with a code that it does not know",
    edits: [{
      in: "Conversation.#protocolErrorReceived",
      first: "if (code > 3) return;",
    }],
  },
  {
    name: "half-close-drops-answers",
    does: "drops running requests when the remote peer ends its input",
    edits: [{
      in: "Conversation.#inputEnded",
      from: "if (!halfClose)",
      to: "if (halfClose || !halfClose)",
    }],
  },
  {
    name: "half-close-lingers",
    does: "stays open for ever after the remote peer has ended its input",
    edits: [{
      in: "Conversation.settled",
      from:
        "if (this.#inputOver && this.#responder.running === 0) this.ended({});",
      to: "",
    }],
  },
  {
    name: "pending-forgotten",
    does: "leaves calls pending when the connection ends",
    edits: [{
      in: "PendingCalls.connectionClosed",
      from: ", ...this.#table.values()]",
      to: "]",
    }],
  },
  {
    name: "cut-stream-ended",
    does: "takes the end of the connection for the end of a stream",
    edits: [{
      in: "ServedStreams.inputEnded",
      from: "stream.cut(reason)",
      to: "stream.part(new Uint8Array(0))",
    }],
  },
  {
    name: "close-cuts",
    does: "closes without delivering what was sent",
    // Without a turn of its own, in which the queue might be written.
    edits: [{ in: "Link.close", from: "await $writer.drained();", to: "" }],
  },
  {
    name: "answers-of-a-broken-connection",
    does: "writes what a connection that broke had queued on the next one",
    edits: [
      {
        in: "releaseUnits",
        from: "units.clear();",
        to:
          "if (!(units as any).isKept) units.clear(); (units as any).isKept = false;",
      },
      {
        in: "Writer.#discard",
        from: "releaseUnits(batch);",
        to: "(batch as any).isKept = true; releaseUnits(batch);",
      },
    ],
  },
  {
    name: "sixteen-pieces-joined",
    does: "joins at most sixteen pieces of a payload",
    edits: [{
      in: "PayloadBuffer.take",
      from: "for (const { bytes, filled } of this.#pieces) {",
      to: "for (const { bytes, filled } of this.#pieces.slice(0, 16)) {",
    }],
  },
  {
    name: "error-waits-for-handlers",
    does: "ends the connection over a ProtocolError only when no handler runs",
    edits: [
      {
        in: "Conversation.#protocolErrorReceived",
        from: "this.ended({ error, code });",
        to:
          "if (this.#responder.running > 0) { this.#inputOver = true; this.requestor.connectionClosed(error, true); } else { this.ended({ error, code }); }",
      },
    ],
  },
  {
    name: "late-answers-counted",
    does: "counts answers to calls that were given up like those to none",
    edits: [
      {
        in: "Link.drop",
        from: 'kind !== "Notification" && reason !== "call-abandoned"',
        to: 'kind !== "Notification"',
      },
    ],
  },
  {
    name: "end-before-version-ignored",
    does:
      "keeps a connection whose other direction ends before or within the version",
    edits: [{
      in: "Reader.#run",
      from: "this.#version?.end();",
      to:
        "if (this.#version !== undefined) return new Promise<void>(() => {});",
    }],
  },
  {
    name: "name-space-of-two-bytes",
    does: "reserves two bytes for each UTF-16 unit of a name that it writes",
    edits: [{ in: "spaceOf", from: "* 3", to: "* 2" }],
  },
  {
    name: "largest-skipped-refused",
    does: "refuses a payload of exactly the largest size that is dropped",
    edits: [{
      in: "Reader.#skip",
      from: "header.size > maxSkippedBytes",
      to: "header.size >= maxSkippedBytes",
    }],
  },
  {
    name: "unwritable-call-keeps-place",
    does:
      "counts calls that could not be written among those that await an answer",
    edits: [{
      in: "SingleCall.admitted",
      from: "this.fail(error, true);",
      to: "this.reject(error);",
    }],
  },
  {
    name: "error-overtakes-answers",
    does:
      "ends a connection over a ProtocolError before what came in front of it is delivered",
    edits: [{
      in: "Conversation.message",
      from: "return this.requestor.result(kind, header, payload);",
      to:
        "{ const args = [kind, { ...header }, payload.slice()] as const; queueMicrotask(() => { if (this.#ending === undefined) this.requestor.result(...args); }); return; }",
    }, {
      in: "Conversation.message",
      from: "return this.#listener.notification(header.name, payload);",
      to:
        "{ const args = [header.name, payload.slice()] as const; queueMicrotask(() => { if (this.#ending === undefined) this.#listener.notification(...args); }); return; }",
    }],
  },
  {
    name: "error-overtakes-queue",
    does: "writes a ProtocolError in front of messages that wait",
    edits: [{
      in: "Writer.send",
      from: "const units = this.#batch();",
      to:
        'let units = this.#batch(); if (message.kind === "ProtocolError" && this.#queuedBytes > 0) { units = acquireUnits(); (this.#full ??= []).unshift(units); }',
    }],
  },
];

/** Mutants of how a connection begins, stays alive and ends. */
export const CONNECTION_MUTANTS: readonly Mutant[] = [
  ...CONNECTION,
  ...TIME_MUTANTS,
];
