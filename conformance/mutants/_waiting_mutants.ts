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
        'const left = kind === "RetryResult" && call === undefined ? (this.#calls as any)?.operationOf(id) : undefined; if (left !== undefined) this.#link.clock.schedule(() => this.#link.send({ kind: "SingleRequest", id, operation: left, payload: new Uint8Array(0) }), header.wait); if (call === undefined) {',
    }, {
      in: "PendingCalls",
      from: "/** Returns the call that a result belongs to,",
      to:
        "operationOf(id: number): string | undefined { return (this.#table.get(id) as any)?.operation; }\n  /** Returns the call that a result belongs to,",
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
