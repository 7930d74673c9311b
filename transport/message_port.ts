/**
 * Channels on a `MessagePort`.
 *
 * @module
 */

import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import type { Channel } from "./channel.ts";
import type { WriteUnits } from "./write_units.ts";

/** How many bytes may be on their way or unread at the other end before a write waits. */
const WINDOW = 256 * 1024;

/** How many bytes go into one message at most. */
const LARGEST_MESSAGE = 64 * 1024;

/** How many bytes are read before the other end is told that it may send as many again. */
const CREDIT_STEP = 64 * 1024;

/** What the two ends post to each other. */
type PortMessage =
  /** Bytes, transferred. */
  | { readonly bytes: Uint8Array }
  /** So many bytes were read, and as many may be sent again. */
  | { readonly credit: number }
  /** No more bytes come. */
  | { readonly end: true }
  /** This end sends and reads nothing more, and why. */
  | { readonly gone: string };

/**
 * Makes a channel of a message port, as between a page and its worker; the other end makes one of the
 * port that belongs to it.
 *
 * A message port has no backpressure, so that at most 256 KiB are sent ahead of what the other end has
 * read. The channel owns the port and closes it. When the program at the other end dies, only some
 * runtimes say so: Deno does not.
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
  /** What arrived and was not read yet. */
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  /** What was read and not told to the other end yet. */
  #owed = 0;
  /** How many bytes may be sent. */
  #credit = WINDOW;
  /** Which directions the other end has ended. */
  #readEnded = false;
  #gone = false;
  #failure: Error | undefined;
  #sentEnd = false;
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

  async write(units: WriteUnits): Promise<void> {
    for (const segment of units.segments()) {
      for (let at = 0; at < segment.byteLength; at += LARGEST_MESSAGE) {
        // A copy: the message takes its memory away, and the units are filled again.
        const bytes = segment.slice(at, at + LARGEST_MESSAGE);
        while (this.#credit < bytes.byteLength && !this.#gone) {
          await new Promise<void>((resolve) => this.#wakeWriter = resolve);
        }
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#gone) {
          throw new Error("Cannot write: the other end is closed");
        }
        this.#credit -= bytes.byteLength;
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
    this.#port.removeEventListener("message", this.#onMessage);
    this.#port.removeEventListener("messageerror", this.#onMessageError);
    this.#port.removeEventListener("close", this.#onClose);
    this.#port.close();
  }

  readonly #onMessage = ({ data }: MessageEvent<unknown>): void => {
    const message = asPortMessage(data);
    if (message === undefined) {
      this.#fail("a message was posted that is not of a channel");
    } else if ("bytes" in message) {
      this.#queue.push(message.bytes);
      this.#queued += message.bytes.byteLength;
      if (this.#queued > WINDOW) {
        this.#fail(`${this.#queued} bytes are unread, want at most ${WINDOW}`);
      }
      this.#wakeReader?.();
    } else if ("credit" in message) {
      this.#credit += message.credit;
      this.#wakeWriter?.();
    } else if ("end" in message) {
      this.#readEnded = true;
      this.#wakeReader?.();
    } else {
      this.#fail(`the other end has ${message.gone} it`);
    }
  };

  readonly #onMessageError = (): void => {
    this.#fail("a message could not be taken over");
  };

  readonly #onClose = (): void => {
    this.#fail("the other end is gone");
  };

  /** The other end sends and reads no more; what it sent before its end is still read. */
  #fail(why: string): void {
    this.#leave(new Error(`The channel on the port broke: ${why}`));
  }

  #leave(error: Error): void {
    this.#gone = true;
    if (!this.#readEnded) this.#failure ??= error;
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

/** The message when it has the right shape. */
function asPortMessage(data: unknown): PortMessage | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const fits = ("bytes" in data && data.bytes instanceof Uint8Array) ||
    ("credit" in data && typeof data.credit === "number" && data.credit > 0) ||
    ("end" in data && data.end === true) ||
    ("gone" in data && typeof data.gone === "string");
  return fits ? data as PortMessage : undefined;
}
