/**
 * The messages of the responses to a client's exchanges, in one order.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  Decoder,
  encode,
  encodeVersion,
  type Header,
  type Message,
  messageOf,
  VersionReader,
} from "../codec/mod.ts";
import { MAX_SIZE, sized } from "./_sized_header.ts";

/** The most bytes at once in place of the rest of a message. */
const LARGEST_FILLER = 64 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * Joins the messages of many responses. A message arrives as a whole before those
 * of others, so one that stalls holds up all, until the peer ends the conversation
 * for its rate (limits/slow-message).
 */
export class Incoming {
  readonly #url: URL;
  readonly #failed: (error: unknown) => void;
  /** Whether a response has begun with the version. */
  hasVersion = false;
  #isOver = false;
  /** Bytes that have arrived and have not been read. */
  #arrived: Uint8Array | undefined;
  #read: ((chunk: Uint8Array | null) => void) | undefined;
  #taken: (() => void) | undefined;
  /** The exchange of which a message is arriving, before those of others. */
  #turn: Promise<void> = Promise.resolve();

  /** Joins responses of a URL. `failed` is called if one cannot be read. */
  constructor(url: URL, failed: (error: unknown) => void) {
    this.#url = url;
    this.#failed = failed;
  }

  /** Returns the next bytes; `null` after the end. */
  read(): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      const chunk = this.#arrived;
      this.#arrived = undefined;
      if (chunk !== undefined) {
        resolve(chunk);
        this.#taken?.();
      } else if (this.#isOver) resolve(null);
      else this.#read = resolve;
    });
  }

  /** Ends everything: nothing more is delivered. */
  end(): void {
    this.#isOver = true;
    this.#read?.(null);
    this.#taken?.();
  }

  /** Reads the messages of a response, between those of others. */
  async receive(
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
    ids: Set<number>,
    signal: AbortSignal,
  ): Promise<void> {
    const version = new VersionReader();
    const decoder = new Decoder({ maxPayloadBytes: MAX_SIZE });
    let endTurn: (() => void) | undefined;
    try {
      for await (const chunk of body) {
        const taken = version.push(chunk);
        if (taken > 0) await this.#version(version);
        decoder.push(chunk.subarray(taken));
        for (;;) {
          if (endTurn === undefined) {
            const header = decoder.readHeader();
            if (header === undefined) break;
            endTurn = await this.#takeTurn();
            settle(header, ids);
            await this.#deliver(headerOf(header));
          }
          while (decoder.remaining > 0) {
            const piece = decoder.readPiece();
            if (piece === undefined) break;
            await this.#deliver(piece.slice());
          }
          if (decoder.remaining > 0) break;
          endTurn();
          endTurn = undefined;
        }
      }
      if (endTurn !== undefined) {
        throw new Error(
          `Cannot exchange messages with ${this.#url}: the response ended within a message`,
        );
      }
    } catch (error) {
      // Before the next turn, whose bytes would be taken for the rest of the message.
      if (!signal.aborted) this.#failed(error);
      else if (endTurn !== undefined) await this.#fill(decoder.remaining);
      throw error;
    } finally {
      endTurn?.();
    }
  }

  /** Delivers bytes in place of the rest of a message that is not wanted any more. */
  async #fill(size: number): Promise<void> {
    for (let left = size; left > 0 && !this.#isOver; left -= LARGEST_FILLER) {
      await this.#deliver(new Uint8Array(Math.min(left, LARGEST_FILLER)));
    }
  }

  /** Delivers the first version, which begins the conversation, and checks others. */
  async #version({ error, version }: VersionReader): Promise<void> {
    if (error !== undefined) throw error;
    if (version === undefined || this.hasVersion) return;
    this.hasVersion = true;
    const endTurn = await this.#takeTurn();
    await this.#deliver(encodeVersion());
    endTurn();
  }

  /** Waits until no message of another exchange is arriving. Returns what ends the turn. */
  async #takeTurn(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#turn;
    this.#turn = promise;
    await before;
    return resolve;
  }

  /** Delivers bytes within a turn; resolves once they have been read. */
  async #deliver(bytes: Uint8Array): Promise<void> {
    if (this.#isOver || bytes.byteLength === 0) return;
    const read = this.#read;
    this.#read = undefined;
    if (read !== undefined) return read(bytes);
    this.#arrived = bytes;
    await new Promise<void>((resolve) => this.#taken = resolve);
  }

  /** Answers a request in place of the server. */
  async answer(result: Message): Promise<void> {
    const endTurn = await this.#takeTurn();
    await this.#deliver(concat(encode(result)));
    endTurn();
  }
}

/** Records the results that have arrived completely, or are about to. */
function settle({ kind, id, size }: Header, ids: Set<number>): void {
  switch (kind) {
    case "SingleResult":
    case "ErrorResult":
    case "RetryResult":
      return void ids.delete(id);
    case "StreamResult":
      if (size === 0) ids.delete(id);
  }
}

/** Returns the bytes of a header. */
function headerOf(header: Header): Uint8Array {
  const message = messageOf(header, NOTHING);
  return "payload" in message
    ? sized(message, header.size)
    : concat(encode(message));
}
