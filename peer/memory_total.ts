/**
 * The memory that several connections hold together.
 * Internal to the package.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { ResultSizes } from "./result_sizes.ts";

/** A connection that holds less is not held back because of others, in bytes. */
export const SMALL = 64 * 1024;

/** How long a connection that must pause has its turn, in milliseconds. */
const TURN = 1_000;

/** Turns without a release after which a connection may be ended for the sake of others. */
const IDLE_TURNS = 10;

/** A connection that holds memory. */
export interface MemoryHolder {
  /** Bytes that it holds. */
  readonly heldBytes: number;
  /** Those of them that only the application can release. */
  readonly workingBytes: number;
  /** Those of them that wait in the channel, or in a chunk of it. */
  readonly bufferedBytes: number;
  /** Whether it has released memory since the last turn; the total clears it. */
  hasReleased: boolean;
  /** Turns in which it has released nothing; the total counts them. */
  idleTurns: number;
  /** Bytes that are missing of a message which has arrived in part; 0 between two messages. */
  readonly missingBytes: number;
  /** Looks again whether it may read. */
  wake(): void;
  /** Ends the connection, which releases what it holds. */
  end(heldBytes: number): void;
}

/**
 * Counts the memory of several connections, and decides which of them must
 * give way when it runs short.
 *
 * Above half of the maximum, connections that hold more than a small amount
 * queue up and read in turn. A connection in the middle of a message has its
 * turn at once if nobody else has one, so that a message that is larger than
 * what is left arrives alone. Above the maximum, and when a queue has not moved
 * for a while, the connection that holds most is ended.
 */
