/**
 * From bytes to messages.
 *
 * @module
 */

import { HeaderParser, invalid } from "./_header_parser.ts";
import { LAYOUTS } from "./_layout.ts";
import { type Header, messageOf } from "./header.ts";
import type { Message } from "./message.ts";
import { MAX_NAME_BYTES } from "./name.ts";
import { isProtocolError, type ProtocolError } from "./protocol_error.ts";
import { CURRENT_VERSION, type ProtocolVersion } from "./version.ts";

/** How messages are read, and how large they may be. */
export interface DecoderOptions {
  /** The version of the protocol; {@linkcode CURRENT_VERSION} by default. */
  readonly version?: ProtocolVersion;
  /** The longest operation or notification name, in bytes, 0 to 4,095; 4,095 by default. */
  readonly maxNameBytes?: number;
  /**
   * The largest payload that is read as a whole, in bytes, 0 to 4,294,967,295; 16 MiB by default.
   *
   * A larger one can still be skipped or read in pieces.
   */
  readonly maxPayloadBytes?: number;
  /** Where in the conversation the first byte stands that will be pushed, for errors; 0 by default. */
  readonly offset?: number;
}

/** The default of `maxPayloadBytes`: 16 MiB. */
export const DEFAULT_MAX_PAYLOAD_BYTES: number = 16 * 1024 * 1024;

/** How much room is made for a payload, as a multiple of what has arrived of it; at the end twice that. */
const GROWTH = 8;

/** The digits of a payload size, the last field of a header. */
const SIZE_DIGITS = 8;

const NOTHING = new Uint8Array(0);

/**
 * Reads messages from bytes that come in chunks, cut anywhere.
 *
 * Pull-style and synchronous: {@linkcode push} a chunk, then {@linkcode read} messages until there is
 * none, then push the next chunk. The decoder does no I/O and keeps no bytes but those of a message
 * that is not complete. Memory grows with the bytes that arrive, never with a size that is announced.
 *
 * For control over payloads, take messages apart: {@linkcode readHeader}, then one of
 * {@linkcode readPayload} (as a whole), {@linkcode readPiece} (as it arrives) and {@linkcode skip}.
 *
 * **Lifetime of payloads.** A payload, or piece of one, that lies within one chunk is a view of that
 * chunk, not a copy. It stays valid for as long as the chunk's bytes are not overwritten. Everything
 * that the decoder keeps for later it copies, so a chunk's memory may be used again once `read`,
 * `readHeader`, `readPayload` or `readPiece` has returned `undefined` and the views are done with.
 *
 * **Faults.** Malformed bytes throw a {@linkcode ProtocolError}, after all messages before them were
 * read. The decoder then stays failed: every further call throws the same error.
 *
 * @example
 * ```ts
 * import { Decoder, describe } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const decoder = new Decoder();
 * const lines: string[] = [];
 * for (const chunk of ["r0001004ec", "ho00000002hiR", "000100000000"]) {
 *   decoder.push(new TextEncoder().encode(chunk));
 *   for (let message; (message = decoder.read()) !== undefined;) {
 *     lines.push(describe(message));
 *   }
 * }
 * decoder.end();
 * assertEquals(lines, [
 *   'SingleRequest 0001 "echo" 2 bytes "hi"',
 *   "SingleResult 0001 0 bytes",
 * ]);
 * ```
 */
export class Decoder {
  readonly #parser: HeaderParser;
  readonly #maxPayloadBytes: number;

  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #end = 0;
  /** Where in the conversation the chunk begins. */
  #base: number;

  /** How many views of the chunk were given out and not back. */
  #lent = 0;

  /** The beginning of a header that was cut by the end of a chunk, and its length. */
  #carry: Uint8Array = NOTHING;
  #carried = 0;
  /** The length up to which the carried header must be there for parsing to get on. */
  #wanted = 0;

  /** How many bytes of the current payload are still to be taken from chunks. */
  #remaining = 0;
  /** Room for a payload that is read as a whole but did not come in one chunk; grows as it comes. */
  #gathered: Uint8Array<ArrayBuffer> | undefined;
  /** The length that the gathered payload will have. */
  #gathering = 0;
  /** Memory of such a payload that was given back. */
  #spare: Uint8Array<ArrayBuffer> | undefined;

  #failure: ProtocolError | undefined;

