/**
 * The data of streams, in both directions.
 *
 * @module
 */

import { CREDIT } from "../codec/extensions/credit.ts";
import type { LimitError } from "../codec/limit_error.ts";
import { sleep } from "./_clock.ts";
import { limitError } from "./_errors.ts";
import { type Direction, encodeCredit } from "./_extensions.ts";
import { iterable } from "./_iterable.ts";
import type { Line } from "./_line.ts";

/** The number of bytes after which the first credit is granted (extension/credit-late). */
const FIRST_CREDIT = 64 * 1024;

/** The largest part of bytes that is sent. */
const MAX_PART_BYTES = 16 * 1024;

/** What is sent between two looks for the first credit, in bytes. */
const LOOK_AFTER = 256 * 1024;

/** What is sent to a peer that speaks extensions before its first credit is awaited, in bytes. */
const MAX_UNCREDITED = 1024 * 1024;

/** How long it is awaited, in milliseconds. */
const FIRST_CREDIT_TIME = 1_000;

/** The window without a limit, whose offsets stay safe integers. */
const UNLIMITED = 1e15;

/** What a {@linkcode ReceivedParts} reports. */
export interface ReceivedPartsEvents {
  /** The application reads for the first time. */
  read?(): void;
  /** The application wants no more. */
  cancel?(reason: unknown): void;
  /** Too much is unread. */
  overflow(error: LimitError): void;
}

/** Received data of a stream, as it is read. */
export class ReceivedParts {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Bytes that wait to be read. */
  unread = 0;
  readonly #line: Line;
  readonly #direction: Direction;
  readonly #id: () => string;
  readonly #events: ReceivedPartsEvents;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];
  #received = 0;
  #granted = 0;
  #wasRead = false;
  /** Ends the stream behind the queue; `undefined` while more may follow. */
  #ending: (() => void) | undefined;
  /** Resolves the read that waits. */
  #wake: (() => void) | undefined;

  constructor(
    line: Line,
    direction: Direction,
    id: () => string,
    events: ReceivedPartsEvents,
  ) {
    this.#line = line;
    this.#direction = direction;
    this.#id = id;
    this.#events = events;
    this.readable = iterable(
      new ReadableStream({
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => {
          this.#discard();
          events.cancel?.(reason);
        },
      }, { highWaterMark: 0 }),
    );
  }

  /** Receives a part. */
  push(part: Uint8Array<ArrayBuffer>): void {
    this.#received += part.byteLength;
    if (this.#ending === undefined) {
      this.#queue.push(part);
      this.#change(part.byteLength);
      this.#wake?.();
    }
    // The end may be in the same bytes, and needs no credit.
    queueMicrotask(() => this.#grant());
    const { limits: { maxUnreadBytes }, unread } = this.#line;
    if (unread > maxUnreadBytes) this.#line.fullest()?.overflow();
  }

  /** Lets the sender send the rest, which is dropped. */
  grantAll(): void {
    if (this.#granted > 0) this.#send(Number.MAX_SAFE_INTEGER);
  }

  /** No more data follows. */
  end(): void {
    this.#finish(() => this.#controller.close());
  }

  /** The data is cut: what has arrived is read, then an error. */
  fail(error: unknown): void {
    this.#finish(() => this.#controller.error(error));
  }

  /** The data is not wanted any more, or cannot be held. */
  drop(error: unknown): void {
    const isOver = this.#ending !== undefined && this.#queue.length === 0;
    this.#discard();
    if (!isOver) this.#controller.error(error);
  }

  #finish(ending: () => void): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    if (this.#queue.length > 0) return;
    ending();
    this.#wake?.();
  }

  #discard(): void {
    this.#ending ??= () => {};
    this.#queue.length = 0;
    this.#change(-this.unread);
    this.#wake?.();
  }

