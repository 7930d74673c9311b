/**
 * The memory that one connection holds.
 *
 * @module
 */

import { LimitError, type Name } from "../../codec/mod.ts";
import type { BufferObserver } from "../../transport/channel.ts";
import { turns } from "../../transport/turns.ts";
import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import { ResultSizes, SMALLEST_RESULT } from "../result_sizes.ts";
import { type MemoryHolder, type MemoryTotal, SMALL } from "../memory_total.ts";

/** A limit on held memory. */
export type MemoryLimit = "maxHeldBytes" | "maxTotalHeldBytes";

/** The link of an account. */
export interface AccountLink {
  readonly clock: Clock;
  readonly limits: Pick<Limits, "maxHeldBytes">;
  /** Ends the conversation for the sake of others. */
  giveWay(error: LimitError): void;
}

/** How long reading pauses because of the limit of the connection before the next chunk is read, in milliseconds. */
const PAUSE = 1_000;

/** A pause of reading. Most connections never have one; bench: `connections-idle`. */
interface Pause {
  /** Called when memory was released. */
  look: (() => void) | undefined;
  timer: unknown;
  /** Whether the next chunk may be read beyond the limits. */
  mayRead: boolean;
  /** Whether the current chunk is one that was read beyond the limits. */
  isBeyond: boolean;
}

/**
 * Counts the memory that one connection holds, as part of a total, and decides
 * what it may still accept (limits/requests).
 *
 * Everything that the remote peer makes the local one hold is charged by the
 * code that begins to hold it, and released by the same code on every path.
 *
 * Beyond a limit, reading pauses. A pause must not last: the handlers that hold
 * the memory may await results on the same connection, and the remote peer may
 * pause as well until its own results are read. So a chunk is read from time to
 * time, of which requests are refused and notifications dropped.
 */
export class MemoryAccount implements MemoryHolder, BufferObserver {
  heldBytes = 0;
  bufferedBytes = 0;
  workingBytes = 0;
  hasReleased = false;
  idleTurns = 0;
  readonly #total: MemoryTotal;
  readonly #link: AccountLink;
  missingBytes = 0;
  /** Bytes that the decoder keeps of a message that has arrived in part. */
  #partialBytes = 0;
  /** Bytes of calls that the remote peer has not answered. */
  #calledBytes = 0;
  /** Bytes released since {@linkcode hasReleased} was set: heartbeats alone release none that matter. */
  #released = 0;
  /** Bytes to be released after the current round of the event loop. */
  #releasing = 0;
  #isReading = false;
  #pause: Pause | undefined;
  /** Created with the first large result. Other connections may ask for other ones. */
  #resultSizes: ResultSizes | undefined;

  /** Opens the account of a link. */
  constructor(total: MemoryTotal, link: AccountLink) {
    this.#total = total;
    this.#link = link;
  }

