/**
 * The data received on one connection, decoded into items.
 *
 * @module
 */

import {
  Decoder,
  isProtocolError,
  type Message,
  type RequestId,
  requestId,
  VersionReader,
} from "@gotalk/gotalk/codec";
import { joinBytes } from "../../cases/bytes.ts";
import { bounded } from "../bounded.ts";
import type {
  Arrival,
  BytesArrival,
  ControlArrival,
  EndArrival,
  ViolationArrival,
} from "../wire/wire.ts";

/** One received thing, in the order in which its last byte arrived. */
export type InboxItem =
  & {
    /** When it was complete, by the clock of `performance.now()`. */
    readonly at: number;
  }
  & (
    | {
      readonly type: "version" | "malformed";
      readonly bytes: Uint8Array;
      /** The number of its bytes. */
      readonly size: number;
      /** The offset of its first byte among all bytes received. */
      readonly from: number;
      /** Why it is malformed. */
      readonly why?: string;
    }
    | {
      readonly type: "message";
      readonly message: Message;
      readonly bytes: Uint8Array;
      readonly size: number;
      readonly from: number;
      /** Returns the first of its bytes, without joining all of them if possible. */
      first(size: number): Uint8Array;
    }
    | ControlArrival
    | ViolationArrival
    | EndArrival
  );

/** A received WebSocket message: its range among all bytes received. */
export interface ReceivedFrame {
  readonly type: "binary" | "text";
  /** The offset of its first byte. */
  readonly from: number;
  /** The offset after its last byte. */
  readonly to: number;
  /** When it arrived, by the clock of `performance.now()`. */
  readonly at: number;
}

/** A place in an inbox: between what was examined and what was not. */
export interface InboxOffset {
  /** The number of the item. */
  readonly item: number;
  /** The number of bytes of the item that were examined. */
  readonly skip: number;
}

/** Returns the offset of the item after the one at an offset. */
export function nextItem({ item }: InboxOffset): InboxOffset {
  return { item: item + 1, skip: 0 };
}

/** The kinds of messages that settle a single request. */
const RESULTS: readonly string[] = [
  "SingleResult",
  "StreamResult",
  "ErrorResult",
  "RetryResult",
];

/** Collects arrivals and wakes the step that waits for more. */
export class Inbox {
  /** The items that are kept, from number `#first` on. */
  #items: InboxItem[] = [];
  #first = 0;
  /** The last item received, which is kept when it is dropped. */
  #last: InboxItem | undefined;
  #frames: ReceivedFrame[] = [];
  /** Bytes that are not part of an item yet, and the offset of the first. */
  #pending: Uint8Array[] = [];
  #pendingFrom = 0;
  #pendingSize = 0;
  #arrived = 0;
  readonly #version = new VersionReader(["01", "00"]);
  #decoder = new Decoder({ maxPayloadBytes: 0xffff_ffff });
  #broken: string | undefined;
  #wake: (() => void) | undefined;
  /** What receives the results of requests whose results are no items, by request ID. */
  readonly #diverted = new Map<RequestId, (message: Message) => void>();
  #lastAt: number;
  readonly #onItem: (item: InboxItem) => void;

  /** Creates an inbox that calls a function for each item. */
  constructor(onItem: (item: InboxItem) => void = () => {}) {
    this.#onItem = onItem;
    this.#lastAt = performance.now();
  }

  /** When something arrived last, by the clock of `performance.now()`. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** The number of items received, dropped ones included. */
  get length(): number {
    return this.#first + this.#items.length;
  }

  /** Whether the connection has ended. */
  get ended(): boolean {
    return this.#last?.type === "end";
  }

  /**
   * Whether the implementation has ended the conversation, by a ProtocolError
   * or by ending the connection.
   */
  get isOver(): boolean {
    const last = this.#last;
    return last?.type === "end" || last?.type === "message" &&
        last.message.kind === "ProtocolError";
  }

  /** Returns the item at an offset, `undefined` if it has not arrived. */
  at(offset: InboxOffset): InboxItem | undefined {
    return this.#items[offset.item - this.#first];
  }

