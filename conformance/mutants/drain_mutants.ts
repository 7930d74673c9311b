/**
 * Mutants of drains.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants of drains. */
export const DRAIN_MUTANTS: readonly Mutant[] = [
  {
    name: "drain-ignored",
    does: "makes new requests after a drain",
    edits: [{
      in: "Conversation.remoteDrains",
      first: "if (reason !== undefined) return;",
    }],
  },
  {
    name: "drain-with-reason-only",
    does: "ignores a drain without a reason",
    edits: [{
      in: "ReceivedDrain.received",
      first: "if (payload.byteLength === 0) return;",
    }],
  },
  {
    name: "drain-closes",
    does: "closes the connection when it reads a drain",
    edits: [{
      in: "Conversation.remoteDrains",
      first: "void this.close();",
    }],
  },
  {
    name: "drain-stops-answers",
    does: "answers no requests after a drain",
    edits: [{
      in: "Conversation.remoteDrains",
      first: 'this.#responder.refuse("drained", () => false, 0);',
    }],
  },
  {
    name: "drain-not-written",
    does: "drains without a notification",
    edits: [{
      in: "Extensions.sendDrain",
      first: "if (reason !== undefined) return;",
    }],
  },
  {
    name: "drain-twice",
    does: "writes a drain twice",
    edits: [{
      in: "Extensions.sendDrain",
      from: "this.#send(DRAIN, encodeDrain(reason));",
      to:
        "this.#send(DRAIN, encodeDrain(reason)); this.#send(DRAIN, encodeDrain(reason));",
    }],
  },
  {
    name: "second-drain-takes-back",
    does: "takes a second drain for the end of the first",
    edits: [{
      in: "ReceivedDrain.received",
      from: "if (this.#isKnown) return this.#link.countUnproductive();",
      to: 'if (this.#isKnown) throw new TypeError("mutant");',
    }],
  },
  {
    name: "drain-silences",
    does: "drops notifications once it has read a drain",
    edits: [{
      in: "Conversation.remoteDrains",
      first: "this.#responder.refuseNotifications();",
    }],
  },
  {
    name: "drain-leaves-calls",
    does: "drains without waiting for the answers to its own requests",
    edits: [{
      in: "Drain.look",
      from: "if (this.#requestor.pending > 0 || responder.busy) {",
      to: "if (responder.busy) {",
    }],
  },
  {
    name: "drain-leaves-requests",
    does: "drains without waiting for what it carries out",
    edits: [{
      in: "Drain.look",
      from: "if (this.#requestor.pending > 0 || responder.busy) {",
      to: "if (this.#requestor.pending > 0) {",
    }],
  },
  {
    name: "drain-mutes",
    does: "writes no notification once it has read a drain",
    edits: [{
      in: "Requestor.remoteStops",
      from: "this.refuse(cause, isNeeded);",
      to: "this.stopSending(cause);",
    }],
  },
  {
    name: "deaf-while-draining",
    does: "drops notifications once it has written a drain",
    edits: [{ in: "Responder.refuse", first: "this.refuseNotifications();" }],
  },
  {
    name: "repeats-after-a-drain",
    does: "repeats a request on a connection that drains",
    edits: [
      {
        in: "PendingCalls.failUnsent",
        from:
          "for (const call of this.#unsentCalls) call.connectionClosed(cause, false);",
        to:
          "const calls = this.#unsentCalls.filter((call) => call.isQueued || call.isStream); for (const call of calls) call.connectionClosed(cause, false);",
      },
    ],
  },
  {
    name: "drain-acknowledged",
    does:
      "takes the drain of the other peer for the answer to its own, and closes",
    edits: [
      {
        in: "Conversation.remoteDrains",
        first: 'if (this.state === "draining") { void this.close(); return; }',
      },
    ],
  },
  {
    name: "drain-behind-a-drain-closes",
    does: "closes at once when it drains a connection that drains already",
    edits: [
      {
        in: "Conversation.drain",
        first: "if (this.requestor.remoteDrains) return await this.close();",
      },
    ],
  },
  {
    name: "stream-opened-behind-a-drain",
    does:
      "sends the request of a stream that was opened before a drain, but not written",
    edits: [
      {
        in: "PendingCalls.failUnsent",
        from:
          "for (const call of this.#unsentCalls) call.connectionClosed(cause, false);",
        to:
          "for (const call of this.#unsentCalls.filter((call) => !call.isStream)) call.connectionClosed(cause, false);",
      },
    ],
  },
  {
    name: "deaf-to-requests-while-draining",
    does: "drops requests of either kind once it has written a drain",
    edits: [{
      in: "Responder.single",
      first: "if (this.#early !== undefined) return;",
    }, {
      in: "Responder.stream",
      first: "if (this.#early !== undefined) return;",
    }],
  },
  {
    name: "requests-fail-while-draining",
    does: "answers requests with an ErrorResult while it drains",
    edits: [{
      in: "Responder.single",
      from: "this.#results.refusal(id, operation, exceeded, text);",
      to:
        'this.#results.refusal(id, operation, exceeded, text, this.#results.accepts ? undefined : "error");',
    }],
  },
  {
    name: "streams-fail-while-draining",
    does: "answers stream requests with an ErrorResult while it drains",
    edits: [{
      in: "Responder.stream",
      from: "this.#results.refusal(id, operation, limit, text);",
      to:
        'this.#results.refusal(id, operation, limit, text, accepts ? undefined : "error");',
    }],
  },
  {
    name: "drain-cuts-what-is-unread",
    does: "closes a connection sooner the more is still to be written",
    edits: [
      {
        in: "Conversation.ended",
        from: "this.#link.limits.closeTimeout +",
        to: "this.#link.limits.closeTimeout -",
      },
    ],
  },
  {
    name: "drain-counts-waiting-calls-twice",
    does: "takes calls that wait to be sent off those that are in flight",
    edits: [
      {
        in: "PendingCalls.#queued",
        from: "return this.#singles.queue.size +",
        to: "return -this.#singles.queue.size +",
      },
    ],
  },
  {
    name: "drain-counts-waiting-streams-twice",
    does: "takes streams that wait to be sent off those that are in flight",
    edits: [
      {
        in: "PendingCalls.#queued",
        from: "+ (this.#streams?.queue.size ?? 0)",
        to: "- (this.#streams?.queue.size ?? 0)",
      },
    ],
  },
  {
    name: "drain-interrupted-for-ever",
    does:
      "never ends a drain while which the handler of a notification has made a request",
    edits: [
      {
        in: "Drain.look",
        from: "this.#received = -1;",
        to: "",
      },
    ],
  },
  {
    name: "waiting-calls-behind-a-drain",
    does: "sends calls behind a drain that waited until others are answered",
    edits: [
      {
        in: "PendingCalls.failUnsent",
        from:
          "for (const call of this.#unsentCalls) call.connectionClosed(cause, false);",
        to:
          "for (const call of this.#unsentCalls.filter((call) => !call.isQueued)) call.connectionClosed(cause, false);",
      },
    ],
  },
  {
    name: "calls-of-handlers-wait-for-ever",
    does:
      "never sends a call of a handler that waits, once others have failed because of a drain",
    edits: [
      {
        in: "PendingCalls.failUnsent",
        from: "this.#failsUnsent = false;",
        to: "",
      },
    ],
  },
];