export class MemoryTotal {
  /** The maximum, in bytes. */
  readonly maxBytes: number;
  /** Above this number of bytes, connections are held back. */
  readonly highWaterMarkBytes: number;
  /** Bytes that all connections hold. */
  heldBytes = 0;
  /** Those of them that only the application can release. */
  workingBytes = 0;
  #resultSizes: ResultSizes | undefined;
  /** Connections that hold more than a small amount: few, even of many. */
  #large: Set<MemoryHolder> | undefined;
  /** Connections that must pause, in the order of their turns. */
  #queue: Set<MemoryHolder> | undefined;
  #turn: MemoryHolder | undefined;
  #clock: Clock | undefined;
  #timer: unknown;
  #isEnding = false;
  /** Connections that were ended and have not released everything yet. */
  #ended: Set<MemoryHolder> | undefined;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.highWaterMarkBytes = maxBytes / 2;
  }

  /** The sizes of results to be expected. */
  get resultSizes(): ResultSizes {
    return this.#resultSizes ??= new ResultSizes();
  }

  /** Whether connections are held back. */
  get isShort(): boolean {
    return this.heldBytes > this.highWaterMarkBytes;
  }

  /** Records that a connection holds more bytes, or fewer. */
  change(bytes: number): void {
    this.heldBytes += bytes;
    if (bytes > 0) {
      if (this.heldBytes > this.maxBytes && !this.#isEnding) {
        // The sender of a message may be in the middle of something.
        this.#isEnding = true;
        queueMicrotask(() => this.#endLargest());
      }
    } else if (this.#queue !== undefined && !this.isShort) this.#wakeAll();
  }

  /** Records that a connection holds more than a small amount, or no longer does. */
  large(holder: MemoryHolder, isLarge: boolean): void {
    if (isLarge) (this.#large ??= new Set()).add(holder);
    else this.#large?.delete(holder);
  }

  /** Whether a connection may read although memory is short. */
  hasTurn(holder: MemoryHolder): boolean {
    return this.#turn === holder;
  }

  /** Queues a connection that must pause. */
  enqueue(holder: MemoryHolder, clock: Clock): void {
    const queue = this.#queue ??= new Set();
    queue.add(holder);
    if (this.#turn === undefined && holder.missingBytes > 0) {
      this.#offerTurn(holder);
    }
    if (this.#timer !== undefined) return;
    this.#clock = clock;
    this.#timer = clock.schedule(() => this.#next(), TURN);
  }

  /** Ends the turn of a connection between two messages, or one that need not pause any more. */
  endTurn(holder: MemoryHolder): void {
    if (this.#turn !== holder) return;
    this.#turn = undefined;
    for (const next of this.#queue ?? []) {
      if (next === holder || next.missingBytes === 0) continue;
      if (this.#offerTurn(next)) return;
    }
  }

  /** Removes a connection that need not pause any more. */
  dequeue(holder: MemoryHolder): void {
    const queue = this.#queue;
    if (!queue?.delete(holder)) return;
    this.endTurn(holder);
    if (queue.size === 0) this.#stop();
  }

  /** Ends all pauses: memory is no longer short. */
  #wakeAll(): void {
    const queue = this.#queue!;
    this.#stop();
    for (const holder of queue) holder.wake();
  }

  #stop(): void {
    this.#queue = undefined;
    this.#turn = undefined;
    this.#clock!.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Gives the turn to the next connection of the queue. */
  #next(): void {
    this.#timer = this.#clock!.schedule(() => this.#next(), TURN);
    const queue = this.#queue!;
    const last = this.#turn;
    if (last !== undefined && queue.delete(last)) queue.add(last);
    this.#turn = undefined;
    for (const next of queue) {
      if (this.#offerTurn(next)) break;
    }
    this.#endIdle();
  }

  /** Gives the turn to a connection, if there is space for the rest of its message. */
  #offerTurn(holder: MemoryHolder): boolean {
    const { bufferedBytes, missingBytes } = holder;
    const toArrive = Math.max(0, missingBytes - bufferedBytes);
    const fits = this.heldBytes + toArrive <= this.maxBytes ||
      this.#isAlone(holder, this.heldBytes);
    if (!fits) return false;
    this.#turn = holder;
    holder.wake();
    return true;
  }

  /** Whether the others hold so little that one connection may use its own limit, whatever the maximum is. */
  #isAlone(holder: MemoryHolder, heldBytes: number): boolean {
    return heldBytes - holder.heldBytes <= this.highWaterMarkBytes;
  }

  /** Ends the connection that holds most of those that have released nothing for long. */
  #endIdle(): void {
    let largest: MemoryHolder | undefined;
    for (const holder of this.#large ?? []) {
      holder.idleTurns = holder.hasReleased ? 0 : holder.idleTurns + 1;
      holder.hasReleased = false;
      if (holder.idleTurns < IDLE_TURNS) continue;
      largest = largerOf(largest, holder);
    }
    // It need not make room for itself.
    if (this.isShort && largest && this.#queue!.size > 1) this.#end(largest);
  }

  /** Ends the connections that hold most, until what is left is within the maximum. */
  #endLargest(): void {
    this.#isEnding = false;
    for (;;) {
      const left = this.heldBytes - this.#endingBytes;
      if (left <= this.maxBytes) return;
      let largest: MemoryHolder | undefined;
      for (const holder of this.#large ?? []) {
        largest = largerOf(largest, holder);
      }
      if (largest === undefined || this.#isAlone(largest, left)) return;
      this.#end(largest);
    }
  }

  /** Bytes that connections which were ended are about to release. */
  get #endingBytes(): number {
    let bytes = 0;
    for (const holder of this.#ended ?? []) {
      const releases = holder.heldBytes - holder.workingBytes;
      if (releases === 0) this.#ended!.delete(holder);
      bytes += releases;
    }
    return bytes;
  }

  #end(holder: MemoryHolder): void {
    this.#large?.delete(holder);
    (this.#ended ??= new Set()).add(holder);
    holder.end(this.heldBytes);
  }
}

/** The one of two connections that releases more when it ends. */
function largerOf(
  one: MemoryHolder | undefined,
  other: MemoryHolder,
): MemoryHolder | undefined {
  const releases = other.heldBytes - other.workingBytes;
  if (releases <= SMALL) return one;
  return one === undefined || releases > one.heldBytes - one.workingBytes
    ? other
    : one;
}