  /** Bytes that are not part of an item yet. */
  get partial(): Uint8Array {
    if (this.#pending.length > 1) this.#pending = [joinBytes(this.#pending)];
    return this.#pending[0] ?? new Uint8Array(0);
  }

  /** Returns the received bytes from an offset to the end of its item. */
  bytesAt(offset: InboxOffset): Uint8Array {
    const item = this.at(offset);
    const bytes = item !== undefined && "bytes" in item
      ? item.bytes
      : this.partial;
    return bytes.subarray(offset.skip);
  }

  /** Returns the offset `count` bytes further, within the same item. */
  skipBytes(offset: InboxOffset, count: number): InboxOffset {
    const isWhole = this.at(offset) !== undefined &&
      count === this.bytesAt(offset).length;
    return isWhole
      ? nextItem(offset)
      : { item: offset.item, skip: offset.skip + count };
  }

  /** Converts an offset to one among all bytes received. */
  byteOffset(offset: InboxOffset): number {
    for (let number = offset.item;; number++) {
      const item = this.#items[number - this.#first];
      const skip = number === offset.item ? offset.skip : 0;
      if (item === undefined || item.type === "end") {
        return this.#pendingFrom + skip;
      }
      if ("from" in item) return item.from + skip;
    }
  }

  /** Returns the WebSocket message that begins at an offset among all bytes. */
  frameAt(byteOffset: number): ReceivedFrame | undefined {
    return this.#frames.find(({ from }) => from === byteOffset);
  }

  /** Drops the items before an offset. */
  drop(before: InboxOffset): void {
    const number = before.item - this.#first;
    // In batches: removing from the front of a long array moves the rest.
    if (number < 256 && number < this.#items.length) return;
    const offset = this.byteOffset(before);
    this.#items = this.#items.slice(number);
    this.#first = before.item;
    this.#frames = this.#frames.filter(({ to }) => to > offset);
  }

  /** Passes the results of a request to a function, in place of adding them. */
  divert(id: string, onResult: (message: Message) => void): void {
    this.#diverted.set(requestId(id), onResult);
  }

  /** Adds an arrival. */
  push(arrival: Arrival): void {
    const at = this.#lastAt = performance.now();
    switch (arrival.type) {
      case "bytes":
        this.#pushBytes(arrival, at);
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

  /**
   * Waits for an arrival, at most until a time by the clock of
   * `performance.now()`.
   *
   * @throws The reason of the signal, if it is aborted.
   */
  wait(until: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = bounded(
        Math.max(0, until - performance.now()),
        resolve,
        reject,
        signal,
      );
      this.#wake = () => {
        end();
        resolve();
      };
    });
  }

  #add(item: InboxItem): void {
    this.#items.push(item);
    this.#last = item;
    this.#onItem(item);
  }

  #pushBytes({ bytes, frame }: BytesArrival, at: number): void {
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
      this.#broken = "after malformed bytes";
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

  /** Makes an item of the first pending bytes. */
  #carve(
    what: "version" | "malformed" | Message,
    size: number,
    at: number,
    why?: string,
  ): void {
    const from = this.#pendingFrom;
    const pieces = this.#take(size);
    if (typeof what !== "string") {
      const item = new MessageItem(what, pieces, { from, size, at });
      const onResult = RESULTS.includes(what.kind) && "id" in what
        ? this.#diverted.get(what.id)
        : undefined;
      if (onResult === undefined) return this.#add(item);
      this.#onItem(item);
      return onResult(what);
    }
    const item = { type: what, bytes: whole(pieces), size, from, at };
    this.#add(why === undefined ? item : { ...item, why });
  }

  /** Takes the first pending bytes, in the pieces in which they arrived. */
  #take(size: number): readonly Uint8Array[] {
    this.#pendingFrom += size;
    this.#pendingSize -= size;
    const pieces: Uint8Array[] = [];
    let taken = 0;
    for (let left = size; left > 0;) {
      const chunk = this.#pending[taken]!;
      pieces.push(chunk.subarray(0, left));
      if (chunk.length > left) {
        this.#pending[taken] = chunk.subarray(left);
        break;
      }
      left -= chunk.length;
      taken++;
    }
    this.#pending.splice(0, taken);
    return pieces;
  }
}

/** Where an item is among all bytes received, and when it was complete. */
interface Place {
  readonly from: number;
  readonly size: number;
  readonly at: number;
}

/** A message, whose bytes are joined only if a case looks at them. */
class MessageItem implements Place {
  readonly type = "message";
  readonly message: Message;
  readonly from: number;
  readonly size: number;
  readonly at: number;
  #pieces: readonly Uint8Array[];

  constructor(
    message: Message,
    pieces: readonly Uint8Array[],
    { from, size, at }: Place,
  ) {
    this.message = message;
    this.#pieces = pieces;
    this.from = from;
    this.size = size;
    this.at = at;
  }

  get bytes(): Uint8Array {
    const bytes = whole(this.#pieces);
    if (this.#pieces.length > 1) this.#pieces = [bytes];
    return bytes;
  }

  first(size: number): Uint8Array {
    const [piece] = this.#pieces;
    const isEnough = piece !== undefined && piece.length >= size;
    return (isEnough ? piece : this.bytes).subarray(0, size);
  }
}

function whole(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0]! : joinBytes(pieces);
}
