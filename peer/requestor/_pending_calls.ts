/**
 * The calls of the local peer that have not settled.
 *
 * @module
 */

import type { Link } from "../link/link.ts";
import type { QueuedCall } from "./_call_queue.ts";
import { CallTable, type TableEntry } from "./_call_table.ts";
import { CallWindow } from "./_call_window.ts";
import { type CancelledCall, CancelledCalls } from "./_cancelled_calls.ts";

/** Maximum number of abandoned calls whose IDs are reserved until their results arrive. */
const MAX_ABANDONED = 1024;

/** What a late part counts in addition to its payload, in bytes. */
const OVERHEAD = 64;

/** The size of a late part that costs no more than one of any download, in bytes. */
const LARGE_PART = 4096;

/**
 * Time without a result after which queued calls are sent although the window is
 * full, in milliseconds: the handler that they wait for may need them, or the
 * remote peer may never have room, which it then reports.
 */
const STALLED = 5_000;

/** A result of an abandoned call, and whether the call has received more than one result may hold. */
export type LateResult = "late" | "excessive";

/** A call, as the set of pending calls sees it. */
export interface PendingCall extends TableEntry, QueuedCall, CancelledCall {
  /** The sequence number of the write batch with the request; -1 until it is sent. */
  readonly batch: number;
  /** Whether the call has settled. */
  readonly settled: boolean;
  /** Whether it was made while calls were refused, for a handler. */
  readonly isLate: boolean;
  /** Whether its result may have any length. */
  readonly isStream: boolean;
  /** The memory of its answer that is unread, in bytes. */
  readonly unreadBytes: number;
  /** Continues a call that was queued: it has an ID now, unless it has settled meanwhile. */
  admitted(): void;
  /** Sends the request now if it waits for nothing but data. */
  sendWaiting(): void;
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
  /** Calls that are neither sent nor queued: streams before their first use, and calls that wait to repeat their request. */
  #unsent: Set<Call> | undefined;
  /** Abandoned calls, the oldest first, and how many bytes arrived for each since. */
  #abandoned: Map<Call, number> | undefined;
  readonly #singles: CallWindow<Call>;
  #streams: CallWindow<Call> | undefined;
  /** Created with the first call that is cancelled. */
  #cancelled: CancelledCalls<Call> | undefined;
  /** The timer that runs while a call is queued, and the results before it. */
  #stallTimer: unknown;
  #awaitsWriter = false;
  #closed = false;
  #failsUnsent = false;

  /** Creates the empty set of one connection. */
  constructor(link: Link) {
    this.#link = link;
    this.#singles = new CallWindow(link.limits.maxPendingRequests);
  }

