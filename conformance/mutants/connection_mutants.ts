/**
 * Mutants that begin, keep alive or end a connection wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Defines a write that waits for those of all connections before it. */
const IN_TURN =
  "const all = globalThis as { writing?: Promise<number> }; const inTurn = (part: Uint8Array) => all.writing = Promise.resolve(all.writing).catch(() => 0).then(() => this.#conn.write(part));";

/** Mutants of the handshake, of protocol errors and of the end. */
const CONNECTION: readonly Mutant[] = [
  {
    name: "writes-in-turn-for-all",
    does: "writes on one connection at a time, whether it is read or not",
    edits: [{
      in: "ConnCarrier.#writeAll",
      from: "let written = await this.#conn.write(bytes);",
      to: `${IN_TURN} let written = await inTurn(bytes);`,
    }, {
      in: "ConnCarrier.#writeAll",
      from: "const more = await this.#conn.write(bytes.subarray(written));",
      to: "const more = await inTurn(bytes.subarray(written));",
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
    name: "payload-memory-shared",
    does: "joins the pieces of payloads of all connections in one place",
    edits: [
      {
        in: "Decoder.readPayload",
        from: "this.#payload ??= new PayloadBuffer();",
        to:
          "this.#payload ??= ((globalThis as any).payloads ??= new PayloadBuffer()) as PayloadBuffer;",
      },
    ],
  },
  {
    name: "cut-headers-shared",
    does: "keeps the beginnings of headers of all connections in one place",
    edits: [
      {
        in: "Decoder.#startHeader",
        from: "this.#cut ??= new HeaderBuffer();",
        to:
          "this.#cut ??= ((globalThis as any).headers ??= new HeaderBuffer()) as HeaderBuffer;",
      },
    ],
  },
  {
    name: "lost-behind-half-a-version",
    does: "drops what comes together with the second half of a version",
    edits: [
      {
        in: "Reader.#withoutVersion",
        from: "return chunk.subarray(taken);",
        to: "return chunk.subarray(taken === 1 ? chunk.byteLength : taken);",
      },
    ],
  },
];

/** Mutants of heartbeats and time limits. */
const TIME: readonly Mutant[] = [
  {
    name: "no-first-heartbeat",
    does: "writes its first heartbeat only after the interval",
    edits: [{
      in: "Keepalive.start",
      from: "$interval !== Infinity) this.#beat();",
      to: "$interval) this.#heartbeat.reset($interval);",
    }],
  },
  {
    name: "heartbeat-once",
    does: "writes one heartbeat and no more",
    edits: [{
      in: "Keepalive.#beat",
      from: "this.#heartbeat.reset($interval);",
      to: "",
    }],
  },
  {
    name: "heartbeat-answered",
    does: "answers heartbeats",
    edits: [{
      in: "Link.heartbeatReceived",
      first:
        'this.send({ kind: "SingleResult", id: 0, payload: new Uint8Array(0) });',
    }],
  },
  {
    name: "heartbeat-time-in-milliseconds",
    does: "writes the time of heartbeats in milliseconds",
    edits: [{ in: "Keepalive.#beat", from: "date() / 1000", to: "date()" }],
  },
  {
    name: "silence-accepted",
    does: "never ends a connection for silence",
    edits: [{
      in: "Keepalive.received",
      from: "if (this.#armed)",
      to: "if (this.#arrived < 0)",
    }],
  },
  {
    name: "only-heartbeats-are-life",
    does: "ends a connection on which there are messages but no heartbeats",
    edits: [
      {
        in: "Keepalive.received",
        from: "if (this.#armed)",
        to: "if (bytes === 0)",
      },
      {
        in: "Keepalive.heartbeatReceived",
        from: "this.#armed = true;",
        to: "this.#armed = true; this.received(0, false, false);",
      },
    ],
  },
  {
    name: "own-messages-are-life",
    does: "takes a message that it writes itself for a sign of life",
    edits: [{
      in: "Link.send",
      first:
        'if (message.kind !== "Heartbeat") this.keepalive.received(0, this.keepalive.arriving, false);',
    }],
  },
  {
    name: "own-heartbeats-are-life",
    does: "takes a heartbeat that it writes itself for a sign of life",
    edits: [{
      in: "Link.sendHeartbeat",
      first: "this.keepalive.received(0, this.keepalive.arriving, false);",
    }],
  },
  {
    name: "heartbeat-time-of-the-first",
    does: "writes the time of its first heartbeat in all of them",
    edits: [{
      in: "Keepalive.#beat",
      from: "const time = Math.floor(this.#link.clock.date() / 1000) >>> 0;",
      to:
        "const time = ((this as any).first ??= Math.floor(this.#link.clock.date() / 1000) >>> 0);",
    }],
  },
  {
    name: "silence-unarmed",
    does: "ends a connection for silence though no heartbeat ever came",
    edits: [{
      in: "Keepalive.constructor",
      from: '$role === "acceptor"',
      to: "true",
    }],
  },
  {
    name: "acceptor-unarmed",
    does: "as the acceptor, waits for ever for a first heartbeat",
    edits: [{
      in: "Keepalive.constructor",
      from: 'this.#armed = role === "acceptor";',
      to: 'this.#armed = role !== "acceptor" && role !== "initiator";',
    }],
  },
  {
    name: "handshake-deadline-stays",
    does:
      "ends the connection when the time for the version has passed, although it was read",
    edits: [{
      in: "Conversation.versionRead",
      from: "this.#enterPhase(); this.#open();",
      to: "this.#open();",
    }],
  },
  {
    name: "timeout-code-abnormal",
    does: "ends a connection for silence with code 0",
    edits: [{
      in: "timeoutError",
      from: "ProtocolErrorCode.timeout",
      to: "ProtocolErrorCode.abnormal",
    }],
  },
  {
    name: "extensions-are-no-life",
    does: "does not take the Notification of an extension for a sign of life",
    edits: [
      {
        in: "Reader.#next",
        from: "const { kind } = header;",
        to:
          "const { kind } = header; (this as any).isQuiet = isSmallExtension(header);",
      },
      {
        in: "Reader.#run",
        from:
          "keepalive.received(chunk.byteLength, incomplete, completed, unseen);",
        to:
          "if (!completed || !(this as any).isQuiet) { keepalive.received(chunk.byteLength, incomplete, completed, unseen); }",
      },
    ],
  },
  {
    name: "end-markers-are-no-life",
    does:
      "does not take the end marker of a stream or of an answer for a sign of life",
    edits: [
      {
        in: "Reader.#next",
        from: "const { kind } = header;",
        to:
          "const { kind } = header; (this as any).isQuiet = header.size === 0 && /^Stream.*(Part|Result)$/.test(kind);",
      },
      {
        in: "Reader.#run",
        from:
          "keepalive.received(chunk.byteLength, incomplete, completed, unseen);",
        to:
          "if (!completed || !(this as any).isQuiet) { keepalive.received(chunk.byteLength, incomplete, completed, unseen); }",
      },
    ],
  },
  {
    name: "silence-of-unread-data",
    does: "takes data that it has stopped to read for silence",
    edits: [
      {
        in: "Keepalive.pause",
        from: "this.#silence.suspend();",
        to: "",
      },
    ],
  },
  {
    name: "heartbeat-time-kept",
    does: "writes the time of the first heartbeat in all that follow",
    edits: [
      {
        in: "Keepalive.#beat",
        from: "const time =",
        to: "const time = (this as any).first ??=",
      },
    ],
  },
  {
    name: "load-of-all-messages",
    does: "writes the number of all messages that it has read as its load",
    edits: [
      {
        in: "Link.sendHeartbeat",
        first: "load = Math.min(0xffff, load + this.#reader.messagesIn);",
      },
    ],
  },
];

/** Mutants of how a connection begins, stays alive and ends. */
export const CONNECTION_MUTANTS: readonly Mutant[] = [...CONNECTION, ...TIME];
