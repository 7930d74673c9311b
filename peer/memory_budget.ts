/**
 * A budget of memory for several peers.
 *
 * @module
 */

import { checkNumberOption } from "../transport/number_option.ts";
import { MemoryTotal } from "./memory_total.ts";

/**
 * The default maximum of a server: 144 MiB. With what the engine and the
 * allocator keep in addition, attacked servers grow by less than 256 MiB
 * (`deno task attack`).
 */
export const DEFAULT_MAX_TOTAL_HELD_BYTES: number = 144 * 1024 * 1024;

let totalOf: (budget: MemoryBudget) => MemoryTotal;

/**
 * The memory that remote peers make several local peers hold, with a maximum
 * for all together.
 *
 * It counts what it costs to hold: payloads that have arrived in part or that
 * handlers work on, results that wait, write queues, unread data of streams, and
 * what waits in a WebSocket of the runtime or a message port.
 * `limits.maxHeldBytes` bounds each connection. Above half of the maximum, a
 * connection that holds more than 64 KiB is read slowly, and its requests are
 * refused if that does not help; a message of at most 1/32 of the free memory
 * still arrives at once, and one that arrives at less than 32 KiB a second while
 * others wait ends its connection. Above the maximum, the connection that holds
 * most is ended, which aborts the signals of its handlers; what they hold until
 * they stop still counts, but nobody else is ended for it. While all others hold
 * at most half of the maximum, one connection may exceed it, up to its own
 * `maxHeldBytes` and a message: choose that lower if the maximum must hold.
 *
 * A server creates one. Create one yourself to share it between several
 * servers, or to observe it.
 *
 * @example
 * ```ts
 * import { connect, Handlers, serve } from "@gotalk/gotalk";
 * import { MemoryBudget } from "@gotalk/gotalk/peer";
 * import { assertEquals } from "@std/assert";
 *
 * const memory = new MemoryBudget(64 * 1024 * 1024);
 * const handlers = new Handlers().handle("held", () => memory.heldBytes);
 * await using one = await serve({ memory }, handlers);
 * await using two = await serve({ memory }, handlers);
 * await using peer = await connect(two.address);
 * assertEquals(await peer.request("held"), 0);
 * ```
 */
export class MemoryBudget {
  readonly #total: MemoryTotal;

  static {
    totalOf = (budget) => budget.#total;
  }

  /**
   * Creates a budget of `maxBytes` bytes.
   *
   * @throws {RangeError} If `maxBytes` is less than 1, or `NaN`.
   * @throws {TypeError} If it is not a number.
   */
  constructor(maxBytes: number = DEFAULT_MAX_TOTAL_HELD_BYTES) {
    checkNumberOption("maxBytes", maxBytes, 1);
    this.#total = new MemoryTotal(maxBytes);
  }

  /** The maximum, in bytes. */
  get maxBytes(): number {
    return this.#total.maxBytes;
  }

  /** Number of bytes that the peers hold now. */
  get heldBytes(): number {
    return this.#total.heldBytes;
  }
}

/** Returns the total that a budget stands for; of no budget, one without a maximum. */
export function memoryTotal(budget: MemoryBudget | undefined): MemoryTotal {
  return budget === undefined ? new MemoryTotal(Infinity) : totalOf(budget);
}
