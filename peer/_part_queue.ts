/**
 * The parts of a stream that were received and not yet read.
 *
 * @module
 */

import type { InboundBudget } from "./_inbound_budget.ts";

/** What a part is charged beyond its bytes, so that many tiny ones count. */
const OVERHEAD = 128;

/** A part that is a smaller share than this of the memory it lies in is copied before it waits. */
const PINNED_SHARE = 1 / 4;

/**
 * A queue between the connection, which pushes, and an application, which reads a web stream.
 *
 * The stream holds nothing itself (its high-water mark is 0): what waits, waits here, where it is
 * counted.
 */
export class PartQueue {
  /** What the application reads. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #budget: InboundBudget;
  readonly #cancelled: (reason: unknown) => void;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #head = 0;
  #bytes = 0;
  #wanted: (() => void) | undefined;
  #ended = false;

  /**
   * `cancelled` hears that the application wants no more, `started` that it begins to read.
   */
  constructor(
    budget: InboundBudget,
    cancelled: (reason: unknown) => void,
    started: () => void = () => {},
  ) {
    this.#budget = budget;
    this.#cancelled = cancelled;
    let first = true;
    this.readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        if (first) started();
        first = false;
        return this.#pull();
      },
      cancel: (reason) => {
        this.#drop();
        this.#ended = true;
        this.#cancelled(reason);
      },
    }, { highWaterMark: 0 });
  }

  /** Adds a part: hands it over if it is waited for, else keeps it. */
  push(part: Uint8Array<ArrayBuffer>): void {
    if (this.#ended) return;
    if (this.#wanted !== undefined) {
      this.#controller.enqueue(part);
      this.#satisfy();
      return;
    }
    const pinned = part.buffer.byteLength;
    this.#parts.push(
      part.byteLength < pinned * PINNED_SHARE ? part.slice() : part,
    );
    this.#count(part.byteLength + OVERHEAD);
  }

  /** Ends the stream after the parts that wait. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#head === this.#parts.length) this.#controller.close();
    this.#satisfy();
  }

  /** Breaks the stream at once. */
  fail(error: unknown): void {
    if (this.#ended && this.#head === this.#parts.length) return;
    this.#ended = true;
    this.#drop();
    this.#controller.error(error);
    this.#satisfy();
  }

  #pull(): void | Promise<void> {
    if (this.#head < this.#parts.length) {
      const part = this.#parts[this.#head++]!;
      if (this.#head === this.#parts.length) {
        this.#parts = [];
        this.#head = 0;
      }
      this.#count(-(part.byteLength + OVERHEAD));
      this.#controller.enqueue(part);
      if (this.#ended && this.#parts.length === 0) this.#controller.close();
      return;
    }
    return new Promise((resolve) => this.#wanted = resolve);
  }

  #satisfy(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  #drop(): void {
    this.#parts = [];
    this.#head = 0;
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    const before = this.#bytes;
    this.#bytes += bytes;
    this.#budget.changed(before, this.#bytes);
  }
}
