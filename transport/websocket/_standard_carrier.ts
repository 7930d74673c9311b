/**
 * WebSocket by what the runtime has for it.
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
import { Turns } from "../fair_reads.ts";
import { closePayload } from "./_frame.ts";
import type { WriteUnits } from "../write_units.ts";

/** A writer waits while more bytes than this have not left. */
const MOST_BUFFERED = 1024 * 1024;

/** The first and the longest pause between two looks at what has not left, in milliseconds. */
const PAUSE = { first: 1, longest: 16 } as const;

/** What a queued message costs beside its bytes. */
const OVERHEAD = 128;

/** The code to close with when the channel breaks, and where the runtime keeps a code to itself. */
const ABNORMAL = 4000;

/** How messages are written, and how much may come. */
export interface SocketOptions {
  /**
   * Whether each write unit is a message, as gotalk.js needs it, or all that leave together are one;
   * `"separate"` by default.
   */
  readonly units?: "separate" | "merged" | undefined;
  /** The largest message that is taken, in bytes; 64 MiB by default. A larger one breaks the channel, which closes with 1009. */
  readonly maxMessage?: number | undefined;
  /** When more bytes than this are unread, the next message breaks the channel, which closes with 1013; 8 MiB by default. */
  readonly maxReceiveBufferBytes?: number | undefined;
}

/** Sends and receives messages. */
export class SocketCarrier implements WebSocketCarrier {
  closing: CloseMark = DONE;
  ending: CloseMark = NOT_CLOSED;
  readonly ended: Promise<void>;
  readonly released: Promise<void> = Promise.resolve();

  readonly #socket: WebSocket;
  readonly #merged: boolean;
  readonly #maxMessage: number;
  readonly #maxReceiveBufferBytes: number;
  readonly #end: Pick<PromiseWithResolvers<void>, "resolve" | "reject">;
  /** What arrived and was not read yet. */
  readonly #queue: Uint8Array[] = [];
  readonly #turns = new Turns();
  #queued = 0;
  /** The socket has closed. */
  #closed = false;
  /** What this side has closed with. */
  #closedWith: CloseMark | undefined;
  /** What the reader gets to know after what is queued. */
  #failure: Error | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(socket: WebSocket, options: SocketOptions) {
    const {
      maxMessage = 64 * 1024 * 1024,
      maxReceiveBufferBytes = 8 * 1024 * 1024,
    } = options;
    this.#socket = socket;
    this.#merged = options.units === "merged";
    this.#maxMessage = maxMessage;
    this.#maxReceiveBufferBytes = maxReceiveBufferBytes;
    const { promise, ...end } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = end;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", this.#onOpen);
    socket.addEventListener("message", this.#onMessage);
    socket.addEventListener("close", this.#onClose);
    // Says no more than the close that follows; where nobody listens, the ws package throws it.
    socket.addEventListener("error", () => {});
    if (socket.readyState === socket.CLOSED) {
      this.#onClose({ ...NOT_CLOSED, wasClean: false });
    }
  }

  async read(): Promise<Uint8Array | null> {
    const turn = this.#turns.due();
    if (turn !== undefined) await turn;
    for (;;) {
      const chunk = this.#queue.shift();
      if (chunk !== undefined) {
        this.#queued -= chunk.byteLength + OVERHEAD;
        this.#turns.took(chunk.byteLength);
        return chunk;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#closed) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  async write(units: WriteUnits): Promise<void> {
    const socket = this.#socket;
    await this.#opened();
    for (const unit of this.#merged ? [units.toBytes()] : units.units()) {
      if (socket.readyState !== socket.OPEN) {
        throw new Error("Cannot write: the WebSocket is closed");
      }
      if (unit.byteLength === 0) continue;
      // A copy: the units are filled again, and the ws package takes none of its own.
      socket.send(unit.slice());
      if (socket.bufferedAmount > MOST_BUFFERED) await this.#drained();
    }
  }

  async end(): Promise<void> {
    await this.#opened();
    this.#close(this.closing);
    await this.ended;
  }

  release(failure: { readonly error: unknown } | undefined): void {
    this.#close({
      code: ABNORMAL,
      reason: failure === undefined ? "no answer to the close" : "aborted",
    });
    this.#socket.removeEventListener("open", this.#onOpen);
    this.#socket.removeEventListener("message", this.#onMessage);
    this.#socket.removeEventListener("close", this.#onClose);
    this.#closed = true;
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
    if (length > this.#maxMessage) {
      return this.#break(
        1009,
        `message of ${length} bytes, wanted at most ${this.#maxMessage}`,
      );
    }
    if (this.#queued > this.#maxReceiveBufferBytes) {
      return this.#break(
        1013,
        `${this.#queued} bytes are unread, wanted at most ${this.#maxReceiveBufferBytes}`,
      );
    }
    if (length === 0) return;
    this.#queue.push(bytes);
    this.#queued += length + OVERHEAD;
    this.#wakeReader?.();
  };

  readonly #onClose = (event: CloseMark & { wasClean: boolean }): void => {
    this.#closed = true;
    // Otherwise the code can be anything; in Deno 0, also when messages came after this side had closed.
    const otherwise = event.code === 0 ? this.#closedWith : undefined;
    this.ending = event.wasClean
      ? { code: event.code, reason: event.reason }
      : otherwise ?? NOT_CLOSED;
    this.#failure = objection(this.ending);
    this.#end.resolve();
    this.#wake();
  };

  /** Ends the channel at once, with what is queued. */
  #break(code: number, problem: string): void {
    const mark = { code, reason: problem };
    this.ending = mark;
    this.#end.reject(new Error(`The WebSocket broke: ${problem}`));
    this.#close(mark);
  }

  /** Closes the socket unless it is closed or closing. */
  #close({ code, reason }: CloseMark): void {
    const text = new TextDecoder().decode(
      closePayload(code, reason).subarray(2),
    );
    if (this.#socket.readyState >= this.#socket.CLOSING) return;
    this.#closedWith = { code, reason };
    if (this.#socket.readyState === this.#socket.CONNECTING) {
      // Deno opens a socket that it accepts nevertheless, and never closes it.
      const again = () => this.#close({ code, reason });
      this.#socket.addEventListener("open", again, { once: true });
    }
    try {
      this.#socket.close(code, text);
    } catch {
      this.#socket.close(ABNORMAL, text);
    }
  }

  /** Waits while the socket connects. */
  async #opened(): Promise<void> {
    const socket = this.#socket;
    while (socket.readyState === socket.CONNECTING) await this.#writerWoken();
  }

  /** Waits until the socket has sent enough, or is not open any more. */
  async #drained(): Promise<void> {
    const socket = this.#socket;
    let pause: number = PAUSE.first;
    while (
      socket.bufferedAmount > MOST_BUFFERED && socket.readyState === socket.OPEN
    ) {
      const timer = setTimeout(() => this.#wakeWriter?.(), pause);
      await this.#writerWoken();
      clearTimeout(timer);
      pause = Math.min(pause * 2, PAUSE.longest);
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

/** The bytes of a message: those of binary, or the UTF-8 of text. */
function toBytes(data: unknown): Uint8Array | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (typeof data === "string") return new TextEncoder().encode(data);
  return undefined;
}
