/**
 * Mutants that begin, keep alive or end a connection wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants of the handshake, of protocol errors and of the end. */
const CONNECTION: readonly Mutant[] = [
  {
    name: "version-awaited",
    does: "writes its version only after it has read that of the remote peer",
    edits: [
      {
        in: "Conversation.#start",
        from: '$writer.sendBytes(encodeVersion("01"));',
        to: "",
      },
      {
        in: "Conversation.versionRead",
        first: 'this.#outbox.sendBytes(encodeVersion("01"));',
      },
    ],
  },
  {
    name: "version-error-ignored",
    does: "continues after a version that it does not speak",
    edits: [{
      in: "Receiver.#withoutVersion",
      from: "throw version.error;",
      to: "{ this.#version = undefined; this.#owner.versionRead(); }",
    }],
  },
  {
    name: "no-handshake-deadline",
    does: "waits for a version for ever",
    edits: [{
      in: "Conversation.#start",
      from: "this.#enterPhase(handshakeTimeout,",
      to: "this.#enterPhase(handshakeTimeout + 1e9,",
    }],
  },
  {
    name: "fault-without-code",
    does:
      "ends the connection over a malformed message without a ProtocolError",
    edits: [{
      in: "Conversation.#end",
      from: 'this.send({ kind: "ProtocolError", code });',
      to: "void 0;",
    }],
  },
  {
    name: "fault-code-off-by-one",
    does: "writes the code of a ProtocolError plus one",
    edits: [{
      in: "Conversation.#end",
      from: 'this.send({ kind: "ProtocolError", code });',
      to: 'this.send({ kind: "ProtocolError", code: code + 1 });',
    }],
  },
  {
    name: "fault-survived",
    does: "writes a ProtocolError and keeps the connection open",
    edits: [{
      in: "Conversation.fail",
      first:
        'if (error.code === 2 && this.state === "open") return this.send({ kind: "ProtocolError", code: 2 });',
    }],
  },
  {
    name: "protocol-error-answered",
    does: "answers a ProtocolError with another one",
    edits: [{
      in: "Conversation.#reported",
      from: "this.#end({ error, code });",
      to: "this.#end({ error, code, tell: true });",
    }],
  },
  {
    name: "protocol-error-ignored",
    does: "ignores a ProtocolError",
    edits: [{ in: "Conversation.#reported", first: "if (code >= 0) return;" }],
  },
  {
    name: "unknown-protocol-error-ignored",
    does: "ignores a ProtocolError with a code that it does not know",
    edits: [{ in: "Conversation.#reported", first: "if (code > 3) return;" }],
  },
  {
    name: "half-close-drops-answers",
    does: "drops running requests when the remote peer ends its input",
    edits: [{
      in: "Conversation.#inputEnded",
      from: "if (!this.channel.halfClose)",
      to: "if (this.channel)",
    }],
  },
  {
    name: "half-close-lingers",
    does: "stays open for ever after the remote peer has ended its input",
    edits: [{
      in: "Conversation.settled",
      from: "if (this.#inputOver && this.serving.running === 0) this.#end({});",
      to: "",
    }],
  },
  {
    name: "pending-forgotten",
    does: "leaves calls pending when the connection ends",
    edits: [{
      in: "Calls.connectionClosed",
      from: ", ...this.#table.values()]",
      to: "]",
    }],
  },
  {
    name: "cut-stream-ended",
    does: "takes the end of the connection for the end of a stream",
    edits: [{
      in: "Serving.inputOver",
      from: "stream.cut(reason)",
      to: "stream.part(new Uint8Array(0))",
    }],
  },
  {
    name: "close-cuts",
    does: "closes without delivering what was sent",
    edits: [{
      in: "Conversation.#end",
      from: "$writer.drained()",
      to: "Promise.resolve()",
    }],
  },
];

/** Mutants of heartbeats and time limits. */
const TIME: readonly Mutant[] = [
  {
    name: "no-first-heartbeat",
    does: "writes its first heartbeat only after the interval",
    edits: [{
      in: "Liveness.start",
      from: "$interval !== Infinity) this.#beat();",
      to: "$interval) this.#heartbeat.extend($interval);",
    }],
  },
  {
    name: "heartbeat-once",
    does: "writes one heartbeat and no more",
    edits: [{
      in: "Liveness.#beat",
      from: "this.#heartbeat.extend($interval);",
      to: "",
    }],
  },
  {
    name: "heartbeat-answered",
    does: "answers heartbeats",
    edits: [{
      in: "Conversation.message",
      from: "this.#liveness.heard();",
      to:
        'this.#liveness.heard(); this.send({ kind: "SingleResult", id: 0, payload: new Uint8Array(0) });',
    }],
  },
  {
    name: "heartbeat-time-in-milliseconds",
    does: "writes the time of heartbeats in milliseconds",
    edits: [{ in: "Liveness.#beat", from: "date() / 1000", to: "date()" }],
  },
  {
    name: "silence-accepted",
    does: "never ends a connection for silence",
    edits: [{
      in: "Liveness.received",
      from: "if (this.#expectsHeartbeats)",
      to: "if (this.#arrived < 0)",
    }],
  },
  {
    name: "only-heartbeats-are-life",
    does: "ends a connection on which there are messages but no heartbeats",
    edits: [
      {
        in: "Liveness.received",
        from: "if (this.#expectsHeartbeats)",
        to: "if (bytes === 0)",
      },
      {
        in: "Liveness.heard",
        from: "this.#expectsHeartbeats = true;",
        to: "this.#expectsHeartbeats = true; this.received(0, false, false);",
      },
    ],
  },
  {
    name: "silence-unarmed",
    does: "ends a connection for silence though no heartbeat ever came",
    edits: [{
      in: "Liveness.constructor",
      from: 'role === "acceptor"',
      to: "true",
    }],
  },
  {
    name: "timeout-code-abnormal",
    does: "ends a connection for silence with code 0",
    edits: [{
      in: "timeout",
      from: "ProtocolErrorCode.timeout",
      to: "ProtocolErrorCode.abnormal",
    }],
  },
];

/** Mutants of how a connection begins, stays alive and ends. */
export const CONNECTION_MUTANTS: readonly Mutant[] = [...CONNECTION, ...TIME];