  /** Whether reading must pause. */
  get exceeded(): boolean {
    const limit = this.exceededLimit;
    return limit !== undefined && !this.#pause?.mayRead &&
      !(limit === "maxTotalHeldBytes"
        ? this.#total.mayRead(this)
        : this.#total.hasTurn(this));
  }

  /** The limit that is exceeded now. */
  get exceededLimit(): MemoryLimit | undefined {
    const { maxHeldBytes } = this.#link.limits;
    // A pause saves none of the bytes that wait in the channel.
    const heldBytes = this.heldBytes - this.bufferedBytes;
    // The rest of a message does not arrive while reading pauses.
    if (heldBytes - this.#partialBytes > maxHeldBytes) return "maxHeldBytes";
    return heldBytes > SMALL && this.#total.isShort
      ? "maxTotalHeldBytes"
      : undefined;
  }

  /** The limit that forbids to hold `bytes` more bytes. A single message within the other limits may exceed it. */
  refuses(bytes: number): MemoryLimit | undefined {
    const limit = this.exceededLimit;
    if (limit !== undefined) return limit;
    const { heldBytes, isShort, maxBytes } = this.#total;
    // Of its payload, some may wait in the channel and is counted already.
    const toArrive = Math.max(0, bytes - this.bufferedBytes);
    return isShort && heldBytes + toArrive > maxBytes
      ? "maxTotalHeldBytes"
      : undefined;
  }

  /**
   * The limit that forbids to accept a request of `bytes` bytes. Its handler may
   * call back, and hold as much as the calls before, which the remote peer leaves
   * unanswered.
   */
  refusesRequest(bytes: number): MemoryLimit | undefined {
    const called = this.#calledBytes;
    if (called <= SMALL) return this.refuses(bytes);
    const heldBytes = this.heldBytes - this.bufferedBytes - this.#partialBytes;
    if (heldBytes + called > this.#link.limits.maxHeldBytes) {
      return "maxHeldBytes";
    }
    const { calledBytes, maxBytes } = this.#total;
    return this.#total.heldBytes + calledBytes > maxBytes
      ? "maxTotalHeldBytes"
      : this.refuses(bytes);
  }

  /**
   * Records that the payload of a call is kept until the remote peer answers, or
   * no longer is. It holds up requests only: the results must be read, and no
   * connection ends for what the local peer has begun.
   */
  called(bytes: number): void {
    this.#calledBytes += bytes;
    this.#total.calledBytes += bytes;
  }

  /** The limit that forbids to send a result of `bytes` bytes. */
  refusesResult(bytes: number): MemoryLimit | undefined {
    return bytes <= SMALL || this.#total.hasSpace(this, bytes)
      ? undefined
      : "maxTotalHeldBytes";
  }

  /** The limit that forbids to start a handler, whose result is expected not to fit. */
  refusesExpectedResult(operation: Name): MemoryLimit | undefined {
    if (typeof operation !== "string") return undefined;
    const expected = this.#resultSizes?.expected(operation);
    return expected && this.refusesResult(expected) || undefined;
  }

  /** The size to be expected of a result, in bytes. */
  expectedResult(operation: string): number {
    return this.#resultSizes?.expected(operation) ?? 0;
  }

  /** Records the size of a result. */
  resultKnown(operation: string, bytes: number): void {
    if (this.#resultSizes === undefined && bytes < SMALLEST_RESULT) return;
    this.#resultSizes ??= new ResultSizes();
    this.#resultSizes.record(operation, bytes);
  }

  /** Records that the connection holds more bytes, or fewer. */
  change(bytes: number): void {
    if (bytes === 0) return;
    this.#charge(bytes);
    if (bytes > 0) return;
    this.#released -= bytes;
    if (this.#released >= SMALL) {
      this.hasReleased = true;
      this.#released = 0;
    }
    const pause = this.#pause;
    if (pause === undefined) return;
    if (pause.look !== undefined) pause.look();
    else if (this.exceededLimit === undefined) this.#endPause();
  }

  /**
   * Records that the connection holds fewer bytes, once a round of the event loop
   * has passed: what takes their place is often known only then, also that of
   * other connections.
   */
  releaseSoon(bytes: number): void {
    if (bytes === 0) return;
    this.#releasing += bytes;
    if (this.#releasing > bytes) return;
    void turns.round().then(() => {
      const released = this.#releasing;
      this.#releasing = 0;
      this.change(-released);
    });
  }

  /**
   * Records that more bytes wait in the channel or in a chunk, or fewer. To read
   * them is not to release memory. If the reader waits for them it may refuse
   * them at once, so that nobody has to be ended for their sake.
   */
  bufferChanged(bytes: number, kind: "received" | "unsent"): void {
    this.bufferedBytes += bytes;
    this.#charge(bytes, kind === "unsent" || !this.#isReading);
  }

  /** Records that the reader waits for bytes of the channel. */
  reading(): void {
    this.#isReading = true;
  }

  #charge(bytes: number, mayEnd = true): void {
    const before = this.heldBytes;
    const after = this.heldBytes = before + bytes;
    if (after > SMALL !== before > SMALL) {
      this.#total.large(this, after > SMALL);
    }
    this.#total.change(bytes, mayEnd);
  }

  /** Records that a handler works on more bytes, or on fewer. They outlast the connection if the handler does. */
  work(bytes: number): void {
    this.workingBytes += bytes;
    this.#total.workingBytes += bytes;
    this.change(bytes);
  }

  /** Begins to wait; `look` is called whenever {@linkcode exceeded} may have changed. */
  wait(look: () => void): void {
    const limit = this.exceededLimit;
    if (limit === undefined) return;
    const pause = this.#pause ??= {
      look,
      timer: undefined,
      mayRead: false,
      isBeyond: false,
    };
    pause.look = look;
    if (limit === "maxTotalHeldBytes") {
      return this.#total.enqueue(this, this.#link.clock);
    }
    pause.timer ??= this.#link.clock.schedule(() => {
      pause.timer = undefined;
      pause.mayRead = true;
      pause.look?.();
    }, PAUSE);
  }

  /** Ends the wait: a chunk is read, or nothing any more. */
  stopWaiting(): void {
    const pause = this.#pause;
    if (pause === undefined) return;
    pause.look = undefined;
    if (pause.timer !== undefined) this.#link.clock.cancel(pause.timer);
    pause.timer = undefined;
    if (this.exceededLimit === undefined) this.#endPause();
  }

  #endPause(): void {
    this.#pause = undefined;
    this.#total.dequeue(this);
  }

  /** Records that a chunk was read, or the rest of one after a pause. */
  chunkRead(): void {
    this.#isReading = false;
    const pause = this.#pause;
    if (pause === undefined) return;
    pause.isBeyond = pause.mayRead || this.#total.hasTurn(this);
  }

  /** Records the bytes that the decoder keeps, and those that are missing of its message. */
  messagesHandled(partialBytes: number, missingBytes: number): void {
    this.missingBytes = missingBytes;
    this.#partial(partialBytes);
  }

  /** Records the same once all messages of a chunk were handled. */
  chunkHandled(partialBytes: number, missingBytes: number): void {
    this.messagesHandled(partialBytes, missingBytes);
    this.#total.check();
    const pause = this.#pause;
    if (pause === undefined) return;
    if (!pause.isBeyond) return;
    pause.mayRead = false;
    if (missingBytes === 0) this.#total.endTurn(this);
  }

  /** Reads nothing more: only what is still held counts. */
  close(): void {
    this.stopWaiting();
    this.#partial(0);
    this.#endPause();
  }

  #partial(bytes: number): void {
    const change = bytes - this.#partialBytes;
    if (change === 0) return;
    this.#partialBytes = bytes;
    this.change(change);
  }

  get isWaiting(): boolean {
    return this.#pause?.look !== undefined;
  }

  wake(): void {
    this.#pause?.look?.();
  }

  end(heldBytes: number): void {
    const { maxBytes } = this.#total;
    this.#link.giveWay(
      new LimitError(
        `Cannot continue the conversation: it holds ${this.heldBytes} of ${heldBytes} bytes, wanted at most ${maxBytes} of all conversations`,
        { code: "maxTotalHeldBytes" },
      ),
    );
  }
}
