/**
 * What an implementation has sent, decoded and as the bytes that it was.
 *
 * @module
 */

import {
  Decoder,
  isProtocolError,
  type Message,
  VersionReader,
} from "@gotalk/gotalk/codec";
import { joinBytes } from "../cases/bytes.ts";
import type { Arrival } from "./_wire.ts";

/** Something that an implementation has sent, in the order in which its last byte arrived. */
export type Item =
  & {
    /** When it was complete, as `performance.now()` tells. */
    readonly at: number;
  }
  & (
    | {
      readonly type: "version" | "malformed";
      readonly bytes: Uint8Array;
      /** Where in the stream of bytes it begins. */
      readonly from: number;
      /** What is wrong with it. */
      readonly why?: string;
    }
    | {
      readonly type: "message";
      readonly message: Message;
      readonly bytes: Uint8Array;
      readonly from: number;
    }
    | {
      readonly type: "control";
      readonly frame: "ping" | "pong";
      readonly bytes: Uint8Array;
    }
    | { readonly type: "fault"; readonly why: string }
    | {
      readonly type: "end";
      readonly how: "end of file" | "reset" | "close";
      readonly code?: number;
    }
  );

/** A message of WebSocket: where in the stream of bytes it lies. */
export interface ArrivedFrame {
  /** What it was. */
  readonly type: "binary" | "text";
  /** The offset of its first byte. */
  readonly from: number;
  /** The offset behind its last byte. */
  readonly to: number;
  /** When it arrived. */
  readonly at: number;
}

/** A place between what was looked at and what was not. */
export interface Cursor {
  /** The number of the item. */
  readonly item: number;
  /** How many of its bytes were looked at. */
  readonly skip: number;
}

/** Collects what arrives, and wakes who waits for more. */
export class Inbox {
  /** The items, from number `#first` on. */
  #items: Item[] = [];
  #first = 0;
  #frames: ArrivedFrame[] = [];
  /** Bytes that are no whole item yet, and where they begin. */
  #pending: Uint8Array[] = [];
  #pendingFrom = 0;
  #pendingSize = 0;
  #arrived = 0;
  readonly #version = new VersionReader(["01", "00"]);
  #decoder = new Decoder({ maxPayloadBytes: 0xffff_ffff });
  #broken: string | undefined;
  #wake: (() => void) | undefined;
  #lastAt: number;
  readonly #onItem: (item: Item) => void;

  /** Creates an inbox that tells of each item. */
  constructor(onItem: (item: Item) => void = () => {}) {
    this.#onItem = onItem;
    this.#lastAt = performance.now();
  }

  /** When bytes or anything else arrived last. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** The last items' number and one. */
  get length(): number {
    return this.#first + this.#items.length;
  }

  /** The end of the connection, once it is there. */
  get ended(): boolean {
    return this.#items.at(-1)?.type === "end";
  }

  /** Whether the implementation has ended the conversation, by a ProtocolError or an end. */
  get isOver(): boolean {
    const last = this.#items.at(-1);
    return last?.type === "end" || last?.type === "message" &&
        last.message.kind === "ProtocolError";
  }

  /** An item; `undefined` when it has not arrived. */
  at(cursor: Cursor): Item | undefined {
    return this.#items[cursor.item - this.#first];
  }

