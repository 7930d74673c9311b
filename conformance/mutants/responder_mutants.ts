/**
 * Mutants that respond wrongly to requests and notifications.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Drops a single request with an ID that was seen before. */
const DROP_SEEN =
  "const seen: Set<number> = (this.#results as any).seen ??= new Set(); if (seen.has(id)) return; seen.add(id);";

/** Ends the connection with code 2. */
const FAIL =
  'this.#link.fail(Object.assign(new Error("mutant"), { code: 2 }) as any);';

/** The result of a single request, as it is sent. */
const RESULT = '$send({ kind: "SingleResult", id, payload });';

/** Mutants of single requests, notifications and limits. */
const RESPONDING: readonly Mutant[] = [
  {
    name: "unknown-operation-ends",
    does: "ends the connection over an unknown operation",
    edits: [{
      in: "ResultSender.unknownOperation",
      first: `if (id >= 0) return ${FAIL}`,
    }],
  },
  {
    name: "unknown-operation-unanswered",
    does: "does not answer requests for unknown operations",
    edits: [{
      in: "ResultSender.unknownOperation",
      first: "if (id >= 0) return;",
    }],
  },
  {
    name: "answered-twice",
    does: "answers each single request twice",
    edits: [{
      in: "ResultSender.result",
      from: RESULT,
      to: `${RESULT} ${RESULT}`,
    }],
  },
  {
    name: "answer-in-parts",
    does: "answers single requests with StreamResults",
    edits: [{
      in: "ResultSender.result",
      from: RESULT,
      to:
        '$send({ kind: "StreamResult", id, payload }); if (payload.byteLength) $send({ kind: "StreamResult", id, payload: new Uint8Array(0) });',
    }],
  },
  {
    name: "answered-one-by-one",
    does: "answers a request only after all requests before it",
    edits: [
      {
        in: "Responder.single",
        from: "if (isThenable(output) || $congested)",
        to: "if (id >= 0)",
      },
      {
        in: "Responder.single",
        from:
          "void this.#awaitedHandlers.result(id, context, payload, output);",
        to:
          "(this as any).last = ((this as any).last ?? Promise.resolve()).then(() => this.#awaitedHandlers.result(id, context, payload, output));",
      },
    ],
  },
  {
    name: "failure-unanswered",
    does: "does not answer a request whose handler fails unexpectedly",
    edits: [{
      in: "ResultSender.failure",
      from: "this.error(id, INTERNAL_ERROR);",
      to: "",
    }],
  },
  {
    name: "failure-ends",
    does: "ends the connection when a handler fails unexpectedly",
    edits: [{
      in: "ResultSender.failure",
      from: "this.error(id, INTERNAL_ERROR);",
      to: FAIL,
    }],
  },
  {
    name: "failure-revealed",
    does: "sends the cause of an unexpected failure to the remote peer",
    edits: [{
      in: "ResultSender.failure",
      from: "INTERNAL_ERROR",
      to: "new TextEncoder().encode(String(error))",
    }],
  },
  {
    name: "chosen-error-hidden",
    does: "replaces the error that a handler has chosen",
    edits: [{
      in: "chosenPayload",
      from: "return error.payload;",
      to: "return INTERNAL_ERROR;",
    }],
  },
  {
    name: "retry-turned-into-error",
    does: "answers with an ErrorResult where the handler requests a retry",
    edits: [{
      in: "ResultSender.failure",
      from: '{ kind: "RetryResult", id, wait, payload }',
      to: '{ kind: "ErrorResult", id, payload }',
    }],
  },
  {
    name: "duplicate-answered-once",
    does: "drops a single request with an ID in flight",
    edits: [
      { in: "Responder.single", first: DROP_SEEN },
      { in: "ResultSender.result", first: "(this as any).seen?.delete(id);" },
    ],
  },
  {
    name: "id-again-refused",
    does: "drops a single request with an ID that was used before",
    edits: [{ in: "Responder.single", first: DROP_SEEN }],
  },
  {
    name: "notification-answered",
    does: "answers notifications",
    edits: [{
      in: "Responder.notification",
      from: "let done: unknown;",
      to:
        'this.#link.send({ kind: "SingleResult", id: 0, payload: new Uint8Array(0) }); let done: unknown;',
    }],
  },
  {
    name: "notifications-out-of-order",
    does: "delivers every second notification later",
    edits: [{
      in: "Responder.notification",
      from: "done = handler(payload, context);",
      to:
        "done = ((this as any).odd = !(this as any).odd) ? new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => handler(payload, context)) : handler(payload, context);",
    }],
  },
  {
    name: "notification-failure-ends",
    does: "ends the connection when the handler of a notification fails",
    edits: [{
      in: "Responder.notification",
      from: "done = handler(payload, context);",
      to:
        `const ends = () => ${FAIL} try { done = Promise.resolve(handler(payload, context)).catch(ends); } catch { ends(); }`,
    }],
  },
  {
    name: "request-limit-ignored",
    does: "handles any number of requests at once",
    edits: [{
      in: "Responder.#exceededLimit",
      from: ">= limits.maxConcurrentRequests",
      to: ">= Infinity",
    }],
  },
  {
    name: "stream-limit-ignored",
    does: "handles any number of streams at once",
    edits: [{
      in: "ServedStreams.exceededLimit",
      from: "$limits.maxConcurrentStreams",
      to: "Infinity",
    }],
  },
  {
    name: "overload-ends",
    does: "ends the connection over a request beyond the limit",
    edits: [{
      in: "ResultSender.refusal",
      from: '$link.send({ kind: "RetryResult", id, wait, payload });',
      to: `void wait; ${FAIL}`,
    }],
  },
  {
    name: "overload-wait-0",
    does: "sends a wait of 0 ms under overload",
    edits: [{
      in: "ResultSender.refusal",
      from: '{ kind: "RetryResult", id, wait, payload }',
      to: '{ kind: "RetryResult", id, wait: 0 * wait, payload }',
    }],
  },
  {
    name: "large-payload-ends",
    does: "ends the connection over a payload above its limit",
    edits: [{
      in: "Reader.#next",
      from: "if (header.size > $max) return this.#skip(header);",
      to: "",
    }],
  },
  {
    name: "large-payload-never-refused",
    does: "reads on to drop a payload of any size",
    edits: [{
      in: "Reader.#skip",
      from: "if (header.size > $max)",
      to: "if ($max < 0)",
    }],
  },
  {
    name: "skipped-payload-one-short",
    does: "takes the last byte of a payload that it drops for the next message",
    edits: [{
      in: "Decoder.skip",
      from: "return this.#remaining === 0;",
      to: "return this.#remaining <= 1;",
    }],
  },
  {
    name: "few-workers",
    does: "lets requests beyond 20 wait for those before them",
    edits: [{
      in: "Responder.single",
      first:
        "if (this.running >= 20) { setTimeout(() => this.single(id, operation, payload.slice()), 5); return; }",
    }],
  },
];

