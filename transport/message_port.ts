/**
 * Channels on a `MessagePort`.
 *
 * @module
 */

import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import type { BufferObserver, Channel } from "./channel.ts";
import { freeMemory } from "../quoting/free_memory.ts";
import { ReceiveQueue } from "./receive_queue.ts";
import type { WriteUnits } from "./write_units.ts";

/** Bytes in transit or unread at the remote side before a write waits. */
const WINDOW = 256 * 1024;

/** The largest number of bytes in one message. */
const LARGEST_MESSAGE = 64 * 1024;

/** Bytes that are read before the remote side receives credit for them. */
const CREDIT_STEP = 64 * 1024;

/** The messages that the two sides post to each other. */
type PortMessage =
  /** Bytes, transferred. */
  | { readonly bytes: Uint8Array }
  /** The number of bytes that were read, which may be sent again. */
  | { readonly credit: number }
  /** No more bytes follow. */
  | { readonly end: true }
  /** The sender neither sends nor reads any more, for this reason. */
  | { readonly gone: string };

/**
 * Makes a channel of a message port, for example between a page and its worker.
 * The remote side makes a channel of the entangled port.
 *
 * A message port has no backpressure, so the channel sends at most 256 KiB more
 * than the remote side has read. The channel owns the port and closes it. If
 * the program on the remote side dies, only some runtimes report it: Deno does
 * not.
 *
 * @example
 * ```ts
 * import { portChannel, WriteUnits } from "@gotalk/gotalk/transport";
 * import { assertEquals } from "@std/assert";
 *
 * const { port1, port2 } = new MessageChannel();
 * const [a, b] = [portChannel(port1), portChannel(port2)];
 * const units = new WriteUnits();
 * units.add(new TextEncoder().encode("hello"));
 * await a.write(units);
 * assertEquals(new TextDecoder().decode((await b.read())!), "hello");
 * await Promise.all([a.close(), b.close()]);
 * ```
 */
export function portChannel(port: MessagePort): Channel {
  return new CarrierChannel(new PortCarrier(port), {
    transport: "port",
    secure: true,
  });
}

class PortCarrier implements Carrier {
  readonly #port: MessagePort;
  /** Bytes that arrived and are unread. */
  readonly #queue = new ReceiveQueue();
  /** How many of them the remote side may not send again yet. */
  #queued = 0;
  /** Bytes that were read, and for which no credit was sent yet. */
  #owed = 0;
  /** Bytes that may be sent. */
  #credit = WINDOW;
  /** Which directions the remote side has ended. */
  #readEnded = false;
  #gone = false;
  #failure: Error | undefined;
  #sentEnd = false;
  bytesTaken = 0;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.addEventListener("message", this.#onMessage);
    port.addEventListener("messageerror", this.#onMessageError);
    port.addEventListener("close", this.#onClose);
    port.start();
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const chunk = this.#queue.shift();
      if (chunk !== undefined) {
        this.#queued -= chunk.byteLength;
        this.#giveCredit(chunk.byteLength);
        return chunk;
      }
      if (this.#readEnded) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  recycle(chunk: Uint8Array): void {
    freeMemory(chunk);
  }

  observeBuffers(observer: BufferObserver): void {
    this.#queue.observe(observer);
  }

  async write(units: WriteUnits): Promise<void> {
    for (const segment of units.segments()) {
      for (let at = 0; at < segment.byteLength; at += LARGEST_MESSAGE) {
        // A copy: posting transfers its memory, and the units are reused.
        const bytes = segment.slice(at, at + LARGEST_MESSAGE);
        while (this.#credit < bytes.byteLength && !this.#gone) {
          await new Promise<void>((resolve) => this.#wakeWriter = resolve);
        }
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#gone) {
          throw new Error("Cannot write: the remote side is closed");
        }
        this.#credit -= bytes.byteLength;
        this.bytesTaken += bytes.byteLength;
        this.#post({ bytes }, [bytes.buffer]);
      }
    }
  }

  end(): Promise<void> {
    this.#sentEnd = true;
    this.#post({ end: true });
    return Promise.resolve();
  }

  release(failure: { readonly error: unknown } | undefined): void {
    const inOrder = failure === undefined && this.#sentEnd && this.#readEnded;
    if (!inOrder && !this.#gone) {
      this.#post({ gone: failure === undefined ? "closed" : "aborted" });
    }
    this.#leave(new Error("The channel has ended"));
    this.#queue.clear();
    this.#port.removeEventListener("message", this.#onMessage);
    this.#port.removeEventListener("messageerror", this.#onMessageError);
    this.#port.removeEventListener("close", this.#onClose);
    this.#port.close();
  }

  readonly #onMessage = ({ data }: MessageEvent<unknown>): void => {
    const message = asPortMessage(data);
    if (message === undefined) {
      this.#fail("got a message that does not belong to a channel");
    } else if ("bytes" in message) {
      // Nobody would read bytes after a failure or the end.
      const isOver = this.#failure !== undefined || this.#readEnded;
      if (isOver || message.bytes.byteLength === 0) return;
      this.#queue.push(message.bytes);
      this.#queued += message.bytes.byteLength;
      if (this.#queued > WINDOW) {
        this.#fail(
          `${this.#queued} bytes are unread, wanted at most ${WINDOW}`,
        );
      }
      this.#wakeReader?.();
    } else if ("credit" in message) {
      this.#credit += message.credit;
      this.#wakeWriter?.();
    } else if ("end" in message) {
      this.#readEnded = true;
      this.#wakeReader?.();
    } else {
      this.#fail(`the remote side ${message.gone} it`);
    }
  };

  readonly #onMessageError = (): void => {
    this.#fail("a message could not be deserialized");
  };

  readonly #onClose = (): void => {
    this.#fail("the remote side is gone");
  };

  /** Ends the channel; bytes from before an orderly end can still be read. */
  #fail(why: string): void {
    this.#leave(new Error(`The channel on the port broke: ${why}`));
  }

  #leave(error: Error): void {
    this.#gone = true;
    if (!this.#readEnded) {
      this.#failure ??= error;
      this.#queue.clear();
    }
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  #giveCredit(length: number): void {
    this.#owed += length;
    if (this.#owed < CREDIT_STEP) return;
    this.#post({ credit: this.#owed });
    this.#owed = 0;
  }

  #post(message: PortMessage, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

/** Returns the message if it has the right shape. */
function asPortMessage(data: unknown): PortMessage | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const fits = ("bytes" in data && data.bytes instanceof Uint8Array) ||
    ("credit" in data && typeof data.credit === "number" && data.credit > 0) ||
    ("end" in data && data.end === true) ||
    ("gone" in data && typeof data.gone === "string");
  return fits ? data as PortMessage : undefined;
}
