/**
 * Mutants that send requests wrongly, or handle their answers wrongly.
 *
 * @module
 */

import { STREAM_CALL_MUTANTS } from "./_stream_call_mutants.ts";
import type { Mutant } from "./mutant.ts";
import { RETRY_MUTANTS } from "./_retry_mutants.ts";

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

/** Mutants of the requestor. */
export const REQUESTOR_MUTANTS: readonly Mutant[] = [
  ...REQUESTS,
  ...STREAM_CALL_MUTANTS,
  ...PAYLOADS,
  ...PLACES,
  ...RETRY_MUTANTS,
];
