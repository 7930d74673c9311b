/**
 * The memory that one connection holds.
 *
 * @module
 */

import { LimitError } from "../../codec/mod.ts";
import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import type { ResultSizes } from "../result_sizes.ts";
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
export class MemoryAccount implements MemoryHolder {
  heldBytes = 0;
  workingBytes = 0;
  hasReleased = false;
  idleTurns = 0;
  readonly #total: MemoryTotal;
  readonly #link: AccountLink;
  missingBytes = 0;
  /** Bytes that the decoder keeps of a message that has arrived in part. */
  #partialBytes = 0;
  /** Whether the next chunk may be read beyond the limits. */
  #mayRead = false;
  /** Whether the current chunk is one that was read beyond the limits. */
  #isBeyond = false;
  /** Called when memory was released, while reading pauses. */
  #waiting: (() => void) | undefined;
  #timer: unknown;

  /** Opens the account of a link. */
  constructor(total: MemoryTotal, link: AccountLink) {
    this.#total = total;
    this.#link = link;
  }

  /** Whether reading must pause. */
  get exceeded(): boolean {
    return !this.#mayRead && this.exceededLimit !== undefined &&
      !this.#total.hasTurn(this);
  }

  /** The limit that is exceeded now. */
  get exceededLimit(): MemoryLimit | undefined {
    // The rest of a message does not arrive while reading pauses.
    const { maxHeldBytes } = this.#link.limits;
    if (this.heldBytes - this.#partialBytes > maxHeldBytes) {
      return "maxHeldBytes";
    }
    return this.heldBytes > SMALL && this.#total.isShort
      ? "maxTotalHeldBytes"
      : undefined;
  }

  /** The limit that forbids to hold `bytes` more bytes. A single message within the other limits may exceed it. */
  refuses(bytes: number): MemoryLimit | undefined {
    const limit = this.exceededLimit;
    if (limit !== undefined) return limit;
    const { heldBytes, isShort, maxBytes } = this.#total;
    return isShort && heldBytes + bytes > maxBytes
      ? "maxTotalHeldBytes"
      : undefined;
  }

  /** The sizes of results to be expected. */
  get resultSizes(): ResultSizes {
    return this.#total.resultSizes;
  }

  /** Records that the connection holds more bytes, or fewer. */
  change(bytes: number): void {
    if (bytes === 0) return;
    const before = this.heldBytes;
    const after = this.heldBytes = before + bytes;
    if (after > SMALL !== before > SMALL) {
      this.#total.large(this, after > SMALL);
    }
    this.#total.change(bytes);
    if (bytes > 0) return;
    this.hasReleased = true;
    this.#waiting?.();
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
    this.#waiting = look;
    if (limit === "maxTotalHeldBytes") {
      return this.#total.enqueue(this, this.#link.clock);
    }
    this.#timer ??= this.#link.clock.schedule(() => {
      this.#timer = undefined;
      this.#mayRead = true;
      look();
    }, PAUSE);
  }

  /** Ends the wait: a chunk is read, or nothing any more. */
  stopWaiting(): void {
    this.#waiting = undefined;
    if (this.#timer !== undefined) this.#link.clock.cancel(this.#timer);
    this.#timer = undefined;
    if (this.exceededLimit === undefined) this.#total.dequeue(this);
  }

  /** Records that a chunk was read. */
  chunkRead(): void {
    this.#isBeyond = this.#mayRead || this.#total.hasTurn(this);
  }

  /** Records that all messages of a chunk were handled: the bytes that the decoder keeps, and those that are missing of its message. */
  chunkHandled(partialBytes: number, missingBytes: number): void {
    this.#partial(partialBytes);
    this.missingBytes = missingBytes;
    if (!this.#isBeyond) return;
    this.#mayRead = false;
    if (this.exceededLimit === undefined) this.#total.dequeue(this);
    else if (missingBytes === 0) this.#total.endTurn(this);
  }

  /** Reads nothing more: only what is still held counts. */
  close(): void {
    this.stopWaiting();
    this.#partial(0);
    this.#total.dequeue(this);
  }

  #partial(bytes: number): void {
    const change = bytes - this.#partialBytes;
    if (change === 0) return;
    this.#partialBytes = bytes;
    this.change(change);
  }

  wake(): void {
    this.#waiting?.();
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
