/**
 * Mistakes in how a conversation is held.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const CALL_TABLE = "peer/_call_table.ts";
const CALLS = "peer/_calls.ts";
const CONVERSATION = "peer/_conversation.ts";
const LIVENESS = "peer/_liveness.ts";
const RECEIVER = "peer/_receiver.ts";
const SERVED_STREAM = "peer/_served_stream.ts";
const SERVING = "peer/_serving.ts";
const SINGLE_CALL = "peer/_single_call.ts";
const STREAM_CALL = "peer/_stream_call.ts";

/** Mistakes in the handshake, in faults and in ending. */
const CONNECTION: readonly Fault[] = [
  {
    name: "version-awaited",
    does: "writes its version only when it has read the other side's",
    edits: [
      [CONVERSATION, 'this.#outbox.sendBytes(encodeVersion("01"));', ""],
      [
        CONVERSATION,
        "  versionRead(): void {\n",
        '  versionRead(): void {\n    this.#outbox.sendBytes(encodeVersion("01"));\n',
      ],
    ],
  },
  {
    name: "version-error-ignored",
    does: "goes on after a version that it does not speak",
    edits: [[
      RECEIVER,
      "if (version.error !== undefined) throw version.error;",
      "if (version.error !== undefined) {\n      this.#version = undefined;\n      this.#owner.versionRead();\n    }",
    ]],
  },
  {
    name: "no-handshake-deadline",
    does: "waits for a version for ever",
    edits: [[
      CONVERSATION,
      "    this.#enterPhase(\n      handshakeTimeout,",
      "    this.#enterPhase(\n      handshakeTimeout + 1e9,",
    ]],
  },
  {
    name: "fault-without-code",
    does: "ends the connection over a fault without a ProtocolError",
    edits: [[
      CONVERSATION,
      'if (tell && code !== undefined) this.send({ kind: "ProtocolError", code });',
      "",
    ]],
  },
  {
    name: "fault-code-off-by-one",
    does: "writes the code of a ProtocolError plus one",
    edits: [[
      CONVERSATION,
      'this.send({ kind: "ProtocolError", code });',
      'this.send({ kind: "ProtocolError", code: code + 1 });',
    ]],
  },
  {
    name: "fault-survived",
    does: "writes a ProtocolError and keeps the connection open",
    edits: [[
      CONVERSATION,
      "  fail(error: ProtocolError): void {\n",
      '  fail(error: ProtocolError): void {\n    if (error.code === 2 && this.state === "open") return this.send({ kind: "ProtocolError", code: 2 });\n',
    ]],
  },
  {
    name: "protocol-error-answered",
    does: "answers a ProtocolError with another one",
    edits: [[
      CONVERSATION,
      "this.#end({ error, code });",
      "this.#end({ error, code, tell: true });",
    ]],
  },
  {
    name: "protocol-error-ignored",
    does: "takes no notice of a ProtocolError",
    edits: [[CONVERSATION, "return this.#reported(header.code);", "return;"]],
  },
  {
    name: "unknown-protocol-error-ignored",
    does:
      "takes no notice of a ProtocolError with a code that it does not know",
    edits: [[
      CONVERSATION,
      "return this.#reported(header.code);",
      "return header.code > 3 ? undefined : this.#reported(header.code);",
    ]],
  },
  {
    name: "half-close-drops-answers",
    does: "drops running requests when the other side has said all",
    edits: [[
      CONVERSATION,
      "if (!this.channel.halfClose) return this.#end({});",
      "if (this.channel) return this.#end({});",
    ]],
  },
  {
    name: "half-close-lingers",
    does: "stays open for ever after the other side has said all",
    edits: [[
      CONVERSATION,
      "if (this.#inputOver && this.serving.running === 0) this.#end({});",
      "",
    ]],
  },
  {
    name: "pending-forgotten",
    does: "leaves calls pending when the connection ends",
    edits: [[
      CALLS,
      "for (const call of [...this.#unsent ?? [], ...this.#table.values()]) {",
      "for (const call of this.#unsent ?? []) {",
    ]],
  },
  {
    name: "cut-stream-ended",
    does: "takes the end of the connection for the end of a stream",
    edits: [[
      SERVING,
      "for (const stream of this.#streams?.values() ?? []) stream.cut(reason);",
      "for (const stream of this.#streams?.values() ?? []) stream.part(NOTHING);",
    ]],
  },
  {
    name: "close-cuts",
    does: "closes without delivering what was sent",
    edits: [[
      CONVERSATION,
      "void this.#outbox.drained().then(() => {",
      "void Promise.resolve().then(() => {",
    ]],
  },
];

/** Mistakes in heartbeats and time limits. */
const TIME: readonly Fault[] = [
  {
    name: "no-first-heartbeat",
    does: "writes its first heartbeat only after the interval",
    edits: [[
      LIVENESS,
      "if (this.#wire.limits.heartbeatInterval !== Infinity) this.#beat();",
      "this.#heartbeat.extend(this.#wire.limits.heartbeatInterval);",
    ]],
  },
  {
    name: "heartbeat-once",
    does: "writes one heartbeat and no more",
    edits: [[
      LIVENESS,
      "this.#heartbeat.extend(this.#wire.limits.heartbeatInterval);",
      "",
    ]],
  },
  {
    name: "heartbeat-answered",
    does: "answers heartbeats",
    edits: [[
      CONVERSATION,
      "        this.#liveness.heard();\n",
      '        this.#liveness.heard();\n        this.send({ kind: "SingleResult", id: 0, payload: new Uint8Array(0) });\n',
    ]],
  },
  {
    name: "heartbeat-time-in-milliseconds",
    does: "writes the time of heartbeats in milliseconds",
    edits: [[
      LIVENESS,
      "Math.floor(this.#wire.clock.date() / 1000) >>> 0;",
      "Math.floor(this.#wire.clock.date()) >>> 0;",
    ]],
  },
  {
    name: "silence-accepted",
    does: "never ends a connection for silence",
    edits: [[
      LIVENESS,
      "if (this.#expectsHeartbeats) {",
      "if (this.#arrived < 0) {",
    ]],
  },
  {
    name: "only-heartbeats-are-life",
    does: "ends a connection on which there are messages but no heartbeats",
    edits: [
      [LIVENESS, "if (this.#expectsHeartbeats) {", "if (bytes === 0) {"],
      [
        LIVENESS,
        "    this.#expectsHeartbeats = true;\n",
        "    this.#expectsHeartbeats = true;\n    this.received(0, false, false);\n",
      ],
    ],
  },
  {
    name: "silence-unarmed",
    does: "ends a connection for silence though no heartbeat ever came",
    edits: [[
      LIVENESS,
      'this.#expectsHeartbeats = role === "acceptor";',
      "this.#expectsHeartbeats = true;",
    ]],
  },
  {
    name: "timeout-code-abnormal",
    does: "ends a connection for silence with code 0",
    edits: [[
      LIVENESS,
      "code: ProtocolErrorCode.timeout,",
      "code: ProtocolErrorCode.abnormal,",
    ]],
  },
];

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
      'this.#wire.drop(kind, isLate ? "call-given-up" : "no-such-call");',
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

/** All of them. */
export const PEER_FAULTS: readonly Fault[] = [
  ...CONNECTION,
  ...TIME,
  ...ANSWERING,
  ...SERVING_STREAMS,
  ...ASKING,
  ...PAYLOADS,
];
