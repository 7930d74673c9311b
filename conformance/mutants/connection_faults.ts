/**
 * Mistakes in how a connection begins, lives and ends.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const CALLS = "peer/_calls.ts";
const CONVERSATION = "peer/_conversation.ts";
const LIVENESS = "peer/_liveness.ts";
const RECEIVER = "peer/_receiver.ts";
const SERVING = "peer/_serving.ts";

/** Mistakes in the handshake, in faults and in ending. */
const CONNECTION: readonly Fault[] = [
  {
    name: "version-awaited",
    does: "writes its version only when it has read the other side's",
    edits: [
      [CONVERSATION, 'this.#outbox.sendBytes(encodeVersion("01"));', ""],
      [
        CONVERSATION,
        "  versionRead(): void {\n",
        '  versionRead(): void {\n    this.#outbox.sendBytes(encodeVersion("01"));\n',
      ],
    ],
  },
  {
    name: "version-error-ignored",
    does: "goes on after a version that it does not speak",
    edits: [[
      RECEIVER,
      "if (version.error !== undefined) throw version.error;",
      "if (version.error !== undefined) {\n      this.#version = undefined;\n      this.#owner.versionRead();\n    }",
    ]],
  },
  {
    name: "no-handshake-deadline",
    does: "waits for a version for ever",
    edits: [[
      CONVERSATION,
      "    this.#enterPhase(\n      handshakeTimeout,",
      "    this.#enterPhase(\n      handshakeTimeout + 1e9,",
    ]],
  },
  {
    name: "fault-without-code",
    does: "ends the connection over a fault without a ProtocolError",
    edits: [[
      CONVERSATION,
      'if (tell && code !== undefined) this.send({ kind: "ProtocolError", code });',
      "",
    ]],
  },
  {
    name: "fault-code-off-by-one",
    does: "writes the code of a ProtocolError plus one",
    edits: [[
      CONVERSATION,
      'this.send({ kind: "ProtocolError", code });',
      'this.send({ kind: "ProtocolError", code: code + 1 });',
    ]],
  },
  {
    name: "fault-survived",
    does: "writes a ProtocolError and keeps the connection open",
    edits: [[
      CONVERSATION,
      "  fail(error: ProtocolError): void {\n",
      '  fail(error: ProtocolError): void {\n    if (error.code === 2 && this.state === "open") return this.send({ kind: "ProtocolError", code: 2 });\n',
    ]],
  },
  {
    name: "protocol-error-answered",
    does: "answers a ProtocolError with another one",
    edits: [[
      CONVERSATION,
      "this.#end({ error, code });",
      "this.#end({ error, code, tell: true });",
    ]],
  },
  {
    name: "protocol-error-ignored",
    does: "takes no notice of a ProtocolError",
    edits: [[CONVERSATION, "return this.#reported(header.code);", "return;"]],
  },
  {
    name: "unknown-protocol-error-ignored",
    does:
      "takes no notice of a ProtocolError with a code that it does not know",
    edits: [[
      CONVERSATION,
      "return this.#reported(header.code);",
      "return header.code > 3 ? undefined : this.#reported(header.code);",
    ]],
  },
  {
    name: "half-close-drops-answers",
    does: "drops running requests when the other side has said all",
    edits: [[
      CONVERSATION,
      "if (!this.channel.halfClose) return this.#end({});",
      "if (this.channel) return this.#end({});",
    ]],
  },
  {
    name: "half-close-lingers",
    does: "stays open for ever after the other side has said all",
    edits: [[
      CONVERSATION,
      "if (this.#inputOver && this.serving.running === 0) this.#end({});",
      "",
    ]],
  },
  {
    name: "pending-forgotten",
    does: "leaves calls pending when the connection ends",
    edits: [[
      CALLS,
      "for (const call of [...this.#unsent ?? [], ...this.#table.values()]) {",
      "for (const call of this.#unsent ?? []) {",
    ]],
  },
  {
    name: "cut-stream-ended",
    does: "takes the end of the connection for the end of a stream",
    edits: [[
      SERVING,
      "for (const stream of this.#streams?.values() ?? []) stream.cut(reason);",
      "for (const stream of this.#streams?.values() ?? []) stream.part(NOTHING);",
    ]],
  },
  {
    name: "close-cuts",
    does: "closes without delivering what was sent",
    edits: [[
      CONVERSATION,
      "void this.#outbox.drained().then(() => {",
      "void Promise.resolve().then(() => {",
    ]],
  },
];

/** Mistakes in heartbeats and time limits. */
const TIME: readonly Fault[] = [
  {
    name: "no-first-heartbeat",
    does: "writes its first heartbeat only after the interval",
    edits: [[
      LIVENESS,
      "if (this.#wire.limits.heartbeatInterval !== Infinity) this.#beat();",
      "this.#heartbeat.extend(this.#wire.limits.heartbeatInterval);",
    ]],
  },
  {
    name: "heartbeat-once",
    does: "writes one heartbeat and no more",
    edits: [[
      LIVENESS,
      "this.#heartbeat.extend(this.#wire.limits.heartbeatInterval);",
      "",
    ]],
  },
  {
    name: "heartbeat-answered",
    does: "answers heartbeats",
    edits: [[
      CONVERSATION,
      "        this.#liveness.heard();\n",
      '        this.#liveness.heard();\n        this.send({ kind: "SingleResult", id: 0, payload: new Uint8Array(0) });\n',
    ]],
  },
  {
    name: "heartbeat-time-in-milliseconds",
    does: "writes the time of heartbeats in milliseconds",
    edits: [[
      LIVENESS,
      "Math.floor(this.#wire.clock.date() / 1000) >>> 0;",
      "Math.floor(this.#wire.clock.date()) >>> 0;",
    ]],
  },
  {
    name: "silence-accepted",
    does: "never ends a connection for silence",
    edits: [[
      LIVENESS,
      "if (this.#expectsHeartbeats) {",
      "if (this.#arrived < 0) {",
    ]],
  },
  {
    name: "only-heartbeats-are-life",
    does: "ends a connection on which there are messages but no heartbeats",
    edits: [
      [LIVENESS, "if (this.#expectsHeartbeats) {", "if (bytes === 0) {"],
      [
        LIVENESS,
        "    this.#expectsHeartbeats = true;\n",
        "    this.#expectsHeartbeats = true;\n    this.received(0, false, false);\n",
      ],
    ],
  },
  {
    name: "silence-unarmed",
    does: "ends a connection for silence though no heartbeat ever came",
    edits: [[
      LIVENESS,
      'this.#expectsHeartbeats = role === "acceptor";',
      "this.#expectsHeartbeats = true;",
    ]],
  },
  {
    name: "timeout-code-abnormal",
    does: "ends a connection for silence with code 0",
    edits: [[
      LIVENESS,
      "code: ProtocolErrorCode.timeout,",
      "code: ProtocolErrorCode.abnormal,",
    ]],
  },
];

/** Mistakes in how a connection begins, lives and ends. */
export const CONNECTION_FAULTS: readonly Fault[] = [
  ...CONNECTION,
  ...TIME,
];
