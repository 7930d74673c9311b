/**
 * WebSocket by frames of our own (RFC 6455) over a channel for plain bytes.
 *
 * @module
 */

import {
  type CloseMark,
  DONE,
  NOT_CLOSED,
  objection,
  type WebSocketCarrier,
} from "./_channel.ts";
import { FrameReader, WebSocketFault } from "./_frame_reader.ts";
import { FrameSender } from "./_frame_sender.ts";
import { JoinedReader } from "./_joined_reader.ts";
import type { Channel } from "../channel.ts";
import type { WriteUnits } from "../write_units.ts";

/** How many bytes closing reads on for, in search of the other end's close. */
const SEARCHED_FOR_CLOSE = 4 * 1024 * 1024;

/** How long a last frame may wait for its turn before the connection ends without it, in milliseconds. */
const LAST_FRAME_TIMEOUT = 1_000;

/** How messages are written and how large they may come. */
export interface FramingOptions {
  /**
   * Whether each write unit is a message, as gotalk.js needs it, or all that leave together are one;
   * `"separate"` by default.
   */
  readonly units?: "separate" | "merged" | undefined;
  /**
   * The largest message that is read, in bytes; 4,294,967,295 by default, the largest payload that
   * there can be. Nothing of a message is held back until it is complete, so that a large one costs no
   * memory.
   */
  readonly maxMessage?: number | undefined;
}

/** Reads and writes frames; the channel below is its own, and begins with the bytes `rest`. */
export class FramedCarrier implements WebSocketCarrier {
  closing: CloseMark = DONE;
  ending: CloseMark = NOT_CLOSED;
  readonly ended: Promise<void>;
  readonly released: Promise<unknown>;

  readonly #below: Channel;
  readonly #merged: boolean;
  readonly #reader: JoinedReader;
  readonly #sender: FrameSender;
  readonly #resolveEnded: () => void;
  /** What arrived and was not read yet; not more than one chunk from below. */
  readonly #pieces: Uint8Array[] = [];
  /** The chunk that is on its way. */
  #reading: Promise<void> | undefined;
  /** The other end has closed. */
  #closed = false;
  /** What the reader gets to know after the pieces. */
  #failure: unknown;
  /** This end's close frame, once it has been queued. */
  #closeSent: Promise<void> | undefined;
  /** How many bytes arrived after it. */
  #searched = 0;

  constructor(
    below: Channel,
    role: "client" | "server",
    rest: Uint8Array,
    { units = "separate", maxMessage = 0xffff_ffff }: FramingOptions,
  ) {
    this.#below = below;
    this.#merged = units === "merged";
    this.#reader = new JoinedReader(new FrameReader(role, { maxMessage }));
    this.#sender = new FrameSender(below, role);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.released = below.closed;
    this.#take(rest);
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) return piece;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#closed) return null;
      await this.#readChunk();
    }
  }

  write(units: WriteUnits): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed) {
      return Promise.reject(
        new Error("Cannot write: the other end has closed the WebSocket"),
      );
    }
    // Who only ever writes has to learn of a close, and be seen to answer pings.
    if (this.#pieces.length === 0) void this.#readChunk();
    return this.#sender.send(units, this.#merged);
  }

  async end(): Promise<void> {
    await this.#sendClose(this.closing);
    await this.ended;
  }

  release(failure: { readonly error: unknown } | undefined): void {
    // The close frame is there to be seen when the other end closed or was found at fault.
    const inOrder = failure === undefined
      ? this.#closed
      : failure.error === this.#failure;
    if (inOrder) void this.#releaseInOrder();
    else this.#below.abort(failure?.error);
  }

  async #releaseInOrder(): Promise<void> {
    const timer = setTimeout(() => this.#below.abort(), LAST_FRAME_TIMEOUT);
    await this.#closeSent;
    clearTimeout(timer);
    await this.#below.close();
  }

  /** Lets a chunk arrive, or the failure to get one; never rejects. */
  #readChunk(): Promise<void> {
    return this.#reading ??= this.#readBelow();
  }

  async #readBelow(): Promise<void> {
    try {
      const chunk = await this.#below.read();
      if (chunk === null) throw objection(NOT_CLOSED);
      this.#take(chunk);
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Reads a chunk through. */
  #take(chunk: Uint8Array): void {
    const pieces = this.#pieces;
    try {
      this.#reader.push(chunk);
      for (let event; (event = this.#reader.read()) !== undefined;) {
        if (event instanceof Uint8Array) pieces.push(event);
        else if (event.kind === "ping") this.#sender.pong(event.bytes);
        else if (event.kind === "close") this.#takeClose(event);
      }
    } catch (error) {
      this.#takeFault(error);
    }
    // What was read belongs to its reader, memory and all: only one piece can have the chunk's.
    for (let index = 0; index < pieces.length - 1; index++) {
      pieces[index] = pieces[index]!.slice();
    }
    if (this.#closeSent === undefined) return;
    this.#searched += chunk.byteLength;
    if (this.#searched > SEARCHED_FOR_CLOSE) this.#resolveEnded();
  }

  #takeClose(mark: CloseMark): void {
    this.#closed = true;
    this.ending = mark;
    this.#failure = objection(mark);
    void this.#sendClose({ code: mark.code, reason: "" })
      .then(this.#resolveEnded);
  }

  #takeFault(error: unknown): void {
    if (!(error instanceof WebSocketFault)) throw error;
    this.#failure = error;
    this.ending = { code: error.closeCode, reason: error.message };
    void this.#sendClose(this.ending);
  }

  /** Sends a close frame if none was sent; never rejects, as reading will tell what went wrong. */
  #sendClose({ code, reason }: CloseMark): Promise<void> {
    return this.#closeSent ??= this.#sender.close(code, reason).catch(() => {});
  }
}
