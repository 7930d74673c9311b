/**
 * Mutants of both ends of a stream that misuse credits.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants of credits. */
export const CREDIT_MUTANTS: readonly Mutant[] = [
  {
    name: "credit-ignored",
    does: "writes the data of streams without credit",
    edits: [{
      in: "SentCredit.isLeft",
      from: "return this.#sent < this.#offset;",
      to: "return true;",
    }],
  },
  {
    name: "credit-exceeded",
    does: "begins a part also when the offset is reached",
    edits: [{
      in: "SentCredit.isLeft",
      from: "return this.#sent < this.#offset;",
      to: "return this.#sent <= this.#offset;",
    }],
  },
  {
    name: "credit-for-whole-parts",
    does: "begins a part only with more than one byte of credit",
    edits: [{
      in: "SentCredit.isLeft",
      from: "return this.#sent < this.#offset;",
      to: "return this.#sent + 1 < this.#offset;",
    }],
  },
  {
    name: "credit-awaited",
    does: "writes no data before it has read a credit",
    edits: [{
      in: "SentCredit",
      from: "#offset = Infinity;",
      to: "#offset = 0;",
    }],
  },
  {
    name: "credit-lowered",
    does: "lets an offset replace a higher one",
    edits: [{
      in: "SentCredit.granted",
      from:
        "if (offset <= this.#offset && this.#offset !== Infinity) return false;",
      to: "",
    }],
  },
  {
    name: "credit-not-raised",
    does: "takes only the first credit of a stream",
    edits: [{
      in: "SentCredit.granted",
      from:
        "if (offset <= this.#offset && this.#offset !== Infinity) return false;",
      to: "if (this.#offset !== Infinity) return false;",
    }],
  },
  {
    name: "end-marker-needs-credit",
    does: "lets the end marker of an answer wait for credit",
    edits: [{
      in: "ServedStream.run",
      from: "this.#send(END_MARKER);",
      to:
        "while (!this.#credit.isLeft) await this.#credit.changed(); this.#send(END_MARKER);",
    }],
  },
  {
    name: "no-credit-ends-stream",
    does: "takes a credit of nothing for the end of a stream",
    edits: [{
      in: "ServedStream.credited",
      first: "if (offset === 0) this.answered = true;",
    }, {
      in: "StreamCall.credited",
      first: "if (offset === 0) this.#inputEnded = this.settled = true;",
    }],
  },
  {
    name: "request-payload-uncounted",
    does: "does not count the payload of a stream request as data",
    edits: [{
      in: "StreamCall.#open",
      from: "this.#credit.sent(payload.byteLength);",
      to: "",
    }],
  },
  {
    name: "own-parts-counted-short",
    does: "counts each part of its own streams a byte shorter than it is",
    edits: [{
      in: "StreamCall.#write",
      from: "this.#credit.sent(payload.byteLength);",
      to: "this.#credit.sent(payload.byteLength - 1);",
    }],
  },
  {
    name: "unknown-credit-ends",
    does: "ends the connection over a credit that changes nothing",
    edits: [{
      in: "ReceivedCredits.received",
      from: "this.#link.countUnproductive();",
      to: 'if (credit !== undefined) throw new TypeError("mutant");',
    }],
  },
  {
    name: "malformed-credit-ends",
    does: "ends the connection over a malformed credit",
    edits: [{
      in: "ReceivedCredits.received",
      from: 'this.#link.drop("Notification", "malformed");',
      to: 'throw new TypeError("mutant");',
    }],
  },
  {
    name: "credit-always-for-answers",
    does: "takes every credit for one of the answer",
    edits: [{
      in: "decodeCredit",
      from: 'direction: letter === LETTER_P ? "p" : "S",',
      to: 'direction: letter === LETTER_P ? "S" : "S",',
    }],
  },
  {
    name: "credit-always-for-requests",
    does: "takes every credit for one of the request",
    edits: [{
      in: "decodeCredit",
      from: 'direction: letter === LETTER_P ? "p" : "S",',
      to: 'direction: letter === LETTER_P ? "p" : "p",',
    }],
  },
  {
    name: "credit-of-any-size",
    does: "reads a credit that is too long",
    edits: [{
      in: "decodeCredit",
      from: "if (payload.byteLength !== PAYLOAD_BYTES) return undefined;",
      to: "if (payload.byteLength < PAYLOAD_BYTES) return undefined;",
    }],
  },
  {
    name: "credit-with-any-letter",
    does: "takes any other letter for that of answers",
    edits: [{
      in: "decodeCredit",
      from: "if (letter !== LETTER_P && letter !== LETTER_S) return undefined;",
      to: "",
    }],
  },
  {
    name: "credit-with-any-digits",
    does: "takes what is not a digit in an offset for the largest one",
    edits: [{
      in: "decodeCredit",
      from: "if (!HEX.test(digits)) return undefined;",
      to:
        'if (!HEX.test(digits)) return { direction: letter === LETTER_P ? "p" : "S", id: requestId(payload.subarray(ID_AT, OFFSET_AT)), offset: Number.MAX_SAFE_INTEGER };',
    }],
  },
  {
    name: "credit-in-upper-case-refused",
    does: "drops a credit with upper-case digits",
    edits: [{
      in: "decodeCredit",
      first:
        "if (/[A-F]/.test(String.fromCharCode(...payload.subarray(5)))) return undefined;",
    }],
  },
  {
    name: "credit-written-in-upper-case",
    does: "writes upper-case digits in offsets",
    edits: [{
      in: "encodeCredit",
      from: "offset.toString(16)",
      to: "offset.toString(16).toUpperCase()",
    }],
  },
  {
    name: "credit-written-in-decimal",
    does: "writes offsets as decimal numbers",
    edits: [{
      in: "encodeCredit",
      from: "offset.toString(16)",
      to: "offset.toString(10)",
    }],
  },
  {
    name: "credit-of-31-bits",
    does: "reads only the low bits of an offset, as a signed number",
    edits: [{
      in: "decodeCredit",
      from: "parseInt(digits, 16),",
      to: "parseInt(digits.slice(8), 16) | 0,",
    }],
  },
  {
    name: "credit-once",
    does: "grants credit once, and then no more",
    edits: [{
      in: "ReceiveWindow.unreadChanged",
      from: "if (offset - this.#granted < step && this.#granted >= 0) return;",
      to: "if (this.#granted >= 0 || offset < step) return;",
    }],
  },
  {
    name: "credit-enforced",
    does: "ends the connection over data beyond the offset",
    edits: [{
      in: "ReceiveWindow.arrived",
      from: "const now = this.#budget.clock.now();",
      to:
        'const now = this.#budget.clock.now(); if (this.#granted > 0 && this.#received + bytes > this.#granted) throw new TypeError("mutant");',
    }],
  },
  {
    name: "credit-too-early",
    does: "grants credit with the first byte of a stream",
    edits: [{ in: "FIRST_CREDIT", from: "64 * 1024", to: "1" }],
  },
  {
    name: "streams-held-together",
    does: "lets an own stream that has no credit hold up the others",
    edits: [
      {
        in: "StreamCall.#write",
        from: "async #write(given: ByteSource): Promise<void> {",
        to:
          "async #write(given: ByteSource): Promise<void> { const line = this.link as any; const before = line.turn; const { promise, resolve } = Promise.withResolvers<void>(); line.turn = promise; await before; try { await this.writeInTurn(given); } finally { resolve(); } } async writeInTurn(given: ByteSource): Promise<void> {",
      },
    ],
  },
  {
    name: "credit-for-all-answers",
    does: "takes a credit for the answer of one stream for one of all answers",
    edits: [
      {
        in: "ServedStreams.credited",
        from: "return this.#open?.get(id)?.credited(offset) === true;",
        to:
          "let isAny = id < 0; for (const stream of this.#open?.values() ?? []) isAny = stream.credited(offset) || isAny; return isAny;",
      },
    ],
  },
  {
    name: "sixteen-credits",
    does: "writes sixteen credits on each connection and no more",
    edits: [
      {
        in: "WindowBudget.send",
        first: "if (this.creditsOut >= 16) return;",
      },
    ],
  },
  {
    name: "credit-of-id-zero",
    does: "ignores credits of streams whose ID is zero",
    edits: [{ in: "Responder.credited", first: "if (!id) return false;" }],
  },
  {
    name: "write-counted-by-part",
    does: "counts all data of a write with each part of it",
    edits: [
      {
        in: "StreamCall.#write",
        from: "this.#credit.sent(payload.byteLength);",
        to: "this.#credit.sent(chunk.byteLength);",
      },
    ],
  },
  {
    name: "chunk-counted-by-part",
    does: "counts all data that an operation gives with each part of it",
    edits: [
      {
        in: "ServedStream.#sendAll",
        from: "if (!this.inputEnded) this.#resetIdle();",
        to:
          "this.#credit.sent(chunk.byteLength - Math.min(maxPartBytes, chunk.byteLength - at)); if (!this.inputEnded) this.#resetIdle();",
      },
    ],
  },
  {
    name: "failure-needs-credit",
    does: "lets the ErrorResult behind parts of an answer wait for credit",
    edits: [{
      in: "ServedStream.run",
      from: "await this.#sendAll(this.#chunksOf(output));",
      to:
        "try { await this.#sendAll(this.#chunksOf(output)); } catch (error) { if (!this.#credit.isLeft && !this.answered) await this.#credited(); throw error; }",
    }],
  },
  {
    name: "no-credit-for-what-was-given-up",
    does: "grants no more credit for the answer to a stream that was given up",
    edits: [{
      in: "StreamCall.settle",
      from: "if (cancelled !== undefined) this.#answer.credit.abandon();",
      to: "",
    }],
  },
  {
    name: "first-credit-by-connection",
    does:
      "grants the first credit once it has read 64 KiB of all streams together",
    edits: [{
      in: "ReceivedParts",
      from: "this.credit = new ReceivedCredit(openWindow, budget.muchUnread);",
      to:
        "this.credit = new ReceivedCredit(openWindow, budget.muchUnread); (this.credit as any).shared = budget;",
    }, {
      in: "ReceivedCredit.arrived",
      from: "this.#received += bytes;\n    if (this.#received < FIRST_CREDIT",
      to:
        "this.#received += bytes; const shared = (this as any).shared; shared.received = (shared.received ?? 0) + bytes;\n    if (shared.received < FIRST_CREDIT",
    }],
  },
  {
    name: "credit-for-unread-data",
    does: "grants credit for data that arrives, whether it is taken or not",
    edits: [{
      in: "ReceiveWindow.unreadChanged",
      from: "this.#received + size - unread",
      to: "this.#received + size",
    }],
  },
  {
    name: "credit-with-the-latest-id",
    does:
      "writes the ID of the stream that was granted credit last in all credits",
    edits: [{
      in: "ReceiveWindow",
      from: "readonly #id: number;",
      to: "static latest = 0;\n  readonly #id: number;",
    }, {
      in: "ReceiveWindow",
      from: "this.#id = id;",
      to: "this.#id = id; ReceiveWindow.latest = id;",
    }, {
      in: "ReceiveWindow.#grant",
      from: "id: this.#id,",
      to: "id: ReceiveWindow.latest,",
    }],
  },
  {
    name: "no-credit-once-drained",
    does: "grants no more credit once it has read a drain",
    edits: [{
      in: "Conversation.remoteDrains",
      from: "sendNoNewWork(",
      to: "(this.#link as any).isDrained = true; sendNoNewWork(",
    }, {
      in: "WindowBudget.send",
      first: "if ((this.#link as any).isDrained) return;",
    }],
  },
];
