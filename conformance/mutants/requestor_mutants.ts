/**
 * Mutants that send requests wrongly, or handle their answers wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";
import { RETRY_MUTANTS } from "./retry_mutants.ts";

/** Gives every request the lowest free ID. */
export const LOWEST_FREE_ID = {
  in: "CallTable.add",
  from: "this.#next = (this.#next + 1) % ID_COUNT;",
  to: "this.#next = 0;",
} as const;

/** A single request, as it is sent. */
const REQUEST = '{ kind: "SingleRequest", id, operation, payload }';

/** Mutants of IDs, answers and retries. */
const REQUESTS: readonly Mutant[] = [
  {
    name: "ids-repeated-in-flight",
    does: "uses an ID for two requests in flight",
    edits: [{
      in: "CallTable.add",
      from: "idOf(this.#next)",
      to: "idOf(this.#next & 1)",
    }],
  },
  {
    name: "id-of-count-in-flight",
    does: "numbers each request by how many are in flight",
    edits: [{
      in: "CallTable.add",
      from:
        "while (this.#slots[this.#next & mask] !== undefined) this.#next++;",
      to: "this.#next = this.#size;",
    }],
  },
  {
    name: "stream-id-reused",
    does: "uses the lowest free ID for each request",
    edits: [LOWEST_FREE_ID],
  },
  {
    name: "abandoned-id-reused",
    does: "reuses the ID of an abandoned call at once",
    edits: [LOWEST_FREE_ID, {
      in: "PendingCalls.release",
      from: "this.#abandon(call, window, cancelled)",
      to: "this.#table.delete(call) && window.inFlight--",
    }],
  },
  {
    name: "unknown-answer-ends",
    does: "ends the connection over an answer that it does not expect",
    edits: [{
      in: "Requestor.#drop",
      from: '$link.drop(kind, isLate ? "call-abandoned" : "no-such-call");',
      to: "$link.abort(new Error(kind));",
    }],
  },
  {
    name: "first-answer-taken",
    does: "gives an answer to the oldest call, whatever its ID",
    edits: [{
      in: "PendingCalls.find",
      from: "this.#table.get(id);",
      to:
        "this.#table.values().find((one) => !one.settled) ?? this.#table.get(id);",
    }],
  },
  {
    name: "joined-answer-cut",
    does: "takes the first StreamResult for the answer to a single request",
    edits: [{
      in: "SingleCall.part",
      first: "if (payload.byteLength > 0) return this.single(payload);",
    }],
  },
  {
    name: "error-retried",
    does: "repeats requests that were answered with an ErrorResult",
    edits: [{
      in: "Requestor.result",
      from: "call.failed(failedError(call.operation, payload, $limits))",
      to: "call.retry(0, payload)",
    }],
  },
  {
    name: "error-as-text",
    does: "reports an error as text, and loses other bytes",
    edits: [{
      in: "failedError",
      from: "payload: payload.slice()",
      to:
        "payload: new TextEncoder().encode(new TextDecoder().decode(payload))",
    }],
  },
  {
    name: "ids-of-twelve-bits",
    does: "uses the IDs of its first 4,096 calls again",
    edits: [
      {
        in: "CallTable.add",
        from: "% ID_COUNT",
        to: "% 4096",
      },
    ],
  },
];

/** Mutants of streams that the local peer opens. */
const STREAMS: readonly Mutant[] = [
  {
    name: "empty-input-written",
    does: "writes empty data in mid-stream, which ends it",
    edits: [{
      in: "StreamCall.#write",
      first:
        'if (given.byteLength === 0 && this.#isOpen) this.link.send({ kind: "StreamRequestPart", id: this.id, payload: END_MARKER });',
    }],
  },
  {
    name: "stream-without-end-marker",
    does: "writes no end marker after a stream",
    edits: [{
      in: "StreamCall.#close",
      from: "if (this.settled) this.#inputEnded = true;",
      to: "if (this.id !== -1) this.#inputEnded = true;",
    }],
  },
  {
    name: "empty-stream-without-end-marker",
    does: "writes no end marker after a stream without data",
    edits: [{
      in: "StreamCall.#close",
      from: "await $open($nothing);",
      to: "if (await $open($nothing)) { this.#inputEnded = true; return; }",
    }],
  },
  {
    name: "stream-written-on",
    does: "writes the end of a stream whose answer is complete",
    edits: [{
      in: "StreamCall.#stopInput",
      first:
        'if (!this.#inputEnded) this.link.send({ kind: "StreamRequestPart", id: this.id, payload: new Uint8Array(0) });',
    }],
  },
  {
    name: "single-answer-to-stream-ignored",
    does: "does not take a SingleResult for the answer to a stream",
    edits: [{ in: "StreamCall.single", from: "this.partsEnd();", to: "" }],
  },
  {
    name: "empty-single-answer-to-stream-ignored",
    does: "goes on waiting after an empty SingleResult to a stream",
    edits: [{
      in: "StreamCall.single",
      from:
        "if (payload.byteLength > 0) this.#answer.push(payload); this.partsEnd();",
      to:
        "if (payload.byteLength > 0) { this.#answer.push(payload); this.partsEnd(); }",
    }],
  },
  {
    name: "stream-wait-lost",
    does: "forgets the wait of a stream that is refused",
    edits: [{
      in: "StreamCall.retry",
      from: "wait, payload",
      to: "0 * wait, payload",
    }],
  },
  {
    name: "parts-in-front-of-retry-kept",
    does: "joins what came in front of a RetryResult with the repeated answer",
    edits: [{
      in: "SingleCall.retry",
      from: "this.#join(NO_BYTES); this.#size = 0;",
      to: "",
    }],
  },
  {
    name: "stream-ended-by-first-part",
    does: "takes the first StreamResult for the whole answer to a stream",
    edits: [{
      in: "StreamCall.part",
      from: "this.#answer.push(payload);",
      to: "this.#answer.push(payload); this.partsEnd();",
    }],
  },
  {
    name: "error-ends-stream-in-order",
    does: "takes an ErrorResult for the end of an answer in StreamResults",
    edits: [{
      in: "StreamCall.reject",
      from: "this.#answer.fail(error);",
      to: "this.#answer.end();",
    }],
  },
];