  /** Bytes that are no whole item yet. */
  get partial(): Uint8Array {
    if (this.#pending.length > 1) this.#pending = [joinBytes(this.#pending)];
    return this.#pending[0] ?? new Uint8Array(0);
  }

  /** Where in the stream of bytes a cursor is. */
  offset(cursor: Cursor): number {
    for (let number = cursor.item;; number++) {
      const item = this.#items[number - this.#first];
      const skip = number === cursor.item ? cursor.skip : 0;
      if (item === undefined || item.type === "end") {
        return this.#pendingFrom + skip;
      }
      if ("from" in item) return item.from + skip;
    }
  }

  /** The message of WebSocket that begins at an offset. */
  frameAt(offset: number): ArrivedFrame | undefined {
    return this.#frames.find(({ from }) => from === offset);
  }

  /** Forgets what lies before a cursor. */
  drop(before: Cursor): void {
    const number = before.item - this.#first;
    // In batches: taking from the front of a long array moves all the rest.
    if (number < 256 && number < this.#items.length) return;
    const offset = this.offset(before);
    this.#items = this.#items.slice(number);
    this.#first = before.item;
    this.#frames = this.#frames.filter(({ to }) => to > offset);
  }

  /** Takes what arrived. */
  push(arrival: Arrival): void {
    const at = this.#lastAt = performance.now();
    switch (arrival.type) {
      case "bytes":
        this.#pushBytes(arrival.bytes, arrival.frame, at);
        break;
      case "end":
        if (this.#pendingSize > 0) {
          this.#carve("malformed", this.#pendingSize, at, "cut by the end");
        }
        this.#add({ ...arrival, at });
        break;
      default:
        this.#add({ ...arrival, at });
    }
    this.#wake?.();
  }

  /** Waits for more, at most until a time; rejects when the signal says so. */
  wait(until: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    this.#wake = resolve;
    const timer = setTimeout(
      resolve,
      Math.max(0, Math.ceil(until - performance.now())),
    );
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    });
  }

  /** Wakes who waits, though nothing arrived. */
  nudge(): void {
    this.#wake?.();
  }

  #add(item: Item): void {
    this.#items.push(item);
    this.#onItem(item);
  }

  #pushBytes(
    bytes: Uint8Array,
    frame: "binary" | "text" | undefined,
    at: number,
  ): void {
    const from = this.#arrived;
    this.#arrived += bytes.length;
    if (frame !== undefined) {
      this.#frames.push({ type: frame, from, to: this.#arrived, at });
    }
    if (bytes.length === 0) return;
    this.#pending.push(bytes);
    this.#pendingSize += bytes.length;
    if (this.#broken === undefined) this.#decode(bytes, at);
    if (this.#broken !== undefined && this.#pendingSize > 0) {
      this.#carve("malformed", this.#pendingSize, at, this.#broken);
      this.#broken = "behind what is no message";
    }
  }

  #decode(bytes: Uint8Array, at: number): void {
    if (this.#version.outcome === undefined) {
      bytes = bytes.subarray(this.#version.push(bytes));
      if (this.#version.outcome === undefined) return;
      if (this.#version.version === undefined) {
        this.#broken = this.#version.error?.message ?? "no version";
        return;
      }
      this.#carve("version", 2, at);
      this.#decoder = new Decoder({ maxPayloadBytes: 0xffff_ffff, offset: 2 });
    }
    try {
      this.#decoder.push(bytes);
      for (;;) {
        const message = this.#decoder.read();
        if (message === undefined) return;
        const size = this.#decoder.offset - this.#pendingFrom;
        this.#carve(message, size, at);
      }
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.#broken = error.message;
    }
  }

  /** Makes an item of the first bytes that belong to none. */
  #carve(
    what: "version" | "malformed" | Message,
    size: number,
    at: number,
    why?: string,
  ): void {
    const from = this.#pendingFrom;
    const bytes = this.#take(size);
    if (typeof what !== "string") {
      this.#add({ type: "message", message: what, bytes, from, at });
      return;
    }
    const item = { type: what, bytes, from, at };
    this.#add(why === undefined ? item : { ...item, why });
  }

  #take(size: number): Uint8Array {
    this.#pendingFrom += size;
    this.#pendingSize -= size;
    const pieces: Uint8Array[] = [];
    let whole = 0;
    for (let left = size; left > 0;) {
      const chunk = this.#pending[whole]!;
      pieces.push(chunk.subarray(0, left));
      if (chunk.length > left) {
        this.#pending[whole] = chunk.subarray(left);
        break;
      }
      left -= chunk.length;
      whole++;
    }
    this.#pending.splice(0, whole);
    return pieces.length === 1 ? pieces[0]! : joinBytes(pieces);
  }
}
