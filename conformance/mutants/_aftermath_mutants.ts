/**
 * Mutants that are wrong about what follows an earlier request, answer or failure.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants that are right the first time. */
export const AFTERMATH_MUTANTS: readonly Mutant[] = [
  {
    name: "wait-from-the-request",
    does: "measures the wait of a RetryResult from when the request was sent",
    edits: [{
      in: "SingleCall.admitted",
      from: "this.batch = link.writer.batch;",
      to:
        "this.batch = link.writer.batch; (this as any).sentAt = link.clock.now();",
    }, {
      in: "SingleCall.retry",
      from: "const delay = wait + Math.ceil(random() * policy.jitter);",
      to:
        "const delay = Math.max(0, wait - (clock.now() - (this as any).sentAt)) + Math.ceil(random() * policy.jitter);",
    }],
  },
  {
    name: "joined-answers-share-memory",
    does: "joins the answers to all single requests in the same memory",
    edits: [{
      in: "SingleCall.part",
      from: "this.#joined.set(payload, this.#size);",
      to:
        "const shared = (globalThis as any).__joined ??= new Uint8Array(1 << 20);\n    if (size <= shared.byteLength) { shared.set(payload, this.#size); this.#joined.set(shared.subarray(0, size)); } else this.#joined.set(payload, this.#size);",
    }],
  },
  {
    name: "joined-answers-added-up",
    does:
      "applies the limit for one joined answer to all of a connection together",
    edits: [{
      in: "SingleCall.part",
      from: "if (size > maxPayloadBytes) {",
      to:
        "if (((this.link as any).total = ((this.link as any).total ?? 0) + payload.byteLength) > maxPayloadBytes) {",
    }],
  },
  {
    name: "repeated-calls-keep-places",
    does:
      "never lets another call take the place of one that waited to be repeated",
    edits: [{
      in: "PendingCalls.withdraw",
      from: "window.inFlight--;",
      to: "void window.inFlight;",
    }],
  },
  {
    name: "refused-calls-keep-places",
    does: "never lets another call take the place of one that was refused",
    edits: [{
      in: "SingleCall.retry",
      from:
        "return this.fail(retryError(this.operation, wait, payload), true);",
      to:
        "this.settled = true;\n      return this.reject(retryError(this.operation, wait, payload));",
    }],
  },
  {
    name: "queued-call-lost",
    does: "loses a call when it makes its queue of calls shorter",
    edits: [{
      in: "CallQueue.#dropHead",
      from: "this.#places = this.#places.slice(this.#head);",
      to: "this.#places = this.#places.slice(this.#head + 1);",
    }],
  },
  {
    name: "id-counter-of-a-byte",
    does: "counts the IDs of its requests in a byte",
    edits: [{
      in: "CallTable.add",
      from: "this.#next = (this.#next + 1) % ID_COUNT;",
      to: "this.#next = (this.#next + 1) % 256;",
    }],
  },
  {
    name: "error-line-end-cut",
    does: "cuts a line feed off the end of an error",
    edits: [{
      in: "failedError",
      from: "payload: payload.slice(),",
      to:
        "payload: payload.at(-1) === 10 ? payload.slice(0, -1) : payload.slice(),",
    }],
  },
  {
    name: "parts-under-own-id-dropped",
    does: "drops parts of a stream that has the ID of one of its own calls",
    edits: [{
      in: "Requestor.parses",
      from: "parses(id: number): boolean {",
      to:
        "hasCall(id: number): boolean { return this.#calls?.find(id) !== undefined; }\n  parses(id: number): boolean {",
    }, {
      in: "Conversation.message",
      from: "return this.#listener.part(header.id, payload);",
      to:
        "return (this.requestor as any).hasCall(header.id) ? undefined : this.#listener.part(header.id, payload);",
    }],
  },
  {
    name: "answer-ends-request-of-its-id",
    does:
      "ends the request of the remote peer that has the ID of a call which is answered",
    edits: [{
      in: "Conversation.message",
      from: "return this.requestor.result(kind, header, payload);",
      to:
        'if (kind === "SingleResult" || kind === "ErrorResult") this.#responder.cancel(header.id, "");\n        return this.requestor.result(kind, header, payload);',
    }],
  },
  {
    name: "failed-request-stays",
    does:
      "takes a request that has failed at once for one that is being carried out",
    edits: [{
      in: "Responder.single",
      from:
        "this.#results.failure(id, context, error);\n      return this.#leave();",
      to: "return this.#results.failure(id, context, error);",
    }],
  },
  {
    name: "failed-notification-stays",
    does:
      "takes a notification that has failed at once for one that is being handled",
    edits: [{
      in: "Responder.notification",
      from:
        "this.#results.notificationFailure(context, error);\n      return this.#leave();",
      to: "return this.#results.notificationFailure(context, error);",
    }],
  },
  {
    name: "silence-behind-half-close",
    does:
      "ends a connection for silence although the remote peer has ended its direction",
    edits: [{
      in: "Link.inputEnded",
      from: "this.keepalive.inputEnded();",
      to: "void this.keepalive;",
    }],
  },
  {
    name: "large-queue-dropped-at-close",
    does: "drops what is queued at the end of a connection if it is large",
    edits: [{
      in: "Link.close",
      from: "await this.writer.drained();",
      to:
        "if (this.writer.queuedBytes > 64 * 1024) this.writer.close(); await this.writer.drained();",
    }],
  },
  {
    name: "version-in-two-drops-rest",
    does: "drops what follows the second half of a version in the same chunk",
    edits: [{
      in: "Reader.#withoutVersion",
      from: "return chunk.subarray(taken);",
      to: "return chunk.subarray(taken === 1 ? chunk.byteLength : taken);",
    }],
  },
  {
    name: "operation-cut-at-nul",
    does: "cuts an operation at its first zero byte",
    edits: [{
      in: "Responder.single",
      from: "this.#handlers.findSingle(operation)",
      to:
        'this.#handlers.findSingle(typeof operation === "string" ? operation.split("\\0")[0]! : operation)',
    }],
  },
  {
    name: "notifications-of-a-thousand",
    does: "delivers a thousand notifications on a connection, and no more",
    edits: [{
      in: "Responder.notification",
      from: "const link = this.#link;",
      to:
        "const link = this.#link;\n    if (((this as any).seen = ((this as any).seen ?? 0) + 1) > 1000) return;",
    }],
  },
  {
    name: "large-json-unanswered",
    does: "answers no request with more JSON than it parses",
    edits: [{
      in: "Conversation.refused",
      first: 'if (limit === "maxJsonBytes") return;',
    }],
  },
];
