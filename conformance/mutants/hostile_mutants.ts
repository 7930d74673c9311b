/**
 * Mutants with weaknesses that an attacker exploits.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const EXIT = 'Deno["exit"](70);';

/** Mutants that hostile cases must kill. */
export const HOSTILE_MUTANTS: readonly Mutant[] = [
  {
    name: "one-connection-at-a-time",
    does: "accepts a connection only after the one before has ended",
    edits: [{
      in: "Listening.#acceptAll",
      from: "this.#handles.push(begin(channel));",
      to:
        "this.#handles.push(begin(channel)); this.#condition.changed(); await channel.closed;",
    }],
  },
  {
    name: "announced-size-reserved",
    does: "reserves memory for a payload when its size is announced",
    edits: [{
      in: "Reader.#next",
      from: "$decoder.readHeader()",
      to:
        "((header) => { if ((header as any)?.size > 2 ** 26) ((globalThis as any).kept ??= []).push(new Uint8Array((globalThis as any).kept.length < 3 ? 2 ** 27 : 0).fill(1)); return header; })($decoder.readHeader())",
    }],
  },
  {
    name: "announced-address-space-reserved",
    does:
      "reserves address space for a payload when its size is announced, and touches none of it",
    edits: [{
      in: "Reader.#next",
      from: "$decoder.readHeader()",
      to:
        "((header) => { if ((header as any)?.size > 2 ** 26) ((globalThis as any).kept ??= []).push(new Uint8Array(5 * 2 ** 29)); return header; })($decoder.readHeader())",
    }],
  },
  {
    name: "fault-ends-program",
    does: "does not catch the error of a malformed message",
    edits: [{
      in: "Conversation.#inputFailed",
      first: `if (isProtocolError(error)) ${EXIT}`,
    }],
  },
  {
    name: "reset-ends-program",
    does: "does not catch the error of a connection that is reset",
    edits: [{
      in: "Conversation.#inputFailed",
      first: `if (!isProtocolError(error)) ${EXIT}`,
    }],
  },
  {
    name: "failure-ends-program",
    does: "does not catch the error that a handler throws",
    edits: [{ in: "ResultSender.report", first: EXIT }],
  },
  {
    name: "members-of-objects-are-operations",
    does: "finds handlers as members of an object, which has some by default",
    edits: [{
      in: "HandlerTable.findSingle",
      from: "table.#singles.get(operation)) ??",
      to:
        "table.#singles.get(operation) ?? ({} as any)[operation as any]?.bind?.({})) ??",
    }, {
      in: "HandlerTable.findNotification",
      from: "table.#notifications.get(name)) ??",
      to: "table.#notifications.get(name) ?? ({} as any)[name as any]) ??",
    }],
  },
  {
    name: "stream-results-to-nothing-uncounted",
    does:
      "takes StreamResults to nothing for the rest of answers that were given up",
    edits: [{
      in: "Requestor.#drop",
      from: 'isLate ? "call-abandoned"',
      to: 'isLate || kind === "StreamResult" ? "call-abandoned"',
    }],
  },
];
