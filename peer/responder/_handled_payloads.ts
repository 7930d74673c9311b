/**
 * The memory of payloads that handlers work on.
 *
 * @module
 */

import type { MemoryAccount } from "../link/memory_account.ts";

/** What a running handler costs in addition to its payload: promises, the context and its frame. */
const HANDLER_OVERHEAD = 1024;

/** Memory that payloads of running handlers lie in. */
export interface HandledMemory {
  readonly buffer: ArrayBuffer;
  readonly bytes: number;
  /** Number of handlers whose payloads lie in it. */
  handlers: number;
}

/**
 * Charges the memory of payloads until their handlers have settled.
 *
 * A small payload is a view of the chunk that it arrived in, and holds all of
 * it; the payloads that share a chunk hold it once.
 */
export class HandledPayloads {
  readonly #memory: MemoryAccount;
  /** The memory of the last payload, since those of one chunk follow each other. */
  #last: HandledMemory | undefined;

  /** Charges to an account. */
  constructor(memory: MemoryAccount) {
    this.#memory = memory;
  }

  /** Charges a payload whose handler has started and not settled. */
  hold({ buffer }: Uint8Array<ArrayBuffer>): HandledMemory {
    const last = this.#last;
    if (last?.buffer === buffer) {
      last.handlers++;
      this.#memory.work(HANDLER_OVERHEAD);
      return last;
    }
    const bytes = buffer.byteLength;
    this.#memory.work(bytes + HANDLER_OVERHEAD);
    return this.#last = { buffer, bytes, handlers: 1 };
  }

  /** Releases a payload whose handler has settled. */
  release(held: HandledMemory): void {
    const isFree = --held.handlers === 0;
    // Another payload of the same chunk would count from the beginning.
    if (isFree && this.#last === held) this.#last = undefined;
    this.#memory.work(-HANDLER_OVERHEAD - (isFree ? held.bytes : 0));
  }
}

/** What a result costs that waits: nothing, if it lies in memory that is charged already. */
export function costOf(result: Uint8Array, { buffer }: HandledMemory): number {
  return result.buffer === buffer ? 0 : result.byteLength;
}
