/**
 * A channel whose other end a test plays by hand.
 *
 * @module
 */

import { Decoder, type Message } from "../../codec/mod.ts";
import {
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  type CloseOptions,
  readableFrom,
} from "../../transport/channel.ts";
import type { WriteUnits } from "../../transport/write_units.ts";

/**
 * Both ends of a channel in one object: the methods of `Channel` are the peer's, the others the test's.
 *
 * Bytes are shown as text, one character (U+0000 to U+00FF) for each byte.
 */
export class ScriptedChannel implements Channel {
  readonly info: ChannelInfo = { transport: "memory", secure: true };
  readonly halfClose: boolean;
  readonly closed: Promise<ChannelEnd>;
  readonly readable: ReadableStream<Uint8Array> = readableFrom(this);
  /** How the peer closed; `undefined` when it has not. */
  closedWith: CloseOptions | undefined;
  /** What the peer aborted with; `undefined` when it has not. */
  abortedWith: { readonly reason: unknown } | undefined;
  /** How many reads have begun. */
  reads = 0;
  readonly #closed = Promise.withResolvers<ChannelEnd>();
  readonly #input: Uint8Array[] = [];
  #inputEnded = false;
  #written = "";
  #failure: { readonly error: unknown } | undefined;
  #writeFailure: { readonly error: unknown } | undefined;
  /** How many more writes the other end takes. */
  #taking = Infinity;
  #over = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Opens a channel; one without half-close ends in both directions at once, as a WebSocket does. */
  constructor(options: { readonly halfClose?: boolean } = {}) {
    this.halfClose = options.halfClose ?? true;
    this.closed = this.#closed.promise;
  }

  /** The other end writes: one chunk. */
  send(bytes: string | Uint8Array): void {
    this.#input.push(typeof bytes === "string" ? fromText(bytes) : bytes);
    this.#wakeReader?.();
  }

  /** The other end says nothing more; with half-close it still hears. */
  end(): void {
    this.#inputEnded = true;
    this.#wakeReader?.();
  }

  /** The connection breaks. */
  reset(error: unknown = new Error("Connection reset by peer")): void {
    this.#fail(error);
  }

  /** Writing fails from now on, while reading goes on. */
  breakWriting(error: unknown = new Error("Broken pipe")): void {
    this.#writeFailure = { error };
    this.#wakeWriter?.();
  }

  /** The other end stops reading: a write waits. */
  stall(): void {
    this.#taking = 0;
  }

  /** The other end reads again: so many writes, or all. */
  resume(writes = Infinity): void {
    this.#taking = writes;
    this.#wakeWriter?.();
  }

  /** Everything that the peer wrote since it was asked last. */
  take(): string {
    const written = this.#written;
    this.#written = "";
    return written;
  }

  /** The messages that the peer wrote since it was asked last. */
  takeMessages(): Message[] {
    const decoder = new Decoder();
    decoder.push(fromText(this.take()));
    const messages: Message[] = [];
    for (let message; (message = decoder.read()) !== undefined;) {
      messages.push(message);
    }
    decoder.end();
    return messages;
  }

  async read(): Promise<Uint8Array | null> {
    this.reads++;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.closedWith !== undefined) return null;
      const chunk = this.#input.shift();
      if (chunk !== undefined) return chunk;
      if (this.#inputEnded) {
        if (!this.halfClose) this.#finish();
        return null;
      }
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  async write(units: WriteUnits): Promise<void> {
    while (this.#taking === 0 && !this.#over && !this.#writeFailure) {
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
    const failure = this.#failure ?? this.#writeFailure;
    if (failure !== undefined) throw failure.error;
    if (this.#over) throw new Error("Cannot write: the channel is closed");
    this.#taking--;
    for (const unit of units.units()) this.#written += toText(unit);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.closedWith ??= options;
    this.#finish();
    this.#wakeReader?.();
    this.#wakeWriter?.();
    return Promise.resolve();
  }

  abort(reason?: unknown): void {
    this.abortedWith ??= { reason };
    this.#fail(reason);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#failure = { error };
    this.#finish(error);
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  #finish(error?: unknown): void {
    this.#over = true;
    this.#closed.resolve({
      clean: this.#inputEnded && error === undefined,
      error,
    });
  }
}

/** The bytes that text shows. */
export function fromText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 255) throw new RangeError(`${character} is no byte`);
    return code;
  });
}

/** The text that shows bytes. */
export function toText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}