/** Mutants of streams that the remote peer opens. */
const STREAMS: readonly Mutant[] = [
  {
    name: "end-marker-behind-error",
    does: "writes an end marker after the ErrorResult of a stream",
    edits: [{
      in: "ServedStreams.open",
      from: "if (!stream.answered) $failure(id, context, error);",
      to:
        'if (!stream.answered) { $failure(id, context, error); this.#link.send({ kind: "StreamResult", id, payload: new Uint8Array(0) }); }',
    }],
  },
  {
    name: "answer-without-end-marker",
    does: "writes no end marker after the answer of a stream",
    edits: [{
      in: "ServedStream.run",
      from: "if (this.answered)",
      to: "if (this.id >= 0)",
    }],
  },
  {
    name: "empty-output-written",
    does: "writes empty parts of an answer, which end it",
    edits: [{
      in: "ServedStream.#sendAll",
      from: "const chunk = bytesOf(given, OUTPUT, operation);",
      to:
        "const chunk = bytesOf(given, OUTPUT, operation); if (chunk.byteLength === 0) this.#send(END_MARKER);",
    }],
  },
  {
    name: "first-payload-dropped",
    does: "drops the payload of a StreamRequest",
    edits: [{ in: "ServedStream.first", first: "if (this.id >= 0) return;" }],
  },
  {
    name: "empty-request-ends-stream",
    does: "takes a StreamRequest without data for a stream that has ended",
    edits: [{
      in: "ServedStream.first",
      first: "if (payload.byteLength === 0) return this.part(payload);",
    }],
  },
  {
    name: "stream-answered-at-the-end",
    does: "answers a stream only after its input has ended",
    edits: [{
      in: "ServedStream.#sendAll",
      from: "if (this.answered) return; this.#send(",
      to:
        "if (this.answered) return; while (!this.inputEnded) await new Promise((resolve) => setTimeout(resolve, 5)); this.#send(",
    }],
  },
  {
    name: "unread-stream-blocks",
    does: "stops reading when a stream that was answered is not read",
    edits: [{
      in: "ServedStream.finish",
      from: "this.#input.fail(reason);",
      to: "",
    }, {
      in: "ServedStreams.part",
      from: "else if (stream !== undefined || $ended.has(id)) {",
      to:
        "else if ($ended.has(id)) { return this.#link.receiveBudget.changed(0, 1e9); } else if (stream !== undefined) {",
    }],
  },
  {
    name: "late-parts-refused",
    does: "ends the connection over parts of a stream that it has answered",
    edits: [{
      in: "ServedStreams.part",
      from: "stream !== undefined || $ended.has(id)",
      to: "stream !== undefined",
    }],
  },
  {
    name: "refused-stream-forgotten",
    does: "ends the connection over parts of a stream that it has refused",
    edits: [{
      in: "Responder.stream",
      from: "if (handler === undefined) { $remember(id);",
      to: "if (handler === undefined) {",
    }],
  },
  {
    name: "few-ended-streams-remembered",
    does: "ends connections over parts of all but the last 512 ended streams",
    edits: [{
      in: "ServedStreams.remember",
      from: "ended.size <= MAX_ENDED",
      to: "ended.size <= 512",
    }],
  },
  {
    name: "dropped-data-stays-unread",
    does: "counts unread data that is dropped as unread forever",
    edits: [{
      in: "ReceivedParts.#discard",
      from: "this.#charge(-this.#charged);",
      to: "",
    }],
  },
  {
    name: "error-decoded",
    does: "decodes the payload of an ErrorResult as text, and encodes it again",
    edits: [{
      in: "ResultSender.error",
      from: '$send({ kind: "ErrorResult", id, payload });',
      to:
        '$send({ kind: "ErrorResult", id, payload: new TextEncoder().encode(new TextDecoder().decode(payload)) });',
    }],
  },
  {
    name: "unknown-part-ignored",
    does: "ignores parts of streams that were never opened",
    edits: [{
      in: "ServedStreams.part",
      from: '$fail(notAllowed("StreamRequestPart", "belongs to no stream"));',
      to: "void 0;",
    }],
  },
  {
    name: "part-after-end-refused",
    does: "ends the connection over a part after the end marker",
    edits: [{
      in: "ServedStreams.part",
      from: "stream !== undefined || $ended.has(id)",
      to: "$ended.has(id)",
    }],
  },
  {
    name: "duplicate-stream-taken",
    does: "replaces a stream in flight with another one under its ID",
    edits: [{
      in: "ServedStreams.checkId",
      first: "if (id >= 0) return true;",
    }],
  },
  {
    name: "stream-id-again-refused",
    does: "ends the connection over a stream under an ID that was used before",
    edits: [{
      in: "ServedStreams.checkId",
      first: `if (this.#ended?.has(id)) { ${FAIL} return false; }`,
    }],
  },
  {
    name: "stream-ids-end-at-a-zero-byte",
    does: "takes IDs of streams for equal that are up to their last zero bytes",
    edits: [{
      in: "ServedStreams.checkId",
      first:
        `const text = (of: number) => { let left = of >>> 0; while (left !== 0 && (left & 255) === 0) left >>>= 8; return left; }; for (const open of this.#open?.keys() ?? []) if (text(open) === text(id)) { ${FAIL} return false; }`,
    }],
  },
];

/** Mutants of the responder. */
export const RESPONDER_MUTANTS: readonly Mutant[] = [
  ...RESPONDING,
  ...STREAMS,
];
