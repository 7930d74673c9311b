/**
 * Mutants of what waits: calls for their answers, requests for the end of a
 * connection, answers for a login or a drain.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants that lose, mix up or change what waits, on any connection. */
export const WAITING_MUTANTS: readonly Mutant[] = [
  {
    name: "long-error-text-cut",
    does: "passes on 200 characters of an error that is text",
    edits: [{
      in: "failedError",
      from: "payload: payload.slice()",
      to:
        "payload: utf8Text(payload) === undefined ? payload.slice() : new TextEncoder().encode(utf8Text(payload)!.slice(0, SHOWN))",
    }],
  },
  {
    name: "long-retry-text-cut",
    does: "passes on 200 characters of a RetryResult that is text",
    edits: [{
      in: "retryError",
      from: "payload: payload.slice()",
      to:
        "payload: utf8Text(payload) === undefined ? payload.slice() : new TextEncoder().encode(utf8Text(payload)!.slice(0, SHOWN))",
    }],
  },
  {
    name: "long-error-text-cut-in-writing",
    does: "writes 200 bytes of the text of an error",
    edits: [{
      in: "ResultSender.error",
      from: "payload });",
      to:
        "payload: payload.every((byte) => byte > 31 && byte < 127) ? payload.subarray(0, 200) : payload });",
    }],
  },
  {
    name: "json-errors-written-anew",
    does: "passes on an error that is JSON of a known form as other JSON",
    edits: [{
      in: "failedError",
      from: "payload: payload.slice()",
      to:
        "payload: code === undefined && data === undefined ? payload.slice() : new TextEncoder().encode(JSON.stringify({ error: text, code, data }))",
    }],
  },
  {
    name: "queued-calls-forgotten",
    does:
      "leaves calls pending that were queued behind others when the connection ended",
    edits: [{
      in: "PendingCalls.connectionClosed",
      from: "...this.#unsentCalls,",
      to: "...(this.#unsent ?? []),",
    }],
  },
  {
    name: "calls-before-the-version-forgotten",
    does:
      "leaves calls pending that were made before the version of a connection that ended without one",
    edits: [{
      in: "Conversation.ended",
      from: "this.#link.stop();",
      to: 'const wasOpen = this.state !== "opening"; this.#link.stop();',
    }, {
      in: "Conversation.ended",
      from: "this.requestor.connectionClosed(cause, !broken);",
      to: "if (wasOpen) this.requestor.connectionClosed(cause, !broken);",
    }],
  },
  {
    name: "half-close-ends-with-the-first",
    does:
      "closes with the first request that is completed behind a half-close of the remote peer",
    edits: [{
      in: "Conversation.settled",
      from: "if (this.#inputOver && this.#responder.running === 0)",
      to:
        "if (this.#inputOver && (((this as any).runningBefore ??= this.#responder.running) !== this.#responder.running || this.#responder.running === 0))",
    }],
  },
  {
    name: "drain-ends-with-the-first",
    does: "closes with the first request that is completed while it drains",
    edits: [{
      in: "Drain.look",
      from: "this.#requestor.pending > 0 || responder.busy",
      to:
        "this.#requestor.pending > 0 || responder.busy && ((this as any).before ??= responder.running) === responder.running",
    }],
  },
  {
    name: "calls-behind-a-half-close",
    does:
      "accepts calls although the remote peer will write no more, and leaves them pending",
    edits: [{
      in: "Conversation.#inputEnded",
      from: "this.requestor.connectionClosed(cause, halfClose);",
      to:
        "(this.requestor as any).onlyInput = halfClose; this.requestor.connectionClosed(cause, halfClose); (this.requestor as any).onlyInput = false;",
    }, {
      in: "Requestor.connectionClosed",
      from: "this.stopSending(cause);",
      to: "if (!(this as any).onlyInput) this.stopSending(cause);",
    }],
  },
  {
    name: "answers-wait-for-the-login",
    does:
      "drops answers to its own requests until the remote peer has logged in",
    edits: [{
      in: "Conversation.message",
      from: "return this.requestor.result(kind, header, payload);",
      to:
        "if (this.#listener === this.#responder) this.requestor.result(kind, header, payload); return;",
    }],
  },
  {
    name: "streams-before-the-login-forgotten",
    does:
      "takes parts of a stream that it refused before the login for a fault",
    edits: [{
      in: "Responder.forbid",
      from: "if (isStream) this.#streams.remember(id, 0);",
      to: "",
    }],
  },
  {
    name: "old-id-while-waiting",
    does:
      "takes an answer under the ID of a refused request for that of the one that waits to be repeated",
    edits: [{
      in: "PendingCalls.withdraw",
      from: "this.#table.delete(call);",
      to: "",
    }, {
      in: "PendingCalls.#admit",
      from: "this.#table.add(call);",
      to: "this.#table.delete(call); this.#table.add(call);",
    }],
  },
  {
    name: "given-up-and-repeated",
    does:
      "repeats a request that was given up when it reads a RetryResult to it",
    edits: [{
      in: "Requestor.result",
      from: "if (call === undefined) {",
      to:
        'const left = kind === "RetryResult" && call === undefined ? this.#calls?.operationOf(id) : undefined; if (left !== undefined) this.#link.clock.schedule(() => this.#link.send({ kind: "SingleRequest", id, operation: left, payload: new Uint8Array(0) }), header.wait); if (call === undefined) {',
    }, {
      in: "PendingCalls",
      from: "/** Returns the call that a result belongs to,",
      to:
        "operationOf(id: number): string | undefined { return (this.#table.get(id) as any)?.operation; }\n  /** Returns the call that a result belongs to,",
    }],
  },
  {
    name: "unwritable-requests-keep-places",
    does: "keeps the place of a request that cannot be written",
    edits: [{
      in: "SingleCall.admitted",
      from: "this.fail(error, true);",
      to: "this.settled = true; this.reject(error);",
    }],
  },
  {
    name: "unwritable-streams-keep-places",
    does: "keeps the place of a stream that cannot be written",
    edits: [{
      in: "StreamCall.#open",
      from: "this.fail(error, true);",
      to: "this.settled = true; this.reject(error);",
    }],
  },
  {
    name: "first-joined-part-not-copied",
    does:
      "keeps the first part of an answer to a single request in memory that is used again",
    edits: [{
      in: "SingleCall.part",
      first:
        "if (this.#size === 0 && this.#joined.byteLength === 0) { this.#joined = payload; this.#size = payload.byteLength; return; }",
    }],
  },
  {
    name: "cancelled-places-shared",
    does: "counts cancelled operations that go on for all connections together",
    edits: [{
      in: "RunningHandlers.requests",
      from: 'return this.#counts.request + this.#counts["cancelled-request"];',
      to:
        "return this.#counts.request + ((globalThis as any).cancelledHandlers ?? 0);",
    }, {
      in: "RunningHandlers.#move",
      from: "this.#counts[to]++;",
      to:
        'this.#counts[to]++; const all = globalThis as any; all.cancelledHandlers ??= 0; if (to === "cancelled-request") all.cancelledHandlers++; if (from === "cancelled-request") all.cancelledHandlers--;',
    }, {
      in: "RunningHandlers.remove",
      from: "this.#counts[this.#kinds.get(context)!]--;",
      to:
        'if (this.#kinds.get(context) === "cancelled-request") (globalThis as any).cancelledHandlers--; this.#counts[this.#kinds.get(context)!]--;',
    }],
  },
];

