/**
 * Received parts of a stream that have not been read.
 *
 * @module
 */

import {
  type Chunk,
  CHUNK_OVERHEAD,
  endOfFirst,
  PART_OVERHEAD,
} from "./_chunk.ts";
import {
  type OpenWindow,
  ReceivedCredit,
} from "./extensions/received_credit.ts";
import { freeMemory } from "../../quoting/free_memory.ts";
import type { ReceiveBudget } from "./receive_budget.ts";

/** Parts of at least this size, in bytes, are pieces of larger data; bench: `upload`. */
const BULK_PART = 4 * 1024;

/** Size of a block for parts, in bytes; bench: `upload-byob`, `download-byob`. */
const BLOCK_SIZE = 64 * 1024;

/** Blocks of one stream that are kept for reuse at most; bench: `upload-byob`. */
const MAX_FREE_BLOCKS = 2;

/** Chunks that were read and are kept in the queue at most. */
const MAX_READ_CHUNKS = 256;

/**
 * A queue between the connection, which pushes parts, and the application, which
 * reads a web stream.
 *
 * The stream itself queues nothing (its high-water mark is 0), so that all
 * unread data is counted here. Parts are copied, which frees the memory of the
 * connection for the next read. A reader that supplies its own buffers
 * (`getReader({ mode: "byob" })`) receives the data in them, and the blocks are
 * reused, so that reading causes no garbage.
 */
export class ReceivedParts {
  /** What the application reads. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #budget: ReceiveBudget;
  readonly #cancelled: (reason: unknown) => void;
  /** Whether parts of any size are delivered one by one. */
  readonly #keepsParts: boolean;
  #controller!: ReadableByteStreamController;
  #chunks: Chunk[] = [];
  /** Index of the first queued chunk. */
  #head = 0;
  /** Bytes charged to the budget. */
  #charged = 0;
  /** Blocks that have been read, for reuse. */
  #freeBlocks: Uint8Array<ArrayBuffer>[] = [];
  /** Resolves the pending pull of the stream; `undefined` if no read waits. */
  #resolvePull: (() => void) | undefined;
  /** Bytes of the reader's buffer that are filled while its read waits. */
  #filled = 0;
  /** Whether the last block was more than half full, so that the next one pays off. */
  #usesBlocks = false;
  #ended = false;
  /** What the stream ends with, once all is read. */
  #failure: { readonly error: unknown } | undefined;
  /** The credit of the sender. */
  readonly credit: ReceivedCredit;
  /** What may be charged beyond the limit of a stream without a window. */
  #allowance = 0;