  /** Number of calls that have not settled. */
  get size(): number {
    return this.#singles.inFlight + (this.#streams?.inFlight ?? 0) -
      (this.#cancelled?.size ?? 0) + (this.#unsent?.size ?? 0) + this.#queued;
  }

  /** Whether a call has not settled that was made before calls were refused. */
  get hasEarly(): boolean {
    return [...this.#unsentCalls, ...this.#table.values()]
      .some(({ settled, isLate }) => !settled && !isLate);
  }

  /** The call with the most unread data; `undefined` if there is none. */
  get fullest(): Call | undefined {
    let fullest: Call | undefined;
    for (const call of this.#table.values()) {
      if (call.unreadBytes > (fullest?.unreadBytes ?? 0)) fullest = call;
    }
    return fullest;
  }

  /** Adds a call that sends nothing yet. */
  add(call: Call): void {
    (this.#unsent ??= new Set()).add(call);
  }

  /** Assigns an ID and continues the call: at once, or when the limits allow it. */
  admit(call: Call): void {
    const window = this.#windowOf(call);
    const isFirst = window.queue.size === 0;
    if (call.settled || isFirst && this.#hasCapacity(window)) {
      return this.#admit(call, window);
    }
    this.#unsent?.delete(call);
    window.queue.add(call);
    // The calls of the window are on their way while more are created.
    if (isFirst && !window.hasRoom) this.#link.writer.flush();
    this.#awaitChange();
  }

  /** Does the same for a call that repeats its request: it goes before those that were never sent. */
  readmit(call: Call): void {
    const window = this.#windowOf(call);
    this.#unsent?.delete(call);
    window.queue.addRepeated(call);
    this.#admitQueued(window);
    if (window.queue.size > 0) this.#awaitChange();
  }

  /** Learns from a refusal of a call how many calls the remote peer carries out (limits/requests). */
  overloaded(call: Call): void {
    this.#windowOf(call).refused();
  }

  /** Removes a call until it repeats its request under another ID (request/retry-id). */
  withdraw(call: Call): void {
    this.#table.delete(call);
    this.add(call);
    const window = this.#windowOf(call);
    window.inFlight--;
    this.#admitQueued(window);
  }

  /**
   * Removes a call that has settled. `cancelled` is why, as text for the remote
   * peer, if its result may still arrive.
   */
  release(call: Call, cancelled?: string): void {
    const window = this.#windowOf(call);
    if (call.isQueued) {
      window.queue.delete(call);
      call.admitted();
    } else if (call.batch >= 0 || !this.#unsent?.delete(call)) {
      if (cancelled !== undefined && call.batch >= 0) {
        this.#abandon(call, window, cancelled);
      } else if (this.#table.delete(call)) {
        window.inFlight--;
        if (cancelled === undefined) window.answered();
      }
    }
    if (window.queue.size > 0) this.#admitQueued(window);
    else if (this.#stallTimer !== undefined) this.#stopTimerIfIdle();
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
      if (this.#cancelled?.answered(call)) {
        this.#windowOf(call).results++;
        this.#leavesPlace(call);
      }
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
    this.#stopTimer();
    for (const call of this.#cancelled?.connectionClosed() ?? []) {
      this.#leavesPlace(call);
    }
    for (
      const call of [...this.#unsentCalls, ...this.#table.values()]
    ) {
      call.connectionClosed(cause, flushed);
    }
  }

  /** Sends the requests that wait for data to be sent with: they are about to be sent. */
  sendWaiting(): void {
    for (const call of [...this.#unsent ?? []]) call.sendWaiting();
  }

  /**
   * Fails the calls whose requests have not been sent, or wait to be repeated:
   * the remote peer takes no more.
   */
  failUnsent(cause: unknown): void {
    // Each one that fails would let the next be sent.
    if (this.#failsUnsent || this.#queued + (this.#unsent?.size ?? 0) === 0) {
      return;
    }
    this.#failsUnsent = true;
    for (const call of this.#unsentCalls) call.connectionClosed(cause, false);
    this.#failsUnsent = false;
  }

  get #unsentCalls(): Call[] {
    const queued = [this.#singles, this.#streams].flatMap((window) =>
      window?.queue.values() ?? []
    );
    return [...this.#unsent ?? [], ...queued];
  }

  #windowOf(call: Call): CallWindow<Call> {
    return call.isStream
      ? this.#streams ??= new CallWindow(this.#link.limits.maxPendingStreams)
      : this.#singles;
  }

  /** Lets another call take the place of one that was cancelled. */
  #leavesPlace(call: Call): void {
    const window = this.#windowOf(call);
    window.inFlight--;
    if (window.queue.size > 0) this.#admitQueued(window);
  }

  #hasCapacity(window: CallWindow<Call>): boolean {
    return window.hasRoom && !this.#link.congested;
  }

  #admit(call: Call, window: CallWindow<Call>): void {
    if (!call.settled) {
      this.#unsent?.delete(call);
      this.#table.add(call);
      window.inFlight++;
    }
    call.admitted();
  }

  #admitQueued(window: CallWindow<Call>, isStalled = false): void {
    if (this.#closed || this.#failsUnsent) return;
    const { queue } = window;
    while (queue.size > 0) {
      const hasCapacity = isStalled && window.hasSpareRoom
        ? !this.#link.congested
        : this.#hasCapacity(window);
      if (!hasCapacity) return this.#awaitWriter();
      this.#admit(queue.shift()!, window);
    }
    this.#stopTimerIfIdle();
  }

  get #queued(): number {
    return this.#singles.queue.size + (this.#streams?.queue.size ?? 0);
  }

  #awaitChange(): void {
    this.#awaitWriter();
    if (this.#stallTimer === undefined) this.#startTimer();
  }

  /** Continues once the write queue is short again; a call that settles frees the other resource. */
  #awaitWriter(): void {
    if (this.#awaitsWriter || !this.#link.congested) return;
    this.#awaitsWriter = true;
    void this.#link.uncongested().then(() => {
      this.#awaitsWriter = false;
      this.#admitQueued(this.#singles);
      if (this.#streams !== undefined) this.#admitQueued(this.#streams);
    });
  }

  /** Looks again and again, while calls are queued, whether the results of others arrive. */
  #startTimer(): void {
    const { clock } = this.#link;
    const singles = this.#singles.results;
    const streams = this.#streams?.results;
    this.#stallTimer = clock.schedule(() => {
      this.#startTimer();
      // A handler of the remote peer takes the time that it needs, unless it
      // waits for one of the local peer, which may wait for a queued call.
      if (this.#singles.results === singles && this.#link.isHandling) {
        this.#admitQueued(this.#singles, true);
      }
      if (this.#streams !== undefined && this.#streams.results === streams) {
        this.#admitQueued(this.#streams, true);
      }
    }, STALLED);
  }

  #stopTimerIfIdle(): void {
    if (this.#queued === 0) this.#stopTimer();
  }

  #stopTimer(): void {
    this.#link.clock.cancel(this.#stallTimer);
    this.#stallTimer = undefined;
  }

  /** Cancels a call, and reserves its ID until its answer is complete. */
  #abandon(call: Call, window: CallWindow<Call>, why: string): void {
    if (this.#table.get(call.id) !== call) return;
    const cancelled = this.#cancelled ??= new CancelledCalls(
      this.#link,
      (each) => this.#leavesPlace(each),
    );
    if (!cancelled.cancel(call, why)) window.inFlight--;
    const abandoned = this.#abandoned ??= new Map();
    abandoned.set(call, 0);
    if (abandoned.size <= MAX_ABANDONED) return;
    const [oldest] = abandoned.keys();
    abandoned.delete(oldest!);
    this.#table.delete(oldest!);
    if (cancelled.forget(oldest!)) this.#leavesPlace(oldest!);
  }
}
