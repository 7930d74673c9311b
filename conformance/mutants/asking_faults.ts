/**
 * Mistakes in asking the other side.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const CALLS = "peer/_calls.ts";
const CALL_TABLE = "peer/_call_table.ts";
const CONVERSATION = "peer/_conversation.ts";
const SINGLE_CALL = "peer/_single_call.ts";
const STREAM_CALL = "peer/_stream_call.ts";

/** Mistakes in asking. */
const ASKING: readonly Fault[] = [
  {
    name: "ids-repeated-in-flight",
    does: "uses an ID for two requests in flight",
    edits: [[
      CALL_TABLE,
      "entry.id = idOf(this.#next);",
      "entry.id = idOf(this.#next & 1);",
    ]],
  },
  {
    name: "stream-id-reused",
    does: "uses the lowest free ID for each request",
    edits: [[
      CALL_TABLE,
      "this.#next = (this.#next + 1) % ID_COUNT;",
      "this.#next = 0;",
    ]],
  },
  {
    name: "abandoned-id-reused",
    does: "uses the ID of a call that was given up again at once",
    edits: [
      [
        CALL_TABLE,
        "this.#next = (this.#next + 1) % ID_COUNT;",
        "this.#next = 0;",
      ],
      [CALLS, "else this.#retire(call);", "else this.#table.delete(call);"],
    ],
  },
  {
    name: "unknown-answer-ends",
    does: "ends the connection over an answer that it does not expect",
    edits: [[
      CALLS,
      'this.#wire.drop(kind, isLate ? "call-abandoned" : "no-such-call");',
      "this.#wire.abort(new Error(kind));",
    ]],
  },
  {
    name: "first-answer-taken",
    does: "gives an answer to the oldest call, whatever its ID",
    edits: [[
      CALLS,
      "const call = this.#table.get(id);\n    return call === undefined || call.settled ? undefined : call;",
      "const call = this.#table.values().find((one) => !one.settled) ?? this.#table.get(id);\n    return call === undefined || call.settled ? undefined : call;",
    ]],
  },
  {
    name: "joined-answer-cut",
    does: "takes the first StreamResult for the answer to a single request",
    edits: [[
      SINGLE_CALL,
      "    const room = this.#joined.byteLength;\n",
      "    if (size > 0) return this.single(payload);\n    const room = this.#joined.byteLength;\n",
    ]],
  },
  {
    name: "error-retried",
    does: "repeats requests that were answered with an ErrorResult",
    edits: [[
      CALLS,
      "call.fail(failedError(call.operation, payload), true);",
      "call.retry(0, payload);",
    ]],
  },
  {
    name: "error-as-text",
    does: "hands on an error as text, and loses other bytes",
    edits: [[
      "peer/_answer_errors.ts",
      "{ operation, payload: payload.slice() }",
      "{ operation, payload: new TextEncoder().encode(new TextDecoder().decode(payload)) }",
    ]],
  },
  {
    name: "retry-at-once",
    does: "repeats a request without waiting",
    edits: [[
      SINGLE_CALL,
      "this.#keeper.postpone(this, pause);",
      "this.#keeper.postpone(this, 0);",
    ]],
  },
  {
    name: "retry-never",
    does: "never repeats a request though it was told to",
    edits: [[
      SINGLE_CALL,
      "policy === undefined || this.#attempts",
      "policy !== undefined || this.#attempts",
    ]],
  },
  {
    name: "retry-without-end",
    does: "repeats a request for ever",
    edits: [[SINGLE_CALL, "this.#attempts >= policy.attempts ||", ""]],
  },
  {
    name: "retry-under-the-same-id",
    does: "repeats a request under its old ID",
    edits: [
      [
        CALLS,
        "    this.#table.delete(call);\n    (this.#unsent ??= new Set()).add(call);\n    call.batch = -1;",
        "    (this.#unsent ??= new Set()).add(call);\n    call.batch = -1;",
      ],
      [
        CALLS,
        "    this.#table.add(call);\n",
        "    if (call.id === 0) this.#table.add(call);\n",
      ],
    ],
  },
  {
    name: "retry-holds-all",
    does: "sends no request while another one waits to be repeated",
    edits: [
      [
        CALLS,
        "call.postponed = this.#wire.clock.schedule(() => this.#begin(call), wait);",
        "(this as any).held = true;\n    call.postponed = this.#wire.clock.schedule(() => { (this as any).held = false; this.#begin(call); }, wait);",
      ],
      [
        CALLS,
        "queuedBytes < limits.maxOutboundBytes;\n  }\n\n  #begin",
        "queuedBytes < limits.maxOutboundBytes && !(this as any).held;\n  }\n\n  #begin",
      ],
    ],
  },
  {
    name: "empty-input-written",
    does: "writes empty data in mid-stream, which ends it",
    edits: [[
      STREAM_CALL,
      "    const ahead = streamChunk * PARTS_AHEAD;\n",
      '    const ahead = streamChunk * PARTS_AHEAD;\n    if (chunk.byteLength === 0 && this.#isOpen) this.wire.send({ kind: "StreamRequestPart", id: this.id, payload: chunk });\n',
    ]],
  },
  {
    name: "stream-without-end-marker",
    does: "writes no end marker behind a stream",
    edits: [[
      STREAM_CALL,
      "    this.#inputEnded = true;\n    if (this.settled) return;\n",
      "    this.#inputEnded = true;\n    if (this.id !== -1) return;\n",
    ]],
  },
  {
    name: "empty-stream-without-end-marker",
    does: "writes no end marker behind a stream without data",
    edits: [[
      STREAM_CALL,
      "    await this.#open(NOTHING);\n    this.#inputEnded = true;\n",
      "    const empty = await this.#open(NOTHING);\n    this.#inputEnded = true;\n    if (empty) return;\n",
    ]],
  },
  {
    name: "stream-written-on",
    does: "writes the end of a stream whose answer is complete",
    edits: [[
      STREAM_CALL,
      "    if (this.#inputEnded) return;\n    this.#inputEnded = true;\n    this.#input.error(",
      '    if (this.#inputEnded) return;\n    this.#inputEnded = true;\n    this.wire.send({ kind: "StreamRequestPart", id: this.id, payload: NOTHING });\n    this.#input.error(',
    ]],
  },
  {
    name: "single-answer-to-stream-ignored",
    does: "does not take a SingleResult for the answer to a stream",
    edits: [[
      STREAM_CALL,
      "    if (payload.byteLength > 0) this.#answer.push(payload);\n    this.partsEnd();",
      "    if (payload.byteLength > 0) this.#answer.push(payload);",
    ]],
  },
  {
    name: "stream-ended-by-first-part",
    does: "takes the first StreamResult for the whole answer to a stream",
    edits: [[
      STREAM_CALL,
      "  override part(payload: Uint8Array<ArrayBuffer>): void {\n    this.#answer.push(payload);",
      "  override part(payload: Uint8Array<ArrayBuffer>): void {\n    this.#answer.push(payload);\n    this.partsEnd();",
    ]],
  },
  {
    name: "error-ends-stream-in-order",
    does: "takes an ErrorResult for the end of an answer in StreamResults",
    edits: [[
      STREAM_CALL,
      "    this.#answer.fail(error);\n",
      "    this.#answer.end();\n",
    ]],
  },
];

