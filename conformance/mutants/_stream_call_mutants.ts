/**
 * Mutants that send streams wrongly, or handle their answers wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants of streams that the local peer opens. */
export const STREAM_CALL_MUTANTS: readonly Mutant[] = [
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
  {
    name: "stream-error-as-text",
    does: "reads what an ErrorResult to a stream says as text",
    edits: [
      {
        in: "Requestor.result",
        from: "failedError(call.operation, payload,",
        to:
          "failedError(call.operation, call.isStream ? new TextEncoder().encode(new TextDecoder().decode(payload)) : payload,",
      },
    ],
  },
  {
    name: "stream-retry-as-text",
    does: "reads what a RetryResult to a stream says as text",
    edits: [
      {
        in: "StreamCall.retry",
        from: "wait, payload)",
        to:
          "wait, new TextEncoder().encode(new TextDecoder().decode(payload)))",
      },
    ],
  },
  {
    name: "single-answer-to-stream-as-text",
    does: "reads a SingleResult to a stream as text",
    edits: [
      {
        in: "StreamCall.single",
        from: "this.#answer.push(payload);",
        to:
          "this.#answer.push(new TextEncoder().encode(new TextDecoder().decode(payload)));",
      },
    ],
  },
  {
    name: "memory-of-joined-answers-pooled",
    does: "joins an answer in the memory of one that its caller has",
    edits: [
      {
        in: "SingleCall.part",
        from:
          "const joined = new Uint8Array(Math.max(size, Math.min(capacity * 2, maxPayloadBytes)));",
        to:
          "const pool = (this.link as any).pool; const joined = pool?.byteLength >= size && pool !== this.#joined ? pool : new Uint8Array(Math.max(size, Math.min(capacity * 2, maxPayloadBytes))); (this.link as any).pool = joined;",
      },
    ],
  },
  {
    name: "calls-misplaced-as-table-grows",
    does:
      "does not find the calls in flight any more once there are many behind others",
    edits: [
      {
        in: "CallTable.#grow",
        from: "const mask = this.#slots.length - 1;",
        to: "const mask = this.#slots.length / 2 - 1;",
      },
    ],
  },
  {
    name: "refused-stream-written-on",
    does: "goes on to write a stream that was answered with a RetryResult",
    edits: [{
      in: "StreamCall.retry",
      from: "this.fail(retryError(this.operation, wait, payload), true);",
      to: "this.#answer.fail(retryError(this.operation, wait, payload));",
    }],
  },
  {
    name: "stream-written-on-behind-single-answer",
    does: "goes on to write a stream that was answered with a SingleResult",
    edits: [{
      in: "StreamCall.single",
      from: "this.partsEnd();",
      to: "this.#answer.end();",
    }],
  },
];
