/**
 * Mistakes in answering what the other side asks.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const RECEIVER = "peer/_receiver.ts";
const SERVED_STREAM = "peer/_served_stream.ts";
const SERVING = "peer/_serving.ts";

/** Mistakes in answering. */
const ANSWERING: readonly Fault[] = [
  {
    name: "unknown-operation-ends",
    does: "ends the connection over an unknown operation",
    edits: [[
      SERVING,
      "const payload = text.encode(`unknown operation ${quoteName(operation)}`);",
      'return this.#wire.fail(this.#notAllowed("SingleRequest", quoteName(operation)));',
    ]],
  },
  {
    name: "unknown-operation-unanswered",
    does: "does not answer requests for unknown operations",
    edits: [[
      SERVING,
      "const payload = text.encode(`unknown operation ${quoteName(operation)}`);",
      "if (operation !== undefined) return;",
    ]],
  },
  {
    name: "answered-twice",
    does: "answers each single request twice",
    edits: [[
      SERVING,
      'this.#wire.send({ kind: "SingleResult", id, payload });',
      'this.#wire.send({ kind: "SingleResult", id, payload });\n      this.#wire.send({ kind: "SingleResult", id, payload });',
    ]],
  },
  {
    name: "answer-in-parts",
    does: "answers single requests with StreamResults",
    edits: [[
      SERVING,
      'this.#wire.send({ kind: "SingleResult", id, payload });',
      'this.#wire.send({ kind: "StreamResult", id, payload });\n      if (payload.byteLength) this.#wire.send({ kind: "StreamResult", id, payload: NOTHING });',
    ]],
  },
  {
    name: "answered-one-by-one",
    does: "answers a request only when all before it are answered",
    edits: [
      [
        SERVING,
        "if (output instanceof Promise || this.#outboundFull) {",
        "if (id >= 0) {",
      ],
      [
        SERVING,
        "void this.#answerLater(id, context, output);",
        "(this as any).last = ((this as any).last ?? Promise.resolve()).then(() => this.#answerLater(id, context, output));",
      ],
    ],
  },
  {
    name: "failure-unanswered",
    does: "does not answer a request whose handler failed unexpectedly",
    edits: [[
      SERVING,
      'this.#wire.send({ kind: "ErrorResult", id, payload: INTERNAL_ERROR });',
      "",
    ]],
  },
  {
    name: "failure-ends",
    does: "ends the connection when a handler fails unexpectedly",
    edits: [[
      SERVING,
      'this.#wire.send({ kind: "ErrorResult", id, payload: INTERNAL_ERROR });',
      'this.#wire.fail(this.#notAllowed("SingleRequest", "failed"));',
    ]],
  },
  {
    name: "failure-told",
    does: "tells the other side what went wrong in a handler",
    edits: [[
      SERVING,
      "payload: INTERNAL_ERROR });",
      "payload: text.encode(String(error)) });",
    ]],
  },
  {
    name: "chosen-error-hidden",
    does: "replaces the error that a handler chose",
    edits: [[
      SERVING,
      "if (isOperationError(error) && isOwn(error)) return error.payload;",
      "if (isOperationError(error) && isOwn(error)) return INTERNAL_ERROR;",
    ]],
  },
  {
    name: "retry-turned-into-error",
    does:
      "answers with an ErrorResult where the handler wants to be asked later",
    edits: [[
      SERVING,
      'return this.#wire.send({ kind: "RetryResult", id, wait, payload });\n      }',
      'return this.#wire.send({ kind: "ErrorResult", id, payload });\n      }',
    ]],
  },
  {
    name: "duplicate-answered-once",
    does: "drops a single request under an ID in flight",
    edits: [
      [
        SERVING,
        "    const handler = this.#handlers.findSingle(operation);\n",
        "    const open: Set<number> = (this as any).open ??= new Set();\n    if (open.has(id)) return;\n    open.add(id);\n    const handler = this.#handlers.findSingle(operation);\n",
      ],
      [
        SERVING,
        "  #answer(id: number, context: RequestContext, payload: Uint8Array): void {\n",
        "  #answer(id: number, context: RequestContext, payload: Uint8Array): void {\n    (this as any).open.delete(id);\n",
      ],
    ],
  },
  {
    name: "id-again-refused",
    does: "drops a single request under an ID that was used before",
    edits: [[
      SERVING,
      "    const handler = this.#handlers.findSingle(operation);\n",
      "    const used: Set<number> = (this as any).used ??= new Set();\n    if (used.has(id)) return;\n    used.add(id);\n    const handler = this.#handlers.findSingle(operation);\n",
    ]],
  },
  {
    name: "notification-answered",
    does: "answers notifications",
    edits: [[
      SERVING,
      "    let done: unknown;\n",
      '    this.#wire.send({ kind: "SingleResult", id: 0, payload: NOTHING });\n    let done: unknown;\n',
    ]],
  },
  {
    name: "notifications-out-of-order",
    does: "delivers every second notification later",
    edits: [[
      SERVING,
      "done = handler(payload, context);",
      "done = ((this as any).odd = !(this as any).odd) ? new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => handler(payload, context)) : handler(payload, context);",
    ]],
  },
  {
    name: "notification-failure-ends",
    does: "ends the connection when the handler of a notification fails",
    edits: [[
      SERVING,
      "      return this.#report(context, error);\n    }\n    if (!(done instanceof Promise)) return;",
      '      return this.#wire.fail(this.#notAllowed("Notification", "failed"));\n    }\n    if (!(done instanceof Promise)) return;',
    ], [
      SERVING,
      "done.catch((error) => this.#report(context, error))",
      'done.catch(() => this.#wire.fail(this.#notAllowed("Notification", "failed")))',
    ]],
  },
  {
    name: "request-limit-ignored",
    does: "carries out any number of requests at once",
    edits: [[
      SERVING,
      "(this.#running?.size ?? 0) >= this.#wire.limits.maxConcurrentRequests ||",
      "",
    ]],
  },
  {
    name: "stream-limit-ignored",
    does: "carries out any number of streams at once",
    edits: [[
      SERVING,
      "this.#runningStreams >= this.#wire.limits.maxConcurrentStreams ||",
      "",
    ]],
  },
  {
    name: "overload-ends",
    does: "ends the connection over a request beyond the limit",
    edits: [[
      SERVING,
      'this.#wire.send({ kind: "RetryResult", id, wait, payload });\n  }',
      'this.#wire.fail(this.#notAllowed("SingleRequest", "is one too many"));\n  }',
    ]],
  },
  {
    name: "overload-wait-0",
    does: "asks to wait for 0 ms under overload",
    edits: [[
      SERVING,
      "const wait = Math.round(min + this.#wire.random() * (max - min));",
      "const wait = 0 * (min + max);",
    ]],
  },
  {
    name: "large-payload-ends",
    does: "ends the connection over a payload above its limit",
    edits: [[
      RECEIVER,
      "if (header.size > this.maxPayload) return this.#skip(header);",
      "",
    ]],
  },
  {
    name: "large-payload-never-refused",
    does: "reads on and on to drop a payload of any size",
    edits: [[RECEIVER, "if (header.size > maxSkip) {", "if (maxSkip < 0) {"]],
  },
];