/** Mistakes with what is asked for and told. */
const PAYLOADS: readonly Fault[] = [
  {
    name: "request-as-text",
    does: "reads the payload of a request as text before it writes it",
    edits: [[
      CALLS,
      'this.#wire.send({ kind: "SingleRequest", id, operation, payload });',
      'this.#wire.send({ kind: "SingleRequest", id, operation, payload: new TextEncoder().encode(new TextDecoder().decode(payload)) });',
    ]],
  },
  {
    name: "request-cut-at-nul",
    does: "ends the payload of a request before its first NUL",
    edits: [[
      CALLS,
      'this.#wire.send({ kind: "SingleRequest", id, operation, payload });',
      'this.#wire.send({ kind: "SingleRequest", id, operation, payload: payload.includes(0) ? payload.subarray(0, payload.indexOf(0)) : payload });',
    ]],
  },
  {
    name: "request-cut-at-64-kib",
    does: "writes no more than 64 KiB of the payload of a request",
    edits: [[
      CALLS,
      'this.#wire.send({ kind: "SingleRequest", id, operation, payload });',
      'this.#wire.send({ kind: "SingleRequest", id, operation, payload: payload.subarray(0, 65536) });',
    ]],
  },
  {
    name: "answers-held-by-limit",
    does: "drops answers while as many requests are carried out as may be",
    edits: [[
      CONVERSATION,
      "        this.calls.answer(header, payload);\n",
      "        if (this.serving.running < this.limits.maxConcurrentRequests) this.calls.answer(header, payload);\n",
    ]],
  },
  {
    name: "notification-without-payload",
    does: "writes notifications without their payload",
    edits: [[
      CONVERSATION,
      "        payload: codec.encode(value, { operation: name }),\n",
      "        payload: new Uint8Array(0),\n",
    ]],
  },
  {
    name: "notifications-written-out-of-order",
    does: "writes every second notification later",
    edits: [[
      CONVERSATION,
      "      this.#checkQueue(name);\n      this.send({\n",
      "      this.#checkQueue(name);\n      const later = (message: any) => setTimeout(() => this.send(message), 5);\n      (((this as any).odd = !(this as any).odd) ? later : this.send.bind(this))({\n",
    ]],
  },
];

/** Mistakes in asking the other side. */
export const ASKING_FAULTS: readonly Fault[] = [
  ...ASKING,
  ...PAYLOADS,
];
