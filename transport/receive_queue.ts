/**
 * Received bytes that wait in a channel.
 * Internal to the package.
 *
 * @module
 */

import type { BufferObserver } from "./channel.ts";
import { freeMemory } from "../quoting/free_memory.ts";

/**
 * The memory that a queued chunk takes in addition to its bytes: a view, its
 * buffer and the record of both.
 */
export const CHUNK_OVERHEAD = 512;

/** Chunks up to this size share memory: each of its own would take twice as much. */
const SMALL_CHUNK = CHUNK_OVERHEAD;

/** The size of a block that small chunks share. */
const BLOCK_SIZE = 4 * 1024;

/**
 * The queue of a channel that cannot hold the remote side back. It counts the
 * memory that waiting bytes take, and reports it to an observer.
 *
 * Small chunks that wait behind another are copied into blocks.
 */
export class ReceiveQueue {
  readonly #chunks: Uint8Array[] = [];
  /** The last chunk, if it is a block with space left, and how much of it is used. */
  #block: Uint8Array | undefined;
  #blockUsed = 0;
  #heldBytes = 0;
  #observer: BufferObserver | undefined;

  /** The memory that the queue takes, in bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Reports what is queued already, and every change from now on. */
  observe(observer: BufferObserver): void {
    this.#observer = observer;
    if (this.#heldBytes > 0) {
      observer.bufferChanged(this.#heldBytes, "received");
    }
  }

  /** Queues a chunk, which must not be empty. */
  push(chunk: Uint8Array): void {
    if (chunk.byteLength <= SMALL_CHUNK && this.#chunks.length > 0) {
      return this.#pack(chunk);
    }
    this.#closeBlock();
    this.#add(chunk);
  }

  /** Takes the next bytes; `undefined` if none are queued. */
  shift(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#changed(-costOf(chunk));
    if (chunk !== this.#block) return chunk;
    this.#block = undefined;
    return chunk.subarray(0, this.#blockUsed);
  }

  /** Discards everything. */
  clear(): void {
    this.#chunks.forEach(freeMemory);
    this.#chunks.length = 0;
    this.#block = undefined;
    if (this.#heldBytes > 0) this.#changed(-this.#heldBytes);
  }

  /** Copies a small chunk behind those before it. */
  #pack(chunk: Uint8Array): void {
    const end = this.#blockUsed + chunk.byteLength;
    if (this.#block !== undefined && end <= BLOCK_SIZE) {
      this.#block.set(chunk, this.#blockUsed);
      this.#blockUsed = end;
      return;
    }
    this.#closeBlock();
    const block = new Uint8Array(BLOCK_SIZE);
    block.set(chunk);
    this.#block = block;
    this.#blockUsed = chunk.byteLength;
    this.#add(block);
  }

  /** Adds nothing more to the last block. */
  #closeBlock(): void {
    const block = this.#block;
    if (block === undefined) return;
    this.#block = undefined;
    const last = this.#chunks.length - 1;
    this.#chunks[last] = block.subarray(0, this.#blockUsed);
  }

  #add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#changed(costOf(chunk));
  }

  #changed(change: number): void {
    this.#heldBytes += change;
    this.#observer?.bufferChanged(change, "received");
  }
}

/** The memory that a chunk takes, of which it may be a view. */
function costOf({ buffer }: Uint8Array): number {
  return buffer.byteLength + CHUNK_OVERHEAD;
}
