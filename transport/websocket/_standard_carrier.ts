/**
 * WebSocket on the standard socket of the runtime.
 *
 * @module
 */

import type { OptionNames } from "../../quoting/option_names.ts";
import type { BufferObserver } from "../channel.ts";
import { type ChannelClock, systemTimers } from "../clock.ts";
import { freeMemory } from "../../quoting/free_memory.ts";
import { FairReads } from "../fair_reads.ts";
import { checkNumbers } from "../number_option.ts";
import { ReceiveQueue } from "../receive_queue.ts";
import type { WriteUnits } from "../write_units.ts";
import type { WebSocketCarrier } from "./_channel.ts";
import {
  ABNORMAL_CLOSURE,
  abnormalCloseError,
  type CloseStatus,
  NORMAL_CLOSURE,
  writeAfterClose,
} from "./_close_status.ts";
import { closePayload } from "./_frame.ts";
import { Merging } from "./_merging.ts";

/** A write waits while more than this number of bytes are buffered. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** The first and the longest delay between looks at the buffer, in ms. */
const POLL_DELAY = { first: 1, longest: 16 } as const;

/** Buffered bytes up to this number are not reported. */
const SMALL_BUFFER = 64 * 1024;

/** How often what is buffered is looked at to report it, in ms. */
const REPORT_INTERVAL = 1_000;

/**
 * The code to close with when the channel breaks, and where the runtime
 * reserves a code for itself.
 */
const BROKEN_CODE = 4000;

/** How a standard socket writes messages, and its limits for received ones. */
export interface SocketOptions {
  /**
   * Whether each write unit becomes a message (`"separate"`, which gotalk.js
   * requires), or all units that leave together become one (`"merged"`)
   * (websocket/units). By default they are separate until the remote peer has
   * reported that it reads merged ones (extension/bytes).
   */
  readonly units?: "separate" | "merged" | undefined;
  /**
   * The largest accepted message, in bytes; 67,108,864 by default. A larger one
   * breaks the channel, which closes with 1009 (websocket/too-big).
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Memory that unread messages may take before the next one breaks the
   * channel, which closes with 1013, in bytes; 8,388,608 by default. Above half
   * of it, a peer reads them before other connections have had their turns.
   */
  readonly maxReceiveBufferBytes?: number | undefined;
}

/** The names of the options of sockets. */
export const SOCKET_OPTIONS: OptionNames<SocketOptions> = {
  maxMessageBytes: 1,
  maxReceiveBufferBytes: 1,
  units: 1,
};

/**
 * Checks options of sockets.
 *
 * @throws {RangeError} If a number is out of its range.
 */
export function checkSocketOptions(options: SocketOptions): void {
  checkNumbers(options, { maxMessageBytes: 1, maxReceiveBufferBytes: 0 });
}

/** Sends and receives messages with a standard socket. */
export class StandardCarrier implements WebSocketCarrier {
  localStatus: CloseStatus = NORMAL_CLOSURE;
  finalStatus: CloseStatus = ABNORMAL_CLOSURE;
  readonly ended: Promise<void>;
  readonly released: Promise<void> = Promise.resolve();
  readonly wholeUnits = true;