/** Mutants of extensions in a conversation that drains, or in which something else has just ended. */
export const WAITING_EXTENSION_MUTANTS: readonly Mutant[] = [
  {
    name: "cancels-ignored-while-draining",
    does: "ignores cancels while it drains",
    edits: [{
      in: "Conversation.cancelled",
      first: 'if (this.state === "draining") return false;',
    }],
  },
  {
    name: "credits-ignored-while-draining",
    does: "ignores credits while it drains",
    edits: [{
      in: "Conversation.credited",
      first: 'if (this.state === "draining") return false;',
    }],
  },
  {
    name: "no-credit-once-drained",
    does: "grants no more credit once it has read a drain",
    edits: [{
      in: "Conversation.remoteDrains",
      from: "sendNoNewWork(",
      to: "(this.#link as any).isDrained = true; sendNoNewWork(",
    }, {
      in: "WindowBudget.send",
      first: "if ((this.#link as any).isDrained) return;",
    }],
  },
  {
    name: "no-credit-while-draining",
    does: "grants no more credit while it drains",
    edits: [{
      in: "Conversation.drain",
      from: "const responder = this.#responder;",
      to:
        "(this.#link as any).isDraining = true; const responder = this.#responder;",
    }, {
      in: "WindowBudget.send",
      first: "if ((this.#link as any).isDraining) return;",
    }],
  },
  {
    name: "cancels-ignored-once-drained",
    does: "ignores cancels once it has read a drain",
    edits: [{
      in: "Conversation.remoteDrains",
      from: "sendNoNewWork(",
      to: "(this as any).isDrained = true; sendNoNewWork(",
    }, {
      in: "Conversation.cancelled",
      first: "if ((this as any).isDrained) return false;",
    }],
  },
  {
    name: "too-large-results-cancelled",
    does: "cancels a request whose result it has read, since that is too large",
    edits: [{
      in: "Requestor.oversized",
      from: '{ code: "maxPayloadBytes" }, ), complete, );',
      to: '{ code: "maxPayloadBytes" }, ), false, );',
    }],
  },
  {
    name: "bytes-dropped-before-a-login",
    does:
      "ignores the notifications of extensions until the remote peer has logged in",
    edits: [{
      in: "Conversation.message",
      from: "if (isForExtension(this.#link.extensions, header, payload)) {",
      to:
        "if (isForExtension(this.#listener === this.#responder ? this.#link.extensions : undefined, header, payload)) {",
    }],
  },
];
