/**
 * WebSocket with own framing (RFC 6455) on a channel for plain bytes.
 *
 * @module
 */

import type { Channel } from "../channel.ts";
import { type ChannelClock, systemTimers } from "../clock.ts";
import type { WriteUnits } from "../write_units.ts";
import type { WebSocketCarrier } from "./_channel.ts";
import {
  ABNORMAL_CLOSURE,
  abnormalCloseError,
  type CloseStatus,
  NORMAL_CLOSURE,
  writeAfterClose,
} from "./_close_status.ts";
import { FrameError } from "./_frame_event.ts";
import { FrameReader } from "./_frame_reader.ts";
import { FrameSender } from "./_frame_sender.ts";
import { Merging } from "./_merging.ts";
import { JoinedReader } from "./_joined_reader.ts";

/** How many bytes closing reads while it waits for the remote close frame. */
const MAX_BYTES_AFTER_CLOSE = 4 * 1024 * 1024;

/** How long a close frame may wait for earlier frames to leave, in ms. */
const CLOSE_FRAME_TIMEOUT = 1_000;

/** How own framing writes messages, and how large received ones may be. */
export interface FramingOptions {
  /**
   * Whether each write unit becomes a message (`"separate"`, which gotalk.js
   * requires), or all units that leave together become one (`"merged"`)
   * (websocket/units). By default they are separate until the remote peer has
   * reported that it reads merged ones (extension/bytes).
   */
  readonly units?: "separate" | "merged" | undefined;
  /**
   * The largest message that is read, in bytes; 4,294,967,295 by default, the
   * largest payload of the protocol. A larger one ends the channel with 1009
   * (websocket/too-big). Messages are not buffered until they are complete, so
   * a large one costs no memory.
   */
  readonly maxMessageBytes?: number | undefined;
}

/** Reads and writes frames on the channel below, which it owns. */
export class OwnCarrier implements WebSocketCarrier {
  localStatus: CloseStatus = NORMAL_CLOSURE;
  finalStatus: CloseStatus = ABNORMAL_CLOSURE;
  readonly ended: Promise<void>;
  readonly released: Promise<unknown>;

  readonly #below: Channel;
  readonly #clock: ChannelClock;
  readonly merging: Merging;
  readonly #reader: JoinedReader;
  readonly #sender: FrameSender;
  readonly #resolveEnded: () => void;
  /** Data that arrived and is unread, of at most one chunk from below. */
  readonly #pieces: Uint8Array[] = [];
  /** The last chunk from below, and the only piece that is a view of it. */
  #chunk: Uint8Array | undefined;
  #lastPiece: Uint8Array | undefined;
  /** The pending read from below. */
  #reading: Promise<void> | undefined;
  /** The remote side has closed. */
  #closed = false;
  /** The error that reading throws after the pieces. */
  #failure: unknown;
  /** The local close frame, once it has been queued. */
  #closeSent: Promise<void> | undefined;
  /** Bytes that arrived after it was queued. */
  #bytesAfterClose = 0;

  /**
   * A carrier after the opening handshake.
   *
   * @param rest The bytes that arrived together with the handshake.
   */
  constructor(
    below: Channel,
    role: "client" | "server",
    rest: Uint8Array,
    { units, maxMessageBytes = 0xffff_ffff }: FramingOptions,
    clock: ChannelClock = systemTimers,
  ) {
    this.#below = below;
    this.#clock = clock;
    this.merging = new Merging(units);
    this.#reader = new JoinedReader(new FrameReader(role, { maxMessageBytes }));
    this.#sender = new FrameSender(below, role);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.released = below.closed;
    this.#take(rest);
  }

  get bytesTaken(): number {
    return this.#below.bytesTaken;
  }

  get remoteClosed(): boolean {
    return this.#closed;
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

  recycle(piece: Uint8Array): void {
    // The others are copies.
    if (piece !== this.#lastPiece) return;
    this.#lastPiece = undefined;
    this.#below.recycle?.(this.#chunk!);
  }

  write(units: WriteUnits): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed) {
      return Promise.reject(writeAfterClose(this.finalStatus));
    }
    // A user that only writes must notice a close, and answer pings.
    if (this.#pieces.length === 0) void this.#readChunk();
    return this.#sender.send(units, this.merging.merges(units));
  }

  async end(): Promise<void> {
    await this.#sendClose(this.localStatus);
    await this.ended;
  }

  release(failure: { readonly error: unknown } | undefined): void {
    // The remote side receives a close frame if it has closed or broken a rule.
    const cleanly = failure === undefined
      ? this.#closed
      : failure.error === this.#failure;
    if (cleanly) void this.#releaseInOrder();
    else this.#below.abort(failure?.error);
  }

  async #releaseInOrder(): Promise<void> {
    const timer = this.#clock.schedule(
      () => this.#below.abort(),
      CLOSE_FRAME_TIMEOUT,
    );
    await this.#closeSent;
    this.#clock.cancel(timer);
    await this.#below.close();
  }

  /** Reads one chunk from below, or records the failure; never rejects. */
  #readChunk(): Promise<void> {
    return this.#reading ??= this.#readBelow();
  }

  async #readBelow(): Promise<void> {
    try {
      const chunk = await this.#below.read();
      if (chunk === null) throw abnormalCloseError(ABNORMAL_CLOSURE);
      this.#take(chunk);
      this.#chunk = chunk;
      this.#lastPiece = this.#pieces.at(-1);
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Processes the frames of a chunk. */
  #take(chunk: Uint8Array): void {
    const pieces = this.#pieces;
    try {
      this.#reader.push(chunk);
      for (let event; (event = this.#reader.read()) !== undefined;) {
        if (event instanceof Uint8Array) pieces.push(event);
        else if (event.kind === "ping") this.#sender.pong(event.bytes); // websocket/ping
        else if (event.kind === "close") this.#takeClose(event);
      }
    } catch (error) {
      this.#takeFrameError(error);
    }
    // The reader owns a piece together with its memory, so only one piece can
    // keep the memory of the chunk.
    for (let index = 0; index < pieces.length - 1; index++) {
      pieces[index] = pieces[index]!.slice();
    }
    if (this.#closeSent === undefined) return;
    this.#bytesAfterClose += chunk.byteLength;
    if (this.#bytesAfterClose > MAX_BYTES_AFTER_CLOSE) this.#resolveEnded();
  }

  /** Answers a close frame with the same code (websocket/close-frame). */
  #takeClose(status: CloseStatus): void {
    this.#closed = true;
    this.finalStatus = status;
    this.#failure = abnormalCloseError(status);
    void this.#sendClose({ code: status.code, reason: "" })
      .then(this.#resolveEnded);
  }

  #takeFrameError(error: unknown): void {
    if (!(error instanceof FrameError)) throw error;
    this.#failure = error;
    this.finalStatus = { code: error.closeCode, reason: error.message };
    void this.#sendClose(this.finalStatus);
  }

  /**
   * Sends a close frame unless one was sent; never rejects, since reading
   * reports what broke the channel.
   */
  #sendClose({ code, reason }: CloseStatus): Promise<void> {
    return this.#closeSent ??= this.#sender.close(code, reason).catch(() => {});
  }
}
