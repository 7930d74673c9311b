/**
 * The queue behind streams of a room.
 *
 * @module
 */

import type { RoomStream, RoomStreamOptions } from "./room_stream.ts";

const DEFAULT_MAX_QUEUED = 256;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Where a room puts what streams of it take. */
export interface Sink<Taken> {
  /** Adds a value, or counts it as dropped. */
  push(taken: Taken): void;
  /** Ends the stream after what has arrived. */
  end(): void;
}

/** What the queue does with values of its room. */
export interface Source<Taken, Value> {
  readonly ready: Promise<void>;
  /** Makes the value that the loop receives; may throw. */
  readonly valueOf: (taken: Taken) => Value;
  /** Called once, when the stream ends. */
  readonly ended: () => void;
}

/** A queue of bounded length, which drops what it has no room for. */
export class BoundedStream<Taken, Value>
  implements RoomStream<Value>, Sink<Taken> {
  readonly ready: Promise<void>;
  readonly #source: Source<Taken, Value>;
  readonly #maxQueued: number;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.end();
  readonly #queue: Taken[] = [];
  readonly #waiting: ((result: IteratorResult<Value, undefined>) => void)[] =
    [];
  #dropped = 0;
  #ended = false;

  /** Creates the stream. The options have been checked. */
  constructor(source: Source<Taken, Value>, options: RoomStreamOptions) {
    this.ready = source.ready;
    this.#source = source;
    this.#maxQueued = options.maxQueued ?? DEFAULT_MAX_QUEUED;
    this.#signal = options.signal;
  }

  /** Begins the stream, or ends it if its signal has aborted. */
  begin(): void {
    if (this.#signal?.aborted) this.end();
    else this.#signal?.addEventListener("abort", this.#onAbort);
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(taken: Taken): void {
    if (this.#ended) return;
    if (this.#queue.length >= this.#maxQueued && this.#waiting.length === 0) {
      this.#dropped++;
      return;
    }
    this.#queue.push(taken);
    const resolve = this.#waiting.shift();
    if (resolve !== undefined) resolve(this.next() as never);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#source.ended();
    for (const resolve of this.#waiting.splice(0)) resolve(DONE);
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#queue.length > 0) {
      try {
        const value = this.#source.valueOf(this.#queue.shift()!);
        return Promise.resolve({ done: false, value });
      } catch (error) {
        // A loop that it ends does not call `return`.
        void this.return();
        return Promise.reject(error);
      }
    }
    if (this.#ended) return Promise.resolve(DONE);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#queue.length = 0;
    this.end();
    return Promise.resolve(DONE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