  async #pull(): Promise<void> {
    if (!this.#wasRead) {
      this.#wasRead = true;
      this.#events.read?.();
    }
    while (this.#queue.length === 0 && this.#ending === undefined) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const part = this.#queue.shift();
    if (part === undefined) return;
    this.#controller.enqueue(part);
    this.#change(-part.byteLength);
    if (this.#queue.length === 0) this.#ending?.();
    this.#grant();
  }

  /** Ends the stream: too much is unread on the line, and it has most. */
  overflow(): void {
    const what = `hold ${this.unread} unread bytes of a stream`;
    this.#events.overflow(limitError(what, "maxUnreadBytes"));
  }

  #change(bytes: number): void {
    this.unread += bytes;
    this.#line.unread += bytes;
    if (this.unread > 0) this.#line.unreadParts.add(this);
    else this.#line.unreadParts.delete(this);
  }

  /** Grants more once half of the window is free, until the data has ended. */
  #grant(): void {
    if (this.#received < FIRST_CREDIT || this.#ending !== undefined) return;
    const { maxUnreadBytes, maxUnreadBytesPerStream } = this.#line.limits;
    const window = Math.min(
      maxUnreadBytes,
      maxUnreadBytesPerStream,
      UNLIMITED,
    );
    const offset = this.#received - this.unread + window;
    if (offset - this.#granted >= window / 2) this.#send(offset);
  }

  #send(offset: number): void {
    this.#granted = offset;
    const credit = encodeCredit(this.#direction, this.#id(), offset);
    this.#line.send("n", "", CREDIT, credit);
  }
}

/** What a {@linkcode SentParts} is told of its stream. */
export interface SentPartsOptions {
  /** The letter of the parts. */
  readonly letter: "p" | "S";
  /** Whether each chunk is one part, of any size. */
  readonly ofValues: boolean | undefined;
  /** The ID of the request. */
  readonly id: () => string;
  /** Whether parts are still wanted. */
  readonly wanted: () => boolean;
}

/** The data of a stream that is sent, as far as there is credit for it. */
export class SentParts {
  readonly #line: Line;
  readonly #options: SentPartsOptions;
  #sent = 0;
  #granted = Infinity;
  /** How much is sent before the next look for the first credit. */
  #lookAt = LOOK_AFTER;
  #wake: (() => void) | undefined;

  constructor(line: Line, options: SentPartsOptions) {
    this.#line = line;
    this.#options = options;
  }

  /** Records that data is sent. */
  sent({ byteLength }: Uint8Array): void {
    this.#sent += byteLength;
  }

  /** Sends bytes as parts while they are wanted; none for no bytes (stream/empty-chunk). A part for which `first` returns true has been sent. */
  async send(
    chunk: Uint8Array,
    first?: (part: Uint8Array) => Promise<boolean>,
  ): Promise<void> {
    const line = this.#line;
    const { letter, ofValues, id, wanted } = this.#options;
    const most = ofValues ? Infinity : MAX_PART_BYTES;
    for (let at = 0; at < chunk.byteLength; at += most) {
      const part = chunk.subarray(at, at + most);
      if (await first?.(part)) continue;
      // extension/credit-held
      while (this.#sent >= this.#granted && wanted()) {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
      if (this.#granted === Infinity && this.#sent >= this.#lookAt) {
        await this.#look();
      }
      await line.out.ready(wanted);
      if (!wanted()) return;
      line.send(letter, id(), "", part);
      this.sent(part);
    }
  }

  /** The remote peer takes more. */
  granted(offset: number): void {
    // extension/credit-rises
    if (this.#granted === Infinity || offset > this.#granted) {
      this.#granted = offset;
    }
    this.wake();
  }

  /** Lets the sender look again. */
  wake(): void {
    this.#wake?.();
  }

  /**
   * Lets the first credit arrive: the WebSocket takes megabytes at once, while
   * nothing is received, and would exceed what the remote peer holds. One that
   * speaks extensions sends it soon; others never do.
   */
  async #look(): Promise<void> {
    const { clock, speaksExtensions } = this.#line;
    const isAwaited = speaksExtensions && this.#sent >= MAX_UNCREDITED;
    this.#lookAt = isAwaited ? Infinity : this.#sent + LOOK_AFTER;
    const wait = isAwaited ? FIRST_CREDIT_TIME : 0;
    await sleep(clock, wait, (wake) => this.#wake = wake);
  }
}
