/**
 * The parts of a stream that were received and not yet read.
 *
 * @module
 */

import type { ReceiveBudget } from "./receive_budget.ts";

/** What a part is charged beyond its bytes, so that many tiny ones count. */
const OVERHEAD = 128;

/** Parts of this size or more are pieces of something larger, whose bounds mean nothing: they wait together. */
const JOINED = 4 * 1024;

/** The memory that such parts wait in. */
const BLOCK = 64 * 1024;

/** Memory with one part, or several that wait together. */
interface Kept {
  readonly memory: Uint8Array<ArrayBuffer>;
  /** What of it waits to be read. */
  start: number;
  end: number;
}

/**
 * A queue between the connection, which pushes, and an application, which reads a web stream.
 *
 * The stream holds nothing itself (its high-water mark is 0): what waits, waits here, where it is
 * counted. It is copied, so that the memory that the connection is read into can be used again. A reader
 * that brings its own memory (`getReader({ mode: "byob" })`) gets its bytes in there, and the memory
 * that they waited in serves the next ones, so that no garbage is made however much passes through.
 */
export class PartQueue {
  /** What the application reads. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #budget: ReceiveBudget;
  readonly #cancelled: (reason: unknown) => void;
  #controller!: ReadableByteStreamController;
  #kept: Kept[] = [];
  #head = 0;
  #bytes = 0;
  /** Memory that was read out of. */
  #spare: Uint8Array<ArrayBuffer>[] = [];
  #wanted: (() => void) | undefined;
  /** How much of the memory that a reader brought has been filled, while it waits. */
  #filled = 0;
  /** Whether memory for several parts was well filled the last time. */
  #isBusy = false;
  #ended = false;

  /**
   * `cancelled` hears that the application wants no more, `started` that it begins to read.
   */
  constructor(
    budget: ReceiveBudget,
    cancelled: (reason: unknown) => void,
    started: () => void = () => {},
  ) {
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
        this.#drop();
        this.#satisfy();
        this.#cancelled(reason);
      },
    });
  }

  /** Adds a part, which can be overwritten afterwards: hands it over if it is waited for, else keeps it. */
  push(part: Uint8Array<ArrayBuffer>): void {
    if (this.#ended || part.byteLength === 0) return;
    if (this.#wanted === undefined) return this.#keep(part);
    const length = this.#isEmpty ? this.#fillRoom(part) : 0;
    if (length < part.byteLength) this.#keep(part.subarray(length));
    // Others that came in the same chunk follow at once, and are handed over together with it.
    if (part.byteLength < JOINED) this.#handOver();
    else queueMicrotask(this.#handOver);
  }

  /** Ends the stream after the parts that wait. */
  end(): void {
    if (this.#ended) return;
    this.#handOver();
    this.#ended = true;
    if (this.#isEmpty) this.#close();
    this.#satisfy();
  }

  /** Breaks the stream at once. */
  fail(error: unknown): void {
    if (this.#ended && this.#isEmpty) return;
    this.#handOver();
    this.#ended = true;
    this.#drop();
    this.#controller.error(error);
    this.#satisfy();
  }

  get #isEmpty(): boolean {
    return this.#head === this.#kept.length;
  }

  /** What is left of the memory that the reader waits to see filled, if it brought some. */
  get #room(): Uint8Array | undefined {
    const view = this.#controller.byobRequest?.view;
    const at = this.#filled;
    return view
      ? new Uint8Array(view.buffer, view.byteOffset + at, view.byteLength - at)
      : undefined;
  }

  /** Puts the beginning of a part where the reader wants it; returns how much of it found room there. */
  #fillRoom(part: Uint8Array): number {
    const room = this.#room;
    if (room === undefined) return 0;
    const length = Math.min(part.byteLength, room.byteLength);
    room.set(part.subarray(0, length));
    this.#filled += length;
    return length;
  }

  #keep(part: Uint8Array<ArrayBuffer>): void {
    const length = part.byteLength;
    const last = this.#kept[this.#kept.length - 1];
    const isBulk = length >= JOINED;
    if (isBulk && last && last.end + length <= last.memory.byteLength) {
      last.memory.set(part, last.end);
      last.end += length;
      return;
    }
    const block = isBulk && length <= BLOCK ? this.#block() : undefined;
    block?.set(part);
    const memory = block ?? part.slice();
    this.#kept.push({ memory, start: 0, end: length });
    this.#count(memory.byteLength + OVERHEAD);
  }

  /** Memory for several parts, if there is one that waits already, or were several the last time. */
  #block(): Uint8Array<ArrayBuffer> | undefined {
    return this.#spare.pop() ??
      (this.#isBusy || !this.#isEmpty ? new Uint8Array(BLOCK) : undefined);
  }

  #pull(): void | Promise<void> {
    if (this.#isEmpty) return new Promise((resolve) => this.#wanted = resolve);
    this.#give();
    if (this.#ended && this.#isEmpty) this.#close();
  }

  /** Gives what has come to the read that waits for it. */
  readonly #handOver = (): void => {
    if (this.#wanted === undefined) return;
    if (this.#isEmpty && this.#filled === 0) return;
    this.#give();
    this.#satisfy();
  };

  /** Gives the first that waits to the reader, in its own memory if it brought some. */
  #give(): void {
    const room = this.#room;
    if (room === undefined) {
      const { memory, start, end } = this.#remove();
      this.#controller.enqueue(memory.subarray(start, end));
    } else {
      const length = this.#filled + this.#fill(room);
      this.#filled = 0;
      this.#controller.byobRequest!.respond(length);
    }
  }

  /** Moves bytes that wait to where they are wanted; returns how many. */
  #fill(room: Uint8Array): number {
    let filled = 0;
    while (filled < room.byteLength && !this.#isEmpty) {
      const kept = this.#kept[this.#head]!;
      const { memory, start, end } = kept;
      const length = Math.min(end - start, room.byteLength - filled);
      room.set(memory.subarray(start, start + length), filled);
      filled += length;
      kept.start += length;
      if (kept.start < end) break;
      this.#remove();
      if (memory.byteLength === BLOCK) this.#spare.push(memory);
    }
    return filled;
  }

  /** Takes the first memory out. */
  #remove(): Kept {
    const kept = this.#kept[this.#head++]!;
    if (kept.memory.byteLength === BLOCK) this.#isBusy = kept.end > BLOCK / 2;
    if (this.#isEmpty) {
      this.#kept = [];
      this.#head = 0;
    }
    this.#count(-(kept.memory.byteLength + OVERHEAD));
    return kept;
  }

  #close(): void {
    this.#spare = [];
    try {
      this.#controller.close();
      // A reader's memory that nothing will come into any more is given back.
      this.#controller.byobRequest?.respond(0);
    } catch {
      // It asked for wider elements than bytes, and half of one is there: that has broken the stream.
    }
  }

  #satisfy(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  #drop(): void {
    this.#kept = [];
    this.#head = 0;
    this.#spare = [];
    this.#filled = 0;
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    const before = this.#bytes;
    this.#bytes += bytes;
    this.#budget.changed(before, this.#bytes);
  }
}