  /**
   * Creates an empty queue. `cancelled` is called when the application cancels
   * the stream, `started` when it begins to read. With `keepsParts`, parts of any
   * size are delivered one by one. With `openWindow`, the sender receives credit.
   */
  constructor(
    budget: ReceiveBudget,
    cancelled: (reason: unknown) => void,
    started: () => void = () => {},
    keepsParts = false,
    openWindow?: OpenWindow,
  ) {
    this.credit = new ReceivedCredit(openWindow, budget.muchUnread);
    this.#keepsParts = keepsParts;
    this.#budget = budget;
    this.#cancelled = cancelled;
    let first = true;
    this.readable = new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        if (first) started();
        first = false;
        return this.#pull();
      },
      cancel: (reason) => {
        this.#ended = true;
        this.#discard();
        this.#endPull();
        this.#cancelled(reason);
      },
    });
  }

  /** Adds a part: delivers it if a read waits, queues it otherwise. The part may be overwritten afterwards. */
  push(part: Uint8Array<ArrayBuffer>): void {
    const before = this.#charged;
    this.#add(part);
    this.credit.arrived(part.byteLength, before, this.#charged);
    // With a window that has just opened, more may be unread.
    if (this.credit.allowance !== this.#allowance) this.#charge(0);
  }

  #add(part: Uint8Array<ArrayBuffer>): void {
    if (this.#ended || part.byteLength === 0) return;
    if (this.#resolvePull === undefined) return this.#enqueue(part);
    const length = this.#isEmpty ? this.#fillReaderBuffer(part) : 0;
    if (length < part.byteLength) this.#enqueue(part.subarray(length));
    // Further parts of the same read from the connection are delivered together with a large one.
    if (part.byteLength < BULK_PART) this.#deliver();
    else queueMicrotask(this.#deliver);
  }

  /** Ends the stream after the queued parts with an error. */
  endWith(error: unknown): void {
    this.#failure ??= { error };
    this.end();
  }

  /** Ends the stream after the queued parts. */
  end(): void {
    this.credit.close();
    if (this.#ended) return;
    this.#deliver();
    this.#ended = true;
    if (this.#isEmpty) this.#close();
    this.#endPull();
  }

  /** Errors the stream at once and discards the queued parts. */
  fail(error: unknown): void {
    this.credit.close();
    if (this.#ended && this.#isEmpty) return;
    this.#deliver();
    this.#ended = true;
    this.#discard();
    this.#controller.error(error);
    this.#endPull();
  }

  /** The memory of unread data, in bytes. */
  get unreadBytes(): number {
    return this.#charged;
  }

  /** Whether a read waits for data. */
  get isRead(): boolean {
    return this.#resolvePull !== undefined;
  }

  /** Whether everything that has arrived was read, and more may arrive. */
  get awaitsMore(): boolean {
    return !this.#ended && this.#isEmpty;
  }

  get #isEmpty(): boolean {
    return this.#head === this.#chunks.length;
  }

  /** The unfilled part of the buffer that the waiting reader supplied; `undefined` if it supplied none. */
  get #readerBuffer(): Uint8Array | undefined {
    const view = this.#controller.byobRequest?.view;
    const at = this.#filled;
    return view
      ? new Uint8Array(view.buffer, view.byteOffset + at, view.byteLength - at)
      : undefined;
  }

  /** Copies the beginning of a part to the reader's buffer; returns the number of bytes copied. */
  #fillReaderBuffer(part: Uint8Array): number {
    const buffer = this.#readerBuffer;
    if (buffer === undefined) return 0;
    const length = Math.min(part.byteLength, buffer.byteLength);
    buffer.set(part.subarray(0, length));
    this.#filled += length;
    return length;
  }

  #enqueue(part: Uint8Array<ArrayBuffer>): void {
    const length = part.byteLength;
    const isBulk = length >= BULK_PART && !this.#keepsParts;
    const last = this.#chunks[this.#chunks.length - 1];
    if (
      last && (last.ends === undefined) === isBulk &&
      last.end + length <= last.memory.byteLength
    ) {
      last.memory.set(part, last.end);
      last.end += length;
      if (!isBulk) this.#keepEnd(last);
      return;
    }
    if (last !== undefined) this.#trim(last);
    const block = this.#takeBlock(length);
    block?.set(part);
    const memory = block ?? part.slice();
    const chunk: Chunk = {
      memory,
      start: 0,
      end: length,
      ends: isBulk || block === undefined ? undefined : [],
      next: 0,
      cost: memory.byteLength + CHUNK_OVERHEAD,
    };
    this.#chunks.push(chunk);
    this.#charge(chunk.cost);
    if (chunk.ends !== undefined) this.#keepEnd(chunk);
  }

  /** Gives back most of a chunk that will not be filled, as large and small parts share none. */
  #trim(chunk: Chunk): void {
    const { memory, end } = chunk;
    if (end >= memory.byteLength / 2) return;
    chunk.memory = memory.slice(0, end);
    chunk.cost -= memory.byteLength - end;
    this.#charge(end - memory.byteLength);
    if (memory.byteLength === BLOCK_SIZE) this.#keepBlock(memory);
    else freeMemory(memory);
  }

  /** Keeps the end of a small part, which may be a message of the application (stream/parts). */
  #keepEnd(chunk: Chunk): void {
    chunk.ends!.push(chunk.end);
    chunk.cost += PART_OVERHEAD;
    this.#charge(PART_OVERHEAD);
  }

  /** Returns a block for a part and those after it, if more are likely to share it. */
  #takeBlock(length: number): Uint8Array<ArrayBuffer> | undefined {
    if (length > BLOCK_SIZE) return undefined;
    if (length >= BULK_PART && !this.#keepsParts) {
      return this.#reusedBlock() ??
        (this.#usesBlocks || !this.#isEmpty
          ? new Uint8Array(BLOCK_SIZE)
          : undefined);
    }
    if (this.#isEmpty) return undefined;
    // In proportion to the queued data, so that a few bytes do not pin much.
    const size = Math.max(length, Math.min(BLOCK_SIZE, this.#charged));
    return new Uint8Array(size);
  }

  #reusedBlock(): Uint8Array<ArrayBuffer> | undefined {
    const block = this.#freeBlocks.pop();
    if (block !== undefined) this.#budget.kept(-BLOCK_SIZE);
    return block;
  }

  /** Keeps a block for reuse, unless there are enough. */
  #keepBlock(memory: Uint8Array<ArrayBuffer>): void {
    if (this.#freeBlocks.length === MAX_FREE_BLOCKS) return freeMemory(memory);
    this.#freeBlocks.push(memory);
    this.#budget.kept(BLOCK_SIZE);
  }

  #releaseBlocks(): void {
    if (this.#freeBlocks.length === 0) return;
    this.#budget.kept(-BLOCK_SIZE * this.#freeBlocks.length);
    for (const block of this.#freeBlocks) freeMemory(block);
    this.#freeBlocks = [];
  }

  #pull(): void | Promise<void> {
    if (this.#isEmpty) {
      return new Promise((resolve) => this.#resolvePull = resolve);
    }
    this.#respond();
    if (this.#ended && this.#isEmpty) this.#close();
  }

  /** Delivers received data to the read that waits for it, if there are both. */
  readonly #deliver = (): void => {
    if (this.#resolvePull === undefined) return;
    if (this.#isEmpty && this.#filled === 0) return;
    this.#respond();
    this.#endPull();
  };

  /** Answers a read: with the first chunk or small part, or in the reader's own buffer. */
  #respond(): void {
    const buffer = this.#readerBuffer;
    if (buffer === undefined) {
      const chunk = this.#chunks[this.#head]!;
      const { memory, start } = chunk;
      const end = endOfFirst(chunk);
      if (end < chunk.end) {
        chunk.start = end;
        return this.#controller.enqueue(memory.slice(start, end));
      }
      this.#dequeue();
      // A reader may keep what it receives, and with a view all of its block.
      const isSparse = (end - start) * 4 < memory.byteLength;
      this.#controller.enqueue(
        isSparse ? memory.slice(start, end) : memory.subarray(start, end),
      );
    } else {
      const length = this.#filled + this.#copyQueued(buffer);
      this.#filled = 0;
      this.#controller.byobRequest!.respond(length);
    }
  }

  /** Moves queued bytes to the reader's buffer; returns the number of bytes moved. */
  #copyQueued(buffer: Uint8Array): number {
    let copied = 0;
    while (copied < buffer.byteLength && !this.#isEmpty) {
      const chunk = this.#chunks[this.#head]!;
      const { memory, start, end } = chunk;
      const length = Math.min(end - start, buffer.byteLength - copied);
      buffer.set(memory.subarray(start, start + length), copied);
      copied += length;
      chunk.start += length;
      if (chunk.start < end) break;
      this.#dequeue();
      if (memory.byteLength === BLOCK_SIZE) this.#keepBlock(memory);
      else freeMemory(memory);
    }
    return copied;
  }

  /** Removes the first chunk. */
  #dequeue(): void {
    const chunk = this.#chunks[this.#head++]!;
    const { memory, end } = chunk;
    if (memory.byteLength === BLOCK_SIZE) {
      this.#usesBlocks = end > BLOCK_SIZE / 2;
    }
    // A reader that lags behind may never empty the queue.
    if (this.#isEmpty || this.#head === MAX_READ_CHUNKS) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
    this.#charge(-chunk.cost);
  }

  #close(): void {
    this.#releaseBlocks();
    if (this.#failure !== undefined) {
      return this.#controller.error(this.#failure.error);
    }
    try {
      this.#controller.close();
      // Returns the reader's buffer, which receives nothing more.
      this.#controller.byobRequest?.respond(0);
    } catch {
      // The reader's view has elements wider than a byte, and one is half
      // filled, which has errored the stream.
    }
  }

  #endPull(): void {
    this.#resolvePull?.();
    this.#resolvePull = undefined;
  }

  #discard(): void {
    // The application has received none of it: parts of a chunk are copied.
    for (const { memory } of this.#chunks) freeMemory(memory);
    this.#chunks = [];
    this.#head = 0;
    this.#releaseBlocks();
    this.#filled = 0;
    this.#charge(-this.#charged);
  }

  #charge(bytes: number): void {
    const before = this.#charged;
    const allowance = this.#allowance;
    this.#charged += bytes;
    this.#allowance = this.credit.allowance;
    this.#budget.changed(before, this.#charged, allowance, this.#allowance);
    if (bytes < 0) this.credit.unreadChanged(this.#charged);
  }
}
