/**
 * The memory that several connections hold together.
 * Internal to the package.
 *
 * @module
 */

import { SLOWEST_RATE } from "../transport/slowest_rate.ts";
import type { Clock } from "./clock.ts";

/** A connection that holds less is not held back because of others, in bytes. */
export const SMALL = 64 * 1024;

/** How long a connection that must pause has its turn, in milliseconds. */
const TURN = 1_000;

/** Turns without a release after which a connection may be ended for the sake of others. */
const IDLE_TURNS = 10;

/** A message that is this much smaller than the free memory arrives although memory is short. */
const SMALL_SHARE = 32;

/** A connection that holds memory. */
export interface MemoryHolder {
  /** Bytes that it holds. */
  readonly heldBytes: number;
  /** Those of them that only the application can release. */
  readonly workingBytes: number;
  /** Those of them that wait in the channel, or in a chunk of it. */
  readonly bufferedBytes: number;
  /** Whether it has released more than a small amount since the last turn; the total clears it. */
  hasReleased: boolean;
  /** Turns in which it has released nothing; the total counts them. */
  idleTurns: number;
  /** Bytes that are missing of a message which has arrived in part; 0 between two messages. */
  readonly missingBytes: number;
  /** Whether it waits until it may read. */
  readonly isWaiting: boolean;
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
 * for a while, the connection that holds most is ended. What its handlers hold
 * until they stop is not counted against others, but nothing new is accepted
 * for it either.
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
  /** Bytes of calls to the remote peers that are not answered, which are not held for them. */
  calledBytes = 0;
  /** Connections that hold more than a small amount: few, even of many. */
  #large: Set<MemoryHolder> | undefined;
  /** Connections that must pause, in the order of their turns. */
  #queue: Set<MemoryHolder> | undefined;
  #turn: MemoryHolder | undefined;
  /** When its turn began, and how many bytes were missing of its message. */
  #turnBegan = { at: 0, missingBytes: 0 };
  #clock: Clock | undefined;
  #timer: unknown;
  #isEnding = false;
  /** Connections that were ended and still hold more than a small amount. */
  #ended: Set<MemoryHolder> | undefined;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.highWaterMarkBytes = maxBytes / 2;
  }

  /** Whether connections are held back. */
  get isShort(): boolean {
    return this.heldBytes > this.highWaterMarkBytes;
  }

  /** Records that a connection holds more bytes, or fewer. Above the maximum, connections are ended if `mayEnd`. */
  change(bytes: number, mayEnd = true): void {
    this.heldBytes += bytes;
    if (bytes > 0) {
      if (mayEnd) this.check();
    } else if (this.#queue !== undefined && !this.isShort) this.#wakeAll();
  }

  /** Ends connections soon if all hold more than the maximum. */
  check(): void {
    if (this.heldBytes <= this.maxBytes || this.#isEnding) return;
    // The sender of a message may be in the middle of something.
    this.#isEnding = true;
    queueMicrotask(() => this.#endLargest());
  }

  /** Records that a connection holds more than a small amount, or no longer does. */
  large(holder: MemoryHolder, isLarge: boolean): void {
    if (isLarge) (this.#large ??= new Set()).add(holder);
    else {
      this.#large?.delete(holder);
      this.#ended?.delete(holder);
    }
  }

  /** Whether a connection may read although memory is short. */
  mayRead(holder: MemoryHolder): boolean {
    return this.#turn === holder || this.#isSmall(holder);
  }

  /** Whether it is the turn of a connection. */
  hasTurn(holder: MemoryHolder): boolean {
    return this.#turn === holder;
  }

  /**
   * Whether a connection holds, with the rest of its message, little next to
   * what is free: others, whose messages may arrive slowly, must not keep it
   * waiting.
   */
  #isSmall(holder: MemoryHolder): boolean {
    const { heldBytes, missingBytes } = holder;
    return missingBytes > 0 &&
      (heldBytes + missingBytes) * SMALL_SHARE <=
        this.maxBytes - this.heldBytes;
  }

  /** Queues a connection that must pause. */
  enqueue(holder: MemoryHolder, clock: Clock): void {
    const queue = this.#queue ??= new Set();
    queue.add(holder);
    if (this.#timer === undefined) {
      this.#clock = clock;
      this.#timer = clock.schedule(() => this.#next(), TURN);
    }
    // Last, since a connection that has its turn may leave the queue at once.
    if (this.#turn === undefined && holder.missingBytes > 0) {
      this.#offerTurn(holder);
    }
  }

  /** Ends the turn of a connection between two messages, or one that need not pause any more. */
  endTurn(holder: MemoryHolder): void {
    if (this.#turn !== holder) return;
    this.#turn = undefined;
    const queue = this.#queue!;
    // The others come first, also if it reads nothing but short messages.
    queue.delete(holder);
    for (const next of queue) {
      if (next.missingBytes > 0 && this.#offerTurn(next)) return;
    }
    if (queue.size === 0) this.#stop();
  }

  /** Removes a connection that need not pause any more. */
  dequeue(holder: MemoryHolder): void {
    const queue = this.#queue;
    if (!queue?.delete(holder)) return;
    this.endTurn(holder);
    if (this.#queue?.size === 0) this.#stop();
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
    if (last !== undefined && queue.delete(last)) {
      queue.add(last);
      last.idleTurns = this.#isSlow(last) ? IDLE_TURNS : 0;
    }
    this.#turn = undefined;
    for (const holder of queue) {
      if (holder.isWaiting && this.#isSmall(holder)) holder.wake();
    }
    for (const next of queue) {
      // One that receives nothing comes back when it does.
      if (!next.isWaiting) queue.delete(next);
      else if (this.#offerTurn(next)) break;
    }
    if (queue.size === 0) this.#stop();
    else this.#endIdle(queue);
  }

  /** Gives the turn to a connection, if there is space for the rest of its message. */
  #offerTurn(holder: MemoryHolder): boolean {
    if (!this.#fits(holder)) return false;
    this.#turn = holder;
    const { missingBytes } = holder;
    this.#turnBegan = { at: this.#clock!.now(), missingBytes };
    holder.wake();
    return true;
  }

  /** Whether the message of a connection hardly grew in its turn, which others wait for. */
  #isSlow({ missingBytes }: MemoryHolder): boolean {
    const { at, missingBytes: before } = this.#turnBegan;
    const time = this.#clock!.now() - at;
    // A shorter time shows nothing, and a longer one that the process stood still.
    return missingBytes > 0 && time >= TURN / 2 && time <= TURN * 2 &&
      before - missingBytes < SLOWEST_RATE * time / 1_000;
  }

  /** Whether there is space for the rest of a connection's message, of which some waits in its channel. */
  #fits(holder: MemoryHolder): boolean {
    const { bufferedBytes, missingBytes } = holder;
    return this.hasSpace(holder, Math.max(0, missingBytes - bufferedBytes));
  }

  /** Whether a connection may hold `bytes` more bytes without any that must be ended. */
  hasSpace(holder: MemoryHolder, bytes: number): boolean {
    return this.heldBytes + bytes <= this.maxBytes ||
      this.#isAlone(holder, this.heldBytes);
  }

  /** Whether each connection of the queue will have its turn. */
  #moves(queue: ReadonlySet<MemoryHolder>): boolean {
    for (const holder of queue) {
      if (!this.#fits(holder)) return false;
    }
    return true;
  }

  /** Whether the others hold so little that one connection may use its own limit, whatever the maximum is. */
  #isAlone(holder: MemoryHolder, heldBytes: number): boolean {
    return heldBytes - holder.heldBytes <= this.highWaterMarkBytes;
  }

  /** Ends the connection that holds most of those that have released nothing for long. */
  #endIdle(queue: ReadonlySet<MemoryHolder>): void {
    const left = this.#left;
    const isWork = left.workingBytes > this.highWaterMarkBytes;
    // If handlers hold most, the end of another connection ends no shortage.
    const most = isWork ? heldBy : releasedBy;
    let largest: MemoryHolder | undefined;
    // Only a connection that holds more than a small amount queues up.
    for (const holder of this.#large!) {
      // One that waits for its turn can release nothing, unless nobody has one.
      const isIdle = !holder.isWaiting || this.#turn === undefined;
      if (holder.hasReleased) holder.idleTurns = 0;
      else if (isIdle) holder.idleTurns++;
      holder.hasReleased = false;
      if (holder.idleTurns < IDLE_TURNS) continue;
      largest = largerOf(largest, holder, most);
    }
    if (isWork && this.#moves(queue)) return;
    if (left.heldBytes <= this.highWaterMarkBytes) return;
    if (largest === undefined) return;
    // It need not make room for itself.
    if (queue.size > Number(queue.has(largest))) this.#end(largest);
  }

  /** Ends the connections that hold most, until what is left is within the maximum. */
  #endLargest(): void {
    this.#isEnding = false;
    for (;;) {
      const { heldBytes } = this.#left;
      if (heldBytes <= this.maxBytes) return;
      let largest: MemoryHolder | undefined;
      for (const holder of this.#large ?? []) {
        largest = largerOf(largest, holder, heldBy);
      }
      if (largest === undefined || this.#isAlone(largest, heldBytes)) return;
      this.#end(largest);
    }
  }

  /**
   * What is held without the connections that were ended. Their handlers may
   * need time to stop; nobody else is ended for that.
   */
  get #left(): { heldBytes: number; workingBytes: number } {
    let { heldBytes, workingBytes } = this;
    for (const holder of this.#ended ?? []) {
      heldBytes -= holder.heldBytes;
      workingBytes -= holder.workingBytes;
    }
    return { heldBytes, workingBytes };
  }

  #end(holder: MemoryHolder): void {
    this.#large?.delete(holder);
    (this.#ended ??= new Set()).add(holder);
    holder.end(this.heldBytes);
  }
}

function heldBy({ heldBytes }: MemoryHolder): number {
  return heldBytes;
}

/** What a connection releases at once when it ends. */
function releasedBy({ heldBytes, workingBytes }: MemoryHolder): number {
  return heldBytes - workingBytes;
}

/** The one of two connections that has more of something, if that is not a small amount. */
function largerOf(
  one: MemoryHolder | undefined,
  other: MemoryHolder,
  of: (holder: MemoryHolder) => number,
): MemoryHolder | undefined {
  if (of(other) <= SMALL) return one;
  return one === undefined || of(other) > of(one) ? other : one;
}
