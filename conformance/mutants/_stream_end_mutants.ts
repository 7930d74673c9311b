/**
 * Mutants that are wrong about the end of a stream, and what follows it.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants of streams that have ended in some way. */
export const STREAM_END_MUTANTS: readonly Mutant[] = [
  {
    name: "ended-streams-forgotten-together",
    does: "forgets all ended streams when there are too many to remember",
    edits: [{
      in: "ServedStreams.remember",
      from: "ended.delete(oldest!);",
      to: "ended.clear();",
    }],
  },
  {
    name: "ended-stream-keeps-its-place",
    does:
      "remembers an ID that is used again for as long as its first stream only",
    edits: [{
      in: "ServedStreams.remember",
      from: "ended.delete(id);",
      to: "",
    }],
  },
  {
    name: "late-end-forgets-stream",
    does: "forgets a stream that was answered once its end marker has arrived",
    edits: [{
      in: "ServedStreams.#takeLate",
      from:
        "this.#ended!.set(id, isEnd ? 0 : left - byteLength - PART_OVERHEAD);",
      to:
        "if (isEnd) this.#ended!.delete(id); else this.#ended!.set(id, left - byteLength - PART_OVERHEAD);",
    }],
  },
  {
    name: "refused-stream-id-kept",
    does:
      "accepts no other stream under the ID of one that was refused or answered early",
    edits: [{
      in: "ServedStreams.checkId",
      from: "if (!this.#open?.has(id)) return true;",
      to:
        "if (!this.#open?.has(id) && this.#ended?.get(id) !== this.#link.limits.maxPayloadBytes) return true;",
    }],
  },
  {
    name: "first-stream-cut-only",
    does: "notifies only the first open stream that its data was cut",
    edits: [{
      in: "ServedStreams.inputEnded",
      from:
        "for (const stream of this.#open?.values() ?? []) stream.cut(reason);",
      to:
        "for (const stream of this.#open?.values() ?? []) return stream.cut(reason);",
    }],
  },
  {
    name: "late-part-too-large-answered",
    does:
      "answers a part that is too large although the answer of its stream is complete",
    edits: [{
      in: "ServedStreams.oversizedPart",
      from: "this.part(id, END_MARKER);",
      to: 'this.#results.error(id, text.encode("payload too large"));',
    }],
  },
  {
    name: "unknown-part-too-large-ignored",
    does: "ignores a part that is too large under an ID that was never opened",
    edits: [{
      in: "ServedStreams.oversizedPart",
      from: "this.part(id, END_MARKER);",
      to:
        "{ if (stream !== undefined || this.#ended?.has(id)) this.part(id, END_MARKER); }",
    }],
  },
  {
    name: "empty-single-answer-ignored",
    does:
      "does not take a SingleResult without payload for the answer to a stream",
    edits: [{
      in: "StreamCall.single",
      from: "if (payload.byteLength > 0) this.#answer.push(payload);",
      to:
        "if (payload.byteLength > 0) this.#answer.push(payload);\n    else return;",
    }],
  },
];
