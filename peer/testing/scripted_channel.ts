/**
 * A channel whose remote end is scripted by a test.
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
 * Both ends of a channel in one object: the peer calls the methods of `Channel`,
 * the test calls the others.
 *
 * Bytes are represented as text, one character (U+0000 to U+00FF) for each byte.
 */
export class ScriptedChannel implements Channel {
  readonly info: ChannelInfo = { transport: "memory", secure: true };
  readonly halfClose: boolean;
  readonly closed: Promise<ChannelEnd>;
  readonly readable: ReadableStream<Uint8Array> = readableFrom(this);
  /** The options that the peer closed with; `undefined` if it has not closed. */
  closedWith: CloseOptions | undefined;
  /** The reason that the peer aborted with; `undefined` if it has not aborted. */
  abortedWith: { readonly reason: unknown } | undefined;
  /** Number of reads that have started. */
  reads = 0;
  /** Number of bytes that the remote end has taken; tests add those of a pending write. */
  bytesTaken = 0;
  /** Whether it behaves like the WebSocket of a runtime; set by tests. */
  wholeUnits = false;
  /** Merges units; set by tests. */
  mergeUnits?: () => void;
  /** How the remote end ended the conversation; set by tests. */
  remoteEnd: Error | undefined;
  /** Whether the peer ended its own direction alone. */
  writeEnded = false;
  readonly #closed = Promise.withResolvers<ChannelEnd>();
  readonly #input: Uint8Array[] = [];
  #inputEnded = false;
  #written = "";
  #failure: { readonly error: unknown } | undefined;
  #writeFailure: { readonly error: unknown } | undefined;
  /** Number of writes that the remote end still accepts. */
  #acceptedWrites = Infinity;
  #ended = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Opens a channel. Without `halfClose`, both directions end together, as on a WebSocket. */
  constructor(options: { readonly halfClose?: boolean } = {}) {
    this.halfClose = options.halfClose ?? true;
    this.closed = this.#closed.promise;
  }

  /** Writes one chunk from the remote end. */
  send(bytes: string | Uint8Array): void {
    this.#input.push(typeof bytes === "string" ? fromText(bytes) : bytes);
    this.#wakeReader?.();
  }

  /** Ends the remote direction; with half-close, the local direction stays open. */
  end(): void {
    this.#inputEnded = true;
    this.#wakeReader?.();
  }

  /** Resets the connection. */
  reset(error: unknown = new Error("Connection reset by peer")): void {
    this.#fail(error);
  }

  /** Lets writes fail from now on; reads continue. */
  breakWriting(error: unknown = new Error("Broken pipe")): void {
    this.#writeFailure = { error };
    this.#wakeWriter?.();
  }

  /** Stops reading at the remote end, so that writes wait. */
  stall(): void {
    this.#acceptedWrites = 0;
  }

  /** Accepts `writes` more writes at the remote end, by default all. */
  resume(writes = Infinity): void {
    this.#acceptedWrites = writes;
    this.#wakeWriter?.();
  }

  /** Returns the bytes that the peer has written since the last call. */
  take(): string {
    const written = this.#written;
    this.#written = "";
    return written;
  }

  /** Returns the messages that the peer has written since the last call. */
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
    while (this.#acceptedWrites === 0 && !this.#ended && !this.#writeFailure) {
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
    const failure = this.#failure ?? this.#writeFailure;
    if (failure !== undefined) throw failure.error;
    if (this.#ended) throw new Error("Cannot write: the channel is closed");
    this.#acceptedWrites--;
    this.bytesTaken += units.byteLength;
    for (const unit of units.units()) this.#written += toText(unit);
  }

  closeWrite(): Promise<void> {
    this.writeEnded = true;
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
    if (this.#ended) return;
    this.#failure = { error };
    this.#finish(error);
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  #finish(error?: unknown): void {
    this.#ended = true;
    this.#closed.resolve({
      clean: this.#inputEnded && error === undefined,
      error,
    });
  }
}

/** Returns the bytes that a text represents. */
export function fromText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 255) throw new RangeError(`${character} is not a byte`);
    return code;
  });
}

/** Returns the text that represents bytes. */
export function toText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}
