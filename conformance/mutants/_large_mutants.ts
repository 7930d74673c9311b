/**
 * Mutants that are right about what is small, short and alone.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants that are wrong about what is large, takes long, or comes with many others. */
export const LARGE_MUTANTS: readonly Mutant[] = [
  {
    name: "large-requests-block-reading",
    does: "reads nothing until a large request is answered",
    edits: [{
      in: "Responder.single",
      from: "if (isThenable(output) || link.congested) {",
      to:
        "if (isThenable(output) && payload.byteLength >= 65536) { (link as any).receiveBudget.hold(); const done = () => (link as any).receiveBudget.release(); void (output as Promise<unknown>).then(done, done); } if (isThenable(output) || link.congested) {",
    }],
  },
  {
    name: "reads-nothing-while-unwritten",
    does: "reads nothing while much of what it has to write waits",
    edits: [{
      in: "Reader.#run",
      from: "if (receiveBudget.exceeded) await this.#pause();",
      to:
        "if (receiveBudget.exceeded) await this.#pause(); await (this.#link as any).writer.available(this.#link.limits.writeHighWaterMarkBytes);",
    }],
  },
  {
    name: "workers-of-the-process",
    does: "carries out 64 requests at a time, of all connections together",
    edits: [{
      in: "Responder.single",
      from: "output = handler(payload, context);",
      to:
        "const pool = (globalThis as any).__pool ??= { busy: 0, waiting: [] as (() => void)[] }; output = (async () => { while (pool.busy >= 64) await new Promise<void>((resolve) => pool.waiting.push(resolve)); pool.busy++; try { return await handler(payload, context); } finally { pool.busy--; pool.waiting.shift()?.(); } })();",
    }],
  },
  {
    name: "stream-workers-of-the-process",
    does: "carries out 64 streams at a time, of all connections together",
    edits: [{
      in: "ServedStream.run",
      from: "const output = await handler(this.#input.readable, this.context);",
      to:
        'const pool = (globalThis as any).__streamPool ??= { busy: 0, waiting: [] as (() => void)[] }; while (pool.busy >= 64 && !this.answered) await new Promise<void>((resolve) => pool.waiting.push(resolve)); pool.busy++; this.context.signal.addEventListener("abort", () => { pool.busy--; pool.waiting.shift()?.(); }); const output = await handler(this.#input.readable, this.context);',
    }],
  },
  {
    name: "abandoned-ids-free-with-a-part",
    does:
      "uses the ID of a call that was given up again once a part of its answer has come",
    edits: [{
      in: "CallTable.add",
      from:
        "while (this.#slots[this.#next & mask] !== undefined) this.#next++;",
      to:
        "this.#next = 0; while (this.#slots[this.#next & mask] !== undefined) this.#next++;",
    }, {
      in: "PendingCalls.takeLate",
      from: "const bytes = before + size + OVERHEAD;",
      to: "this.#table.delete(call); const bytes = before + size + OVERHEAD;",
    }],
  },
  {
    name: "repeated-payload-cut",
    does: "repeats at most 64 KiB of a request that was refused",
    edits: [{
      in: "SingleCall.retry",
      from: "this.#attempts++;",
      to: "this.#attempts++; this.#payload = this.#payload.subarray(0, 65536);",
    }],
  },
  {
    name: "repeated-payload-as-text",
    does: "repeats the text of a request that was refused",
    edits: [{
      in: "SingleCall.retry",
      from: "this.#attempts++;",
      to:
        "this.#attempts++; this.#payload = new TextEncoder().encode(new TextDecoder().decode(this.#payload));",
    }],
  },
  {
    name: "unknown-operation-text-cut",
    does:
      "cuts what it says about an unknown operation within a character of its name",
    edits: [{
      in: "ResultSender.unknownOperation",
      from: "text.encode(`unknown operation ${shown(operation)}`)",
      to:
        "text.encode(`unknown operation ${nameText(operation)}`).subarray(0, 100)",
    }],
  },
  {
    name: "nothing-counted-before-a-login",
    does: "reads any number of messages of somebody who has not logged in",
    edits: [{
      in: "LoginGate.#forbid",
      from: "this.#link.countUnproductive();",
      to: "",
    }, {
      in: "LoginGate.notification",
      from: "this.#link.countUnproductive();",
      to: "",
    }],
  },
  {
    name: "request-memory-given-back-with-a-part",
    does:
      "reads into the memory of a request that is carried out once a part that came with it is read",
    edits: [{
      in: "Decoder.recyclePayload",
      from: "this.#views--",
      to: "this.#views = 0",
    }],
  },
  {
    name: "messages-of-sixteen-bits",
    does: "counts messages in sixteen bits, and stops when there are more",
    edits: [{
      in: "Reader.#next",
      from: "this.messagesIn++;",
      to:
        "this.messagesIn++; if (this.messagesIn >= 0x10000) this.#stopped = true;",
    }],
  },
  {
    name: "parts-of-sixteen-bits",
    does: "counts the parts of a stream in sixteen bits, and drops the others",
    edits: [{
      in: "ServedStream.part",
      first:
        "(this as any).parts = ((this as any).parts ?? 0) + 1; if ((this as any).parts > 0xffff && payload.byteLength > 0) return;",
    }],
  },
  {
    name: "sixteen-notifications-at-a-time",
    does: "handles sixteen notifications at a time, and drops the others",
    edits: [{
      in: "Responder.notification",
      from: "this.notifications >= link.limits.maxConcurrentNotifications",
      to: "this.notifications >= 16",
    }],
  },
  {
    name: "end-overtakes-messages",
    does:
      "acts on answers and notifications a moment later, and not at all if the connection has ended then",
    edits: [{
      in: "Conversation.message",
      from: "return this.requestor.result(kind, header, payload);",
      to:
        "{ const [later, kept] = [{ ...header }, payload.slice()]; setTimeout(() => this.requestor.result(kind, later, kept)); return; }",
    }, {
      in: "Conversation.message",
      from: "return this.#listener.notification(header.name, payload);",
      to:
        "{ const [name, kept] = [header.name, payload.slice()]; setTimeout(() => { if (this.#ending === undefined) this.#listener.notification(name, kept); }); return; }",
    }],
  },
];