/** Mistakes with streams that the other side has opened. */
const SERVING_STREAMS: readonly Fault[] = [
  {
    name: "end-marker-behind-error",
    does: "writes an end marker behind the ErrorResult of a stream",
    edits: [[
      SERVING,
      "if (!stream.answered) this.#failed(id, context, error);",
      'if (!stream.answered) {\n          this.#failed(id, context, error);\n          this.#wire.send({ kind: "StreamResult", id, payload: NOTHING });\n        }',
    ]],
  },
  {
    name: "answer-without-end-marker",
    does: "writes no end marker behind the answer of a stream",
    edits: [[SERVED_STREAM, "if (!this.answered) this.#send(NOTHING);", ""]],
  },
  {
    name: "empty-output-written",
    does: "writes empty parts of an answer, which end it",
    edits: [[
      SERVED_STREAM,
      "    for await (const chunk of output) {\n",
      "    for await (const chunk of output) {\n      if (chunk.byteLength === 0) this.#send(chunk);\n",
    ]],
  },
  {
    name: "first-payload-dropped",
    does: "drops the payload of a StreamRequest",
    edits: [[
      SERVED_STREAM,
      "if (payload.byteLength > 0) this.#input.push(payload);",
      "",
    ]],
  },
  {
    name: "empty-request-ends-stream",
    does: "takes a StreamRequest without data for a stream that has ended",
    edits: [[
      SERVED_STREAM,
      "if (payload.byteLength > 0) this.#input.push(payload);",
      "this.part(payload);",
    ]],
  },
  {
    name: "stream-answered-at-the-end",
    does: "takes no stream that was not ended at once",
    edits: [[
      SERVED_STREAM,
      "        if (this.answered) return;\n        this.#send(",
      "        if (this.answered) return;\n        while (!this.inputEnded) await new Promise((resolve) => setTimeout(resolve, 5));\n        this.#send(",
    ]],
  },
  {
    name: "unread-stream-blocks",
    does: "stops reading when nobody reads a stream that was answered",
    edits: [[
      SERVED_STREAM,
      "    this.#input.fail(reason);\n    this.context.abort(reason);",
      "    this.context.abort(reason);",
    ], [
      SERVING,
      "      stream.part(payload);\n    } else if (stream !== undefined || this.#ended?.has(id)) {",
      "      stream.part(payload);\n    } else if (this.#ended?.has(id)) {\n      return this.#wire.inbound.changed(0, 1e9);\n    } else if (stream !== undefined) {",
    ]],
  },
  {
    name: "late-parts-refused",
    does: "ends the connection over parts of a stream that it has answered",
    edits: [[
      SERVING,
      "stream !== undefined || this.#ended?.has(id)",
      "stream !== undefined",
    ]],
  },
  {
    name: "refused-stream-forgotten",
    does: "ends the connection over parts of a stream that it has refused",
    edits: [[
      SERVING,
      "    if (handler === undefined) {\n      this.#remember(id);\n",
      "    if (handler === undefined) {\n",
    ]],
  },
  {
    name: "unknown-part-ignored",
    does: "ignores parts of streams that were never opened",
    edits: [[
      SERVING,
      'this.#wire.fail(\n        this.#notAllowed("StreamRequestPart", "belongs to no stream"),\n      );',
      'this.#wire.drop("StreamRequestPart", "stream-ended");',
    ]],
  },
  {
    name: "part-after-end-refused",
    does: "ends the connection over a part behind the end marker",
    edits: [[
      SERVING,
      "stream !== undefined || this.#ended?.has(id)",
      "this.#ended?.has(id)",
    ]],
  },
  {
    name: "duplicate-stream-taken",
    does: "replaces a stream in flight by another one under its ID",
    edits: [[
      SERVING,
      "  stream(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {\n    if (this.#streams?.has(id)) return this.#repeated();\n",
      "  stream(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {\n",
    ]],
  },
  {
    name: "stream-id-again-refused",
    does: "ends the connection over a stream under an ID that was used before",
    edits: [[
      SERVING,
      "    this.#ended?.delete(id);\n",
      "    if (this.#ended?.has(id)) return this.#repeated();\n",
    ]],
  },
];

/** Mistakes in answering what the other side asks. */
export const ANSWERING_FAULTS: readonly Fault[] = [
  ...ANSWERING,
  ...SERVING_STREAMS,
];
