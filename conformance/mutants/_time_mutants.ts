/**
 * Mutants that are wrong about time: heartbeats, and limits of what may take how long.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants of heartbeats and time limits. */
export const TIME_MUTANTS: readonly Mutant[] = [
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
  {
    name: "no-heartbeats-behind-half-close",
    does: "writes no more heartbeats once the other side writes no more",
    edits: [
      {
        in: "Keepalive.inputEnded",
        from: "this.pause();",
        to: "this.pause(); this.#heartbeat.stop(); return;",
      },
    ],
  },
  {
    name: "no-heartbeats-while-draining",
    does: "writes no more heartbeats once it drains",
    edits: [
      {
        in: "Conversation.drain",
        from: 'if (this.state === "opening"',
        to: 'this.#link.keepalive.stop(); if (this.state === "opening"',
      },
    ],
  },
  {
    name: "no-heartbeats-while-paused",
    does: "writes no heartbeats while it has stopped to read",
    edits: [
      {
        in: "Keepalive.pause",
        from: "this.#silence.suspend();",
        to: "this.#silence.suspend(); this.#heartbeat.suspend();",
      },
      {
        in: "Keepalive.resume",
        from: "this.interruptions++;",
        to: "this.interruptions++; this.#beat();",
      },
    ],
  },
];
