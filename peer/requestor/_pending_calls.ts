/**
 * The calls of the local peer that have not settled.
 *
 * @module
 */

import type { Link } from "../link/link.ts";
import { CallTable, type TableEntry } from "./_call_table.ts";

/** Maximum number of abandoned calls whose IDs are reserved until their results arrive. */
const MAX_ABANDONED = 1024;

/** What a late part counts in addition to its payload, in bytes. */
const OVERHEAD = 64;

/** The size of a late part that costs no more than one of any download, in bytes. */
const LARGE_PART = 4096;

/** A result of an abandoned call, and whether the call has received more than one result may hold. */
export type LateResult = "late" | "excessive";

/** A call, as the set of pending calls sees it. */
export interface PendingCall extends TableEntry {
  /** The sequence number of the write batch with the request; -1 until it is sent. */
  readonly batch: number;
  /** Whether the call has settled. */
  readonly settled: boolean;
  /** Whether its result may have any length. */
  readonly isStream: boolean;
  /** Continues a call that was queued: it has an ID now, unless it has settled meanwhile. */
  admitted(): void;
  /** Fails the call because the connection ended. */
  connectionClosed(cause: unknown, flushed: boolean): void;
}

/**
 * Assigns request IDs, queues calls beyond the limits, and finds the call that a
 * result belongs to.
 *
 * An abandoned call keeps its ID until its result has arrived, so that a late
 * result is never mistaken for the result of another call (request/abandoned).
 */
export class PendingCalls<Call extends PendingCall> {
  readonly #link: Link;
  readonly #table = new CallTable<Call>();
  /** Calls that are not sent: queued, or waiting to repeat their request. */
  #unsent: Set<Call> | undefined;
  /** Abandoned calls, the oldest first, and how many bytes arrived for each since. */
  #abandoned: Map<Call, number> | undefined;
  /** Calls that wait for a free slot or for the write queue, in order. */
  #queue: Set<Call> | undefined;
  #awaitsWriter = false;
  #closed = false;

  /** Creates the empty set of one connection. */
  constructor(link: Link) {
    this.#link = link;
  }

  /** Number of calls that have not settled. */
  get size(): number {
    return this.#awaitingResult + (this.#unsent?.size ?? 0);
  }

  /** Adds a call that sends nothing yet. */
  add(call: Call): void {
    (this.#unsent ??= new Set()).add(call);
  }

  /** Assigns an ID and continues the call: at once, or when the limits allow it. */
  admit(call: Call): void {
    if (this.#hasCapacity && !this.#queue?.size) return this.#admit(call);
    this.add(call);
    (this.#queue ??= new Set()).add(call);
    this.#awaitWriter();
  }

  /** Removes a call until it repeats its request under another ID (request/retry-id). */
  withdraw(call: Call): void {
    this.#table.delete(call);
    this.add(call);
    this.#admitQueued();
  }

  /** Removes a call that has settled. `answered` is false if its result may still arrive. */
  release(call: Call, answered: boolean): void {
    const unsent = call.batch < 0 && this.#unsent?.delete(call);
    if (unsent || answered) this.#table.delete(call);
    else this.#abandon(call);
    if (this.#queue?.size) {
      if (this.#queue.delete(call)) call.admitted();
      this.#admitQueued();
    }
    this.#link.settled();
  }

  /** Returns the call that a result belongs to, in any order (request/any-order); `undefined` if no call waits for it. */
  find(id: number): Call | undefined {
    const call = this.#table.get(id);
    return call === undefined || call.settled ? undefined : call;
  }

  /**
   * Takes a result of `size` bytes that belongs to no waiting call. Returns
   * `undefined` if it belongs to no abandoned one either. `complete` results
   * free the ID.
   *
   * The remote peer cannot know that a call was abandoned, and owes it one
   * result: `maxPayloadBytes` bytes. Parts beyond that are excessive, except
   * large ones of a stream, which is as long as the remote peer chooses.
   */
  takeLate(
    id: number,
    size: number,
    complete: boolean,
  ): LateResult | undefined {
    const call = this.#table.get(id);
    const before = call && this.#abandoned?.get(call);
    if (call === undefined || before === undefined) return undefined;
    if (complete) {
      this.#abandoned!.delete(call);
      this.#table.delete(call);
      return "late";
    }
    const bytes = before + size + OVERHEAD;
    this.#abandoned!.set(call, bytes);
    const isOwed = bytes <= this.#link.limits.maxPayloadBytes ||
      call.isStream && size >= LARGE_PART;
    return isOwed ? "late" : "excessive";
  }

  /** Fails all calls because the connection ended (close/pending). `flushed` is whether everything sent has been written. */
  connectionClosed(cause: unknown, flushed: boolean): void {
    this.#closed = true;
    for (const call of [...this.#unsent ?? [], ...this.#table.values()]) {
      call.connectionClosed(cause, flushed);
    }
  }

  get #awaitingResult(): number {
    return this.#table.size - (this.#abandoned?.size ?? 0);
  }

  get #hasCapacity(): boolean {
    return this.#awaitingResult < this.#link.limits.maxPendingRequests &&
      !this.#link.congested;
  }

  #admit(call: Call): void {
    if (!call.settled) {
      this.#unsent?.delete(call);
      this.#table.add(call);
    }
    call.admitted();
  }

  #admitQueued(): void {
    if (this.#closed) return;
    for (const call of this.#queue ?? []) {
      if (!this.#hasCapacity) return this.#awaitWriter();
      this.#queue!.delete(call);
      this.#admit(call);
    }
  }

  /** Continues once the write queue is short again; a call that settles frees the other resource. */
  #awaitWriter(): void {
    if (this.#awaitsWriter || !this.#link.congested) return;
    this.#awaitsWriter = true;
    void this.#link.uncongested().then(() => {
      this.#awaitsWriter = false;
      this.#admitQueued();
    });
  }

  #abandon(call: Call): void {
    if (this.#table.get(call.id) !== call) return;
    const abandoned = this.#abandoned ??= new Map();
    abandoned.set(call, 0);
    if (abandoned.size <= MAX_ABANDONED) return;
    const [oldest] = abandoned.keys();
    abandoned.delete(oldest!);
    this.#table.delete(oldest!);
  }
}
