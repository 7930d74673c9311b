/**
 * Mutants that respond wrongly to stream requests.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Ends the connection with code 2. */
export const FAIL =
  '(this.#link as any).fail(Object.assign(new Error("mutant"), { code: 2 }));';

/** Mutants of streams that the remote peer opens. */
export const STREAM_MUTANTS: readonly Mutant[] = [
  {
    name: "idle-timer-stays",
    does: "answers a stream that was answered again when it has been idle",
    edits: [{
      in: "ServedStream.finish",
      from: "this.#idle.stop();",
      to: "this.#resetIdle();",
    }],
  },
  {
    name: "idle-timer-runs-on",
    does: "takes a stream for idle although parts of it arrive",
    edits: [{ in: "ServedStream.part", from: "this.#resetIdle();", to: "" }],
  },
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
    does:
      "ends the connection over parts of all but the last 512 ended streams",
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
  {
    name: "late-large-part-refused",
    does: "refuses a part above the limit of a stream that has ended",
    edits: [
      {
        in: "ServedStreams.oversizedPart",
        from:
          "if (stream === undefined || stream.inputEnded) this.part(id, END_MARKER);",
        to:
          'if (stream === undefined) { this.#link.fail(notAllowed("StreamRequestPart", "belongs to no stream")); } else if (stream.inputEnded) this.part(id, END_MARKER);',
      },
    ],
  },
  {
    name: "stream-id-again-too-large",
    does:
      "answers a stream request under the ID of a stream in flight if its payload is too large",
    edits: [
      {
        in: "Responder.oversizedRequest",
        from: "if (!this.#streams.checkId(id)) return;",
        to: "",
      },
    ],
  },
  {
    name: "stream-failure-as-text",
    does: "writes what a stream fails with as text",
    edits: [
      {
        in: "ServedStreams.open",
        from: "$failure(id, context, error);",
        to:
          '$failure(id, context, error?.payload ? Object.defineProperty(error, "payload", { value: text.encode(text.decode(error.payload)) }) : error);',
      },
    ],
  },
  {
    name: "block-used-again",
    does: "puts data of a stream where data of it lies that has not been read",
    edits: [
      {
        in: "ReceivedParts.#trim",
        from: "chunk.memory = memory.slice(0, end);",
        to:
          "chunk.memory = memory.byteLength === BLOCK_SIZE ? memory.subarray(0, end) : memory.slice(0, end);",
      },
    ],
  },
  {
    name: "small-parts-out-of-place",
    does: "puts a small part in front of those that wait to be read with it",
    edits: [
      {
        in: "ReceivedParts.#enqueue",
        from: "last.memory.set(part, last.end);",
        to:
          "last.memory.copyWithin(last.start + (isBulk ? 0 : length), last.start, last.end); last.memory.set(part, isBulk ? last.end : last.start);",
      },
    ],
  },
  {
    name: "full-streams-miscounted",
    does: "goes on to count a stream as full once it may have more unread",
    edits: [
      {
        in: "ReceiveBudget.changed",
        from: "this.#perStream + allowanceBefore",
        to: "this.#perStream + allowance",
      },
    ],
  },
  {
    name: "single-behind-stream-unknown",
    does: "does not know operations under the ID of a stream that has ended",
    edits: [
      {
        in: "ServedStreams",
        from: "checkId(id: number): boolean {",
        to:
          "hasEnded(id: number): boolean { return this.#ended?.has(id) === true; } checkId(id: number): boolean {",
      },
      {
        in: "Responder.single",
        from: "this.received++;",
        to:
          "this.received++; if (this.#served?.hasEnded(id)) return this.#results.unknownOperation(id, operation);",
      },
    ],
  },
  {
    name: "ended-stream-forgotten-for-single",
    does: "forgets a stream that has ended when a single request has its ID",
    edits: [
      {
        in: "ServedStreams",
        from: "checkId(id: number): boolean {",
        to:
          "forget(id: number): void { this.#ended?.delete(id); } checkId(id: number): boolean {",
      },
      {
        in: "Responder.single",
        from: "this.received++;",
        to: "this.received++; this.#served?.forget(id);",
      },
    ],
  },
];