  readonly #socket: WebSocket;
  readonly #clock: ChannelClock;
  readonly merging: Merging;
  /** Whether `send` copies what it sends, as the standard demands. The ws package does not. */
  readonly #sendCopies: boolean;
  readonly #maxMessageBytes: number;
  readonly #maxReceiveBufferBytes: number;
  readonly #end: Pick<PromiseWithResolvers<void>, "resolve" | "reject">;
  /** Messages that arrived and are unread. */
  readonly #queue = new ReceiveQueue();
  readonly #fairReads = new FairReads();
  #observer: BufferObserver | undefined;
  /** Bytes that were reported as buffered in the socket. */
  #reported = 0;
  #reportTimer: unknown;
  /** Number of bytes passed to the socket. */
  #sent = 0;
  /** The socket has closed. */
  #closed = false;
  /** It closed because the remote side did, or is gone. */
  #remoteClosed = false;
  /** The status that the local side has closed with. */
  #sentStatus: CloseStatus | undefined;
  /** The error that reading throws after the queue. */
  #failure: Error | undefined;
  #wakeReader: (() => void) | undefined;
  /** Ends the wait for other channels. */
  #endTurn: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(
    socket: WebSocket,
    options: SocketOptions,
    clock: ChannelClock = systemTimers,
  ) {
    const {
      maxMessageBytes = 64 * 1024 * 1024,
      maxReceiveBufferBytes = 8 * 1024 * 1024,
    } = options;
    this.#socket = socket;
    this.#clock = clock;
    this.#sendCopies = socket instanceof WebSocket;
    this.merging = new Merging(options.units);
    this.#maxMessageBytes = maxMessageBytes;
    this.#maxReceiveBufferBytes = maxReceiveBufferBytes;
    const { promise, ...end } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = end;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", this.#onOpen);
    socket.addEventListener("message", this.#onMessage);
    socket.addEventListener("close", this.#onClose);
    // It carries no more information than the close that follows. Without a
    // listener, the ws package throws it.
    socket.addEventListener("error", () => {});
    if (socket.readyState === socket.CLOSED) {
      this.#onClose({ ...ABNORMAL_CLOSURE, wasClean: false });
    }
  }

  get bytesTaken(): number {
    return this.#sent - this.#socket.bufferedAmount;
  }

  get remoteClosed(): boolean {
    return this.#remoteClosed;
  }

  async read(): Promise<Uint8Array | null> {
    const others = this.#fairReads.yieldIfDue();
    if (others !== undefined) await this.#turn(others);
    for (;;) {
      const chunk = this.readQueued();
      if (chunk !== undefined) return chunk;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#closed) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  readQueued(): Uint8Array | undefined {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) this.#fairReads.record(chunk.byteLength);
    return chunk;
  }

  recycle(chunk: Uint8Array): void {
    freeMemory(chunk);
  }

  observeBuffers(observer: BufferObserver): void {
    this.#observer = observer;
    this.#queue.observe(observer);
    this.#reportBuffered(this.#socket.bufferedAmount);
  }

  async write(units: WriteUnits): Promise<void> {
    const socket = this.#socket;
    await this.#opened();
    const isMerged = this.merging.merges(units);
    for (const unit of isMerged ? [units.toBytes()] : units.units()) {
      if (socket.readyState !== socket.OPEN) {
        throw this.#closed
          ? writeAfterClose(this.finalStatus)
          : new Error("Cannot write: the WebSocket is closing");
      }
      if (unit.byteLength === 0) continue;
      // Binary messages only (websocket/binary). A copy: the units are reused.
      socket.send(this.#sendCopies ? unit : unit.slice());
      this.#sent += unit.byteLength;
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) await this.#drained();
    }
    this.#reportBuffered(socket.bufferedAmount);
  }

  async end(): Promise<void> {
    await this.#opened();
    this.#close(this.localStatus);
    await this.ended;
  }

  release(failure: { readonly error: unknown } | undefined): void {
    this.#close({
      code: BROKEN_CODE,
      reason: failure === undefined ? "no answer to the close" : "aborted",
    });
    this.#socket.removeEventListener("open", this.#onOpen);
    this.#socket.removeEventListener("message", this.#onMessage);
    // A remote side that does not answer the close may continue to send.
    this.#socket.addEventListener("message", discard);
    this.#socket.removeEventListener("close", this.#onClose);
    this.#closed = true;
    this.#queue.clear();
    this.#reportBuffered(0);
    this.#wake();
  }

  readonly #onOpen = (): void => {
    this.#wakeWriter?.();
  };

  readonly #onMessage = ({ data }: MessageEvent<unknown>): void => {
    const bytes = toBytes(data);
    if (bytes === undefined) {
      return this.#break(1003, "a message is neither text nor bytes");
    }
    const length = bytes.byteLength;
    if (length > this.#maxMessageBytes) {
      freeMemory(bytes);
      return this.#break(
        1009,
        `message of ${length} bytes, wanted at most ${this.#maxMessageBytes}`,
      );
    }
    const { heldBytes } = this.#queue;
    if (heldBytes > this.#maxReceiveBufferBytes) {
      freeMemory(bytes);
      return this.#break(
        1013,
        `${heldBytes} bytes are unread, wanted at most ${this.#maxReceiveBufferBytes}`,
      );
    }
    // Empty messages mean nothing (websocket/byte-stream).
    if (length === 0) return;
    this.#queue.push(bytes);
    this.#wakeReader?.();
    if (this.#isCrowded) {
      this.#endTurn?.();
      this.#observer?.crowded?.();
    }
  };

  readonly #onClose = (event: CloseStatus & { wasClean: boolean }): void => {
    this.#closed = true;
    this.#remoteClosed = this.#sentStatus === undefined;
    // The code of an unclean close is arbitrary. Deno 2.9.6 reports 0, also for
    // an orderly close during which messages arrived (a test pins this).
    const otherwise = event.code === 0 ? this.#sentStatus : undefined;
    this.finalStatus = event.wasClean
      ? { code: event.code, reason: event.reason }
      : otherwise ?? ABNORMAL_CLOSURE;
    this.#failure = abnormalCloseError(this.finalStatus);
    this.#reportBuffered(0);
    this.#end.resolve();
    this.#wake();
  };

  /** Ends the channel at once, and discards the queue. */
  #break(code: number, problem: string): void {
    const status = { code, reason: problem };
    this.finalStatus = status;
    this.#end.reject(new Error(`The WebSocket broke: ${problem}`));
    this.#close(status);
  }

  /** Closes the socket unless it is closed or closing. */
  #close({ code, reason }: CloseStatus): void {
    const text = new TextDecoder().decode(
      closePayload(code, reason).subarray(2),
    );
    if (this.#socket.readyState >= this.#socket.CLOSING) return;
    this.#sentStatus = { code, reason };
    if (this.#socket.readyState === this.#socket.CONNECTING) {
      // Deno opens an accepted socket nevertheless, and never closes it.
      const again = () => this.#close({ code, reason });
      this.#socket.addEventListener("open", again, { once: true });
    }
    try {
      this.#socket.close(code, text);
    } catch {
      this.#socket.close(BROKEN_CODE, text);
    }
  }

  /** Reports what is buffered in the socket, which does not report that itself. */
  #reportBuffered(bytes: number): void {
    const held = bytes > SMALL_BUFFER && !this.#closed ? bytes : 0;
    const observer = this.#observer;
    if (observer === undefined || held + this.#reported === 0) return;
    observer.bufferChanged(held - this.#reported, "unsent");
    this.#reported = held;
    if (held === 0) {
      this.#clock.cancel(this.#reportTimer);
      this.#reportTimer = undefined;
      return;
    }
    this.#reportTimer ??= this.#clock.schedule(() => {
      this.#reportTimer = undefined;
      this.#reportBuffered(this.#socket.bufferedAmount);
    }, REPORT_INTERVAL);
  }

  /** Whether so much is unread that other channels are not waited for. */
  get #isCrowded(): boolean {
    return this.#queue.heldBytes > this.#maxReceiveBufferBytes / 2;
  }

  /**
   * Waits for other channels, unless the queue is crowded: Deno 2.9.6 delivers
   * messages that have arrived without a round of the event loop in between, so
   * the turn could come too late.
   */
  async #turn(others: Promise<void>): Promise<void> {
    if (this.#isCrowded) return;
    await new Promise<void>((resolve) => {
      this.#endTurn = resolve;
      void others.then(resolve);
    });
    this.#endTurn = undefined;
  }

  /** Waits while the socket connects. */
  async #opened(): Promise<void> {
    const socket = this.#socket;
    while (socket.readyState === socket.CONNECTING) await this.#writerWoken();
  }

  /** Waits until the buffer has drained, or the socket is no longer open. */
  async #drained(): Promise<void> {
    const socket = this.#socket;
    // The socket has copied the units, which the caller holds until the end.
    this.#reportBuffered(socket.bufferedAmount);
    let delay: number = POLL_DELAY.first;
    while (
      socket.bufferedAmount > MAX_BUFFERED_BYTES &&
      socket.readyState === socket.OPEN
    ) {
      const timer = setTimeout(() => this.#wakeWriter?.(), delay);
      await this.#writerWoken();
      clearTimeout(timer);
      delay = Math.min(delay * 2, POLL_DELAY.longest);
    }
  }

  #writerWoken(): Promise<void> {
    return new Promise((resolve) => this.#wakeWriter = resolve);
  }

  #wake(): void {
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }
}

/** Frees a message that nothing awaits. */
function discard({ data }: MessageEvent<unknown>): void {
  if (data instanceof ArrayBuffer) freeMemory(new Uint8Array(data));
}

/** The bytes of a message, or the UTF-8 of a text message (websocket/text). */
function toBytes(data: unknown): Uint8Array | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (typeof data === "string") return new TextEncoder().encode(data);
  return undefined;
}