  /** Creates a decoder for messages; the version that opens a conversation is read by `VersionReader`. */
  constructor(options: DecoderOptions = {}) {
    this.#parser = new HeaderParser(
      LAYOUTS[options.version ?? CURRENT_VERSION],
      options.maxNameBytes ?? MAX_NAME_BYTES,
    );
    this.#maxPayloadBytes = options.maxPayloadBytes ??
      DEFAULT_MAX_PAYLOAD_BYTES;
    this.#base = options.offset ?? 0;
  }

  /** How many bytes of the conversation were read. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** How many bytes of the current payload have not arrived or were not read yet. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Whether what was read so far ends within a message. */
  get incomplete(): boolean {
    return this.#carried > 0 || this.#remaining > 0;
  }

  /**
   * Whether a payload, or piece of one, was given out that is a view of the current chunk, and not given
   * back. When none was and the chunk has been read, its memory can be used again at once.
   */
  get lent(): boolean {
    return this.#lent > 0;
  }

  /**
   * Gives back a payload that nobody looks at any more, before the next one is read. If it came in one
   * chunk, that is not lent any more on its account; if not, its memory serves the next such payload.
   */
  recycle(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.byteLength === 0) return;
    if (this.#lent > 0 && payload.buffer === this.#chunk.buffer) this.#lent--;
    else this.#spare = new Uint8Array(payload.buffer);
  }

  /** Lets go of memory that was given back, since no large payload is expected soon. */
  rest(): void {
    this.#spare = undefined;
  }

  /**
   * Where the next bytes of the conversation belong: memory in a large payload that is being read as a
   * whole; `undefined` when they belong nowhere yet. Who reads into it, and pushes the part that was
   * filled, saves a copy.
   */
  get room(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#gathered === undefined || this.#at < this.#end) return undefined;
    const before = this.#gathering - this.#remaining;
    if (before === this.#gathered.byteLength) {
      this.#gathered = this.#enlarged(this.#gathered, before, before);
    }
    return this.#gathered.subarray(before);
  }

  /** Why the conversation cannot be read any further; `undefined` while it can. */
  get failure(): ProtocolError | undefined {
    return this.#failure;
  }

  /**
   * Takes the next chunk of the conversation.
   *
   * @throws {TypeError} when bytes of the previous chunk are unread.
   * @throws {ProtocolError} when the decoder has failed.
   */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#at < this.#end) {
      throw new TypeError(
        `Cannot push: ${
          this.#end - this.#at
        } bytes of the previous chunk are unread, wanted none`,
      );
    }
    this.#base += this.#end;
    this.#chunk = chunk;
    this.#lent = 0;
    this.#at = 0;
    this.#end = chunk.byteLength;
  }

  /**
   * Reads the next message; `undefined` when it is not complete and the next chunk is needed.
   *
   * @throws {ProtocolError} when the bytes are no message, or its payload is larger than `maxPayloadBytes`.
   */
  read(): Message | undefined {
    const header = this.#remaining > 0
      ? this.#parser.header
      : this.readHeader();
    if (header === undefined) return undefined;
    const payload = this.readPayload();
    return payload === undefined ? undefined : messageOf(header, payload);
  }

  /**
   * Reads the next header; `undefined` when it is not complete and the next chunk is needed.
   *
   * The payload must be read or skipped before the next header can be read, unless its size is 0. The
   * object that is returned is overwritten by the next header.
   *
   * @throws {ProtocolError} when the bytes are no header.
   * @throws {TypeError} when bytes of the previous payload remain.
   */
  readHeader(): Header | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#remaining > 0) {
      throw new TypeError(
        `Cannot read a header: ${this.#remaining} bytes of the previous payload remain, wanted none`,
      );
    }
    if (this.#at === this.#end) return undefined;
    return this.#carried > 0 ? this.#resumeHeader() : this.#startHeader();
  }

  /**
   * Reads what remains of the current payload as a whole; `undefined` when it is not complete and the
   * next chunk is needed. Empty when nothing remains.
   *
   * @throws {ProtocolError} when that is more than `maxPayloadBytes`, before any of it is kept.
   */
  readPayload(): Uint8Array | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#gathered !== undefined) return this.#gather(this.#gathered);
    const remaining = this.#remaining;
    if (remaining === 0) return NOTHING;
    if (remaining > this.#maxPayloadBytes) throw this.#overLimit();
    const available = this.#end - this.#at;
    if (remaining <= available) return this.#lend(remaining);
    if (available === 0) return undefined;
    this.#gathering = remaining;
    return this.#gather(this.#takeSpare(remaining) ?? NOTHING);
  }

  /**
   * Reads what has arrived of the current payload; `undefined` when nothing has, or none remains.
   *
   * The payload is complete when {@linkcode remaining} is 0.
   *
   * @throws {ProtocolError} when the decoder has failed.
   */
  readPiece(): Uint8Array | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#gathered !== undefined) {
      const piece = this.#gathered.subarray(
        0,
        this.#gathering - this.#remaining,
      );
      this.#gathered = undefined;
      return piece;
    }
    const length = Math.min(this.#remaining, this.#end - this.#at);
    return length === 0 ? undefined : this.#lend(length);
  }

  /**
   * Drops what has arrived of the current payload without keeping it, and returns whether that was
   * all of it.
   *
   * @throws {ProtocolError} when the decoder has failed.
   */
  skip(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    this.#gathered = undefined;
    this.#take(Math.min(this.#remaining, this.#end - this.#at));
    return this.#remaining === 0;
  }

  /**
   * Says that no more bytes will come.
   *
   * @throws {ProtocolError} when the conversation ended within a message (`"truncated"`), or the
   * decoder has failed.
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#at < this.#end) {
      throw new TypeError(
        `Cannot end: ${
          this.#end - this.#at
        } bytes of the last chunk are unread, wanted none`,
      );
    }
    if (this.#carried > 0) {
      throw this.#fail(
        invalid(
          "truncated",
          `a message: it ends after ${this.#carried} bytes`,
          this.offset,
        ),
      );
    }
    if (this.#remaining > 0) {
      const { kind, size } = this.#parser.header;
      const read = size - this.#remaining;
      throw this.#fail(
        invalid(
          "truncated",
          `${kind}: payload ends after ${read} of ${size} bytes`,
          this.offset,
        ),
      );
    }
  }

  /** Reads a header from the chunk alone, as nearly all are; keeps its beginning if it is cut. */
  #startHeader(): Header | undefined {
    const length = this.#parse(this.#chunk, this.#at, this.#end, this.#base);
    if (length > 0) {
      this.#at += length;
      return this.#header();
    }
    this.#wanted = -length;
    this.#carryOver(this.#end - this.#at);
    return undefined;
  }

  /** Reads a header whose beginning was kept, taking from the chunk no more than belongs to it. */
  #resumeHeader(): Header | undefined {
    while (this.#at < this.#end) {
      this.#carryOver(
        Math.min(this.#wanted - this.#carried, this.#end - this.#at),
      );
      const start = this.offset - this.#carried;
      const length = this.#parse(this.#carry, 0, this.#carried, start);
      if (length > 0) {
        this.#carried = 0;
        return this.#header();
      }
      this.#wanted = -length;
    }
    return undefined;
  }

  #header(): Header {
    this.#remaining = this.#parser.header.size;
    return this.#parser.header;
  }

  #parse(bytes: Uint8Array, at: number, end: number, offset: number): number {
    try {
      return this.#parser.parse(bytes, at, end, offset);
    } catch (error) {
      throw isProtocolError(error) ? this.#fail(error) : error;
    }
  }

  /** Moves bytes from the chunk to the kept beginning of a header. */
  #carryOver(length: number): void {
    const carried = this.#carried + length;
    if (carried > this.#carry.byteLength) {
      const larger = new Uint8Array(Math.max(64, carried * 2));
      larger.set(this.#carry.subarray(0, this.#carried));
      this.#carry = larger;
    }
    this.#carry.set(this.#advance(length), this.#carried);
    this.#carried = carried;
  }

  /** Adds what has arrived to the payload at hand; returns it when that completes it. */
  #gather(room: Uint8Array<ArrayBuffer>): Uint8Array | undefined {
    const length = Math.min(this.#remaining, this.#end - this.#at);
    const before = this.#gathering - this.#remaining;
    const after = before + length;
    if (after > room.byteLength) room = this.#enlarged(room, before, after);
    const part = this.#take(length);
    const isThere = part.buffer === room.buffer &&
      part.byteOffset === room.byteOffset + before;
    if (!isThere) room.set(part, before);
    this.#gathered = after === this.#gathering ? undefined : room;
    return after === this.#gathering ? room : undefined;
  }

  /** Memory that was given back, if it fits a payload of so many bytes. */
  #takeSpare(length: number): Uint8Array<ArrayBuffer> | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    const fits = spare !== undefined && spare.byteLength >= length &&
      spare.byteLength <= length * 2;
    return fits ? spare.subarray(0, length) : undefined;
  }

  /** A larger room for the payload at hand, in proportion to what has arrived of it. */
  #enlarged(
    room: Uint8Array<ArrayBuffer>,
    used: number,
    arrived: number,
  ): Uint8Array<ArrayBuffer> {
    const wanted = Math.max(4096, arrived * GROWTH);
    // To stop just short of the end would cost one more copy of nearly everything.
    const isNearEnd = this.#gathering <= wanted * 2;
    const larger = new Uint8Array(isNearEnd ? this.#gathering : wanted);
    larger.set(room.subarray(0, used));
    return larger;
  }

  /** Takes bytes of the payload from the chunk, as a view that is given out. */
  #lend(length: number): Uint8Array {
    this.#lent++;
    return this.#take(length);
  }

  /** Takes bytes of the payload from the chunk, as a view. */
  #take(length: number): Uint8Array {
    this.#remaining -= length;
    return this.#advance(length);
  }

  /** Takes bytes from the chunk, as a view. */
  #advance(length: number): Uint8Array {
    const { buffer, byteOffset } = this.#chunk;
    // Half of what `subarray` costs, which asks for the kind of array first.
    const view = new Uint8Array(buffer, byteOffset + this.#at, length);
    this.#at += length;
    return view;
  }

  #overLimit(): ProtocolError {
    const { kind, size } = this.#parser.header;
    return this.#fail(
      invalid(
        "over-limit",
        `${kind}: payload size is ${size} bytes, wanted at most ${this.#maxPayloadBytes}`,
        this.offset - (size - this.#remaining) - SIZE_DIGITS,
      ),
    );
  }

  #fail(error: ProtocolError): ProtocolError {
    this.#failure = error;
    this.#gathered = undefined;
    return error;
  }
}