/** Mutants of payloads that are sent or received. */
const PAYLOADS: readonly Mutant[] = [
  {
    name: "request-as-text",
    does: "decodes the payload of a request as text before it writes it",
    edits: [{
      in: "SingleCall.admitted",
      from: REQUEST,
      to:
        '{ kind: "SingleRequest", id, operation, payload: new TextEncoder().encode(new TextDecoder().decode(payload)) }',
    }],
  },
  {
    name: "error-read-as-json",
    does: "reads an error that is JSON, and passes on the text of its value",
    edits: [{
      in: "Requestor.result",
      from: "failedError(call.operation, payload, this.#link.limits)",
      to:
        "failedError(call.operation, ((text: string) => { try { return new TextEncoder().encode(String(JSON.parse(text))); } catch { return payload; } })(new TextDecoder().decode(payload)), this.#link.limits)",
    }],
  },
  {
    name: "request-cut-at-nul",
    does: "ends the payload of a request before its first NUL",
    edits: [{
      in: "SingleCall.admitted",
      from: REQUEST,
      to:
        '{ kind: "SingleRequest", id, operation, payload: payload.includes(0) ? payload.subarray(0, payload.indexOf(0)) : payload }',
    }],
  },
  {
    name: "request-cut-at-64-kib",
    does: "writes at most 64 KiB of the payload of a request",
    edits: [{
      in: "SingleCall.admitted",
      from: REQUEST,
      to:
        '{ kind: "SingleRequest", id, operation, payload: payload.subarray(0, 65536) }',
    }],
  },
  {
    name: "answers-held-by-limit",
    does: "drops answers while it handles as many requests as the limit allows",
    edits: [{
      in: "Conversation.message",
      from: "return this.requestor.result(",
      to:
        "return this.#responder.running < this.#link.limits.maxConcurrentRequests ? this.requestor.result(kind, header, payload) : ((..._: unknown[]) => {})(",
    }],
  },
  {
    name: "notification-without-payload",
    does: "writes notifications without their payload",
    edits: [{
      in: "Requestor.notify",
      from: "codec.encode(value, { operation: name })",
      to: "new Uint8Array(0)",
    }],
  },
  {
    name: "notifications-written-out-of-order",
    does: "writes every second notification later",
    edits: [{
      in: "Requestor.notify",
      from: "link.send({",
      to:
        "(((this as any).odd = !(this as any).odd) ? (message: any) => setTimeout(() => { try { link.send(message); } catch { return; } }, 100) : link.send.bind(link))({",
    }],
  },
];

/** Mutants of the places that calls take. */
const PLACES: readonly Mutant[] = [
  {
    name: "call-places-kept",
    does: "never lets another call take the place of one that was answered",
    edits: [{
      in: "PendingCalls.release",
      from: "window.inFlight--; if (cancelled === undefined)",
      to: "if (cancelled === undefined)",
    }],
  },
];

/** All requestors of the process. */
const OF_ALL = "((globalThis as any).requestors ??= new Set())";

/** Mutants of state that all connections share. */
const SHARED: readonly Mutant[] = [
  {
    name: "answers-of-other-connections",
    does: "takes an answer on any connection for that of a call with its ID",
    edits: [
      { in: "Requestor.single", first: `${OF_ALL}.add(this);` },
      {
        in: "Requestor.result",
        from: "const call = this.#calls?.find(id);",
        to:
          `const call = this.#calls?.find(id) ?? [...${OF_ALL}].map((each: any) => each.found(id)).find((each: any) => each !== undefined);`,
      },
      {
        in: "Requestor",
        from: "/** Receives a result, or a part of one. */",
        to: "found(id: number): any { return this.#calls?.find(id); }",
      },
    ],
  },
];

/** Mutants of the requestor. */
export const REQUESTOR_MUTANTS: readonly Mutant[] = [
  ...REQUESTS,
  ...STREAMS,
  ...PAYLOADS,
  ...PLACES,
  ...SHARED,
  ...RETRY_MUTANTS,
];
