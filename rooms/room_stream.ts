/**
 * Streams of what happens in a room.
 *
 * @module
 */

/** Options of {@linkcode RoomStream}s. */
export interface RoomStreamOptions {
  /** Ends the stream when it aborts, after what has arrived. */
  readonly signal?: AbortSignal | undefined;
  /** Maximum number of values that wait for the loop; 256 by default. */
  readonly maxQueued?: number | undefined;
}

/**
 * The notifications or changes of a room as they happen: `for await` each.
 *
 * Nothing holds the room back for a slow loop. At most `maxQueued` values wait
 * for it; while they do, further ones are lost, and counted in
 * {@linkcode RoomStream.dropped}.
 *
 * The stream begins when it is created, and ends when its loop is left, its
 * signal aborts or the rooms are closed. One that is not iterated over must be
 * ended with `return()`.
 */
export interface RoomStream<Value>
  extends AsyncIterableIterator<Value, undefined, undefined>, AsyncDisposable {
  /**
   * Resolves once what happens in other processes arrives, or after
   * `answerTimeout` without a back-plane that answers.
   */
  readonly ready: Promise<void>;
  /** Number of values that were lost, since the loop was too slow. */
  readonly dropped: number;
  /** Returns the next value. */
  next(): Promise<IteratorResult<Value, undefined>>;
  /** Ends the stream. A `next` that waits resolves as done. */
  return(): Promise<IteratorReturnResult<undefined>>;
}
