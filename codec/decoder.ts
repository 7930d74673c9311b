/**
 * Decoding: bytes to messages.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { bytesOf, type ByteSource } from "../quoting/byte_source.ts";
import { HeaderParser, invalid } from "./_header_parser.ts";
import { HeaderBuffer } from "./_header_buffer.ts";
import { LAYOUTS } from "./_layout.ts";
import { PayloadBuffer } from "./_payload_buffer.ts";
import { type Header, messageOf } from "./header.ts";
import {
  DECODER_OPTIONS,
  type DecoderOptions,
  DEFAULT_MAX_PAYLOAD_BYTES,
} from "./decoder_options.ts";
import type { Message } from "./message.ts";
import { MAX_NAME_BYTES } from "./name.ts";
import type { ProtocolError } from "./protocol_error.ts";
import { CURRENT_VERSION } from "./version.ts";

/** The digits of a payload size, the last field of a header. */
const SIZE_DIGITS = 8;

const NOTHING = new Uint8Array(0);

/**
 * Reads messages from bytes that arrive in chunks of any size.
 *
 * It is pull-style and synchronous: {@linkcode push} a chunk, {@linkcode read}
 * messages until there is none, then push the next chunk. The decoder does no
 * I/O and keeps only the bytes of an incomplete message. Memory grows with the
 * bytes that arrive, never with a size that is announced.
 *
 * For control over payloads, call {@linkcode readHeader}, then one of
 * {@linkcode readPayload} (the whole payload), {@linkcode readPiece} (the bytes
 * that have arrived) and {@linkcode skip}.
 *
 * **Lifetime of payloads.** A payload, or a piece of one, that lies within one
 * chunk is a view of that chunk, not a copy. It is valid until the chunk's
 * bytes are overwritten. The decoder copies everything it keeps. A chunk's
 * memory may therefore be reused once `read`, `readHeader`, `readPayload` or
 * `readPiece` has returned `undefined` and its views are no longer needed.
 *
 * **Malformed bytes** throw a {@linkcode ProtocolError}, after all messages
 * before them have been read. Every further call throws the same error.
 *
 * **Memory.** Programs that move large payloads can save copies and allocations
 * with {@linkcode chunkInUse}, {@linkcode payloadBuffer},
 * {@linkcode recyclePayload} and {@linkcode releaseMemory}. Others do not need
 * these members.
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
  /** The offset of the chunk in the conversation. */
  #base: number;

  /** The number of views of the chunk that were returned and not recycled. */
  #views = 0;

  /** Keeps the beginning of a header that was cut by the end of a chunk; created with the first. */
  #cut: HeaderBuffer | undefined;
  /** The number of bytes of the current payload that were not taken from chunks. */
  #remaining = 0;
  /** Collects a payload that is read as a whole but arrives in several chunks; created with the first. */
  #payload: PayloadBuffer | undefined;

  #failure: ProtocolError | undefined;

  /**
   * Creates a decoder for the messages after the version.
   *
   * @throws {TypeError} If an option is unknown.
   */
  constructor(options: DecoderOptions = {}) {
    checkOptionNames(options, DECODER_OPTIONS);
    this.#parser = new HeaderParser(
      LAYOUTS[options.version ?? CURRENT_VERSION],
      options.maxNameBytes ?? MAX_NAME_BYTES,
    );
    this.#maxPayloadBytes = options.maxPayloadBytes ??
      DEFAULT_MAX_PAYLOAD_BYTES;
    this.#base = options.offset ?? 0;
  }

  /** The offset in the conversation up to which bytes were read. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** The number of bytes of the current payload that were not read. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Whether the bytes read so far end within a message. */
  get incomplete(): boolean {
    return this.#isCut || this.#remaining > 0;
  }

  /** The error that all further calls throw; `undefined` if there is none. */
  get failure(): ProtocolError | undefined {
    return this.#failure;
  }

  /**
   * Takes the next chunk of the conversation.
   *
   * @throws {TypeError} If the previous chunk has unread bytes, or this is not bytes.
   * @throws {ProtocolError} If the decoder has failed.
   */
  push(chunk: ByteSource): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#at < this.#end) throw this.#unread("push", "previous");
    this.#chunk = bytesOf(chunk, "decode a chunk");
    this.#base += this.#end;
    this.#views = this.#at = 0;
    this.#end = this.#chunk.byteLength;
  }

  /**
   * Reads the next message; returns `undefined` if it needs the next chunk.
   *
   * @throws {ProtocolError} If the bytes are not a message, or its payload is
   * larger than `maxPayloadBytes`.
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
   * Reads the next header; returns `undefined` if it needs the next chunk.
   *
   * The payload must be read or skipped before the next header can be read,
   * unless its size is 0. The next header overwrites the returned object.
   *
   * @throws {ProtocolError} If the bytes are not a header.
   * @throws {TypeError} If bytes of the previous payload remain.
   */
  readHeader(): Header | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#remaining > 0) {
      throw new TypeError(
        `Cannot read a header: ${this.#remaining} bytes of the previous payload remain, wanted none`,
      );
    }
    if (this.#at === this.#end) return undefined;
    return this.#isCut ? this.#resumeHeader() : this.#startHeader();
  }

  /**
   * Reads the rest of the current payload as a whole; returns `undefined` if it
   * needs the next chunk, and empty bytes if nothing remains.
   *
   * @throws {ProtocolError} If the rest is larger than `maxPayloadBytes`,
   * before any of it is kept.
   */
  readPayload(): Uint8Array | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#payload?.active) return this.#collect();
    const remaining = this.#remaining;
    if (remaining === 0) return NOTHING;
    if (remaining > this.#maxPayloadBytes) throw this.#overLimit();
    const available = this.#end - this.#at;
    if (remaining <= available) return this.#view(remaining);
    if (available === 0) return undefined;
    this.#payload ??= new PayloadBuffer();
    this.#payload.start(remaining);
    return this.#collect();
  }

  /**
   * Reads the bytes of the current payload that have arrived; returns
   * `undefined` if there are none. The last piece leaves {@linkcode remaining} 0.
   *
   * @throws {ProtocolError} If the decoder has failed.
   */
  readPiece(): Uint8Array | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#payload?.active) return this.#payload.take();
    const length = Math.min(this.#remaining, this.#end - this.#at);
    return length === 0 ? undefined : this.#view(length);
  }

  /**
   * Drops the bytes of the current payload that have arrived; returns whether
   * that completes it.
   *
   * @throws {ProtocolError} If the decoder has failed.
   */
  skip(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    this.#payload?.drop();
    this.#take(Math.min(this.#remaining, this.#end - this.#at));
    return this.#remaining === 0;
  }

  /**
   * Checks that the conversation ends between two messages.
   *
   * @throws {ProtocolError} If it ends within a message (reason `"truncated"`),
   * or the decoder has failed.
   * @throws {TypeError} If bytes of the last chunk are unread.
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#at < this.#end) throw this.#unread("end", "last");
    if (this.incomplete) throw this.#truncated();
  }

  /**
   * Whether a payload, or a piece of one, that is a view of the current chunk
   * was returned and not recycled. If there is none and the chunk has been read,
   * its memory can be reused.
   */
  get chunkInUse(): boolean {
    return this.#views > 0;
  }

  /**
   * The memory that the next bytes of a payload belong in which arrives in
   * several chunks and is read as a whole; `undefined` at other times. Reading
   * into it saves a copy. It is freed once the payload is complete, or becomes it.
   */
  get payloadBuffer(): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#payload?.active || this.#at < this.#end) return undefined;
    return this.#payload.unfilled();
  }

  /** The number of bytes kept: of an incomplete payload, and for later ones. */
  get heldBytes(): number {
    return this.#payload?.heldBytes ?? 0;
  }

  /**
   * Takes back a payload that is no longer in use, before the next one is read.
   *
   * A view of the current chunk no longer counts for {@linkcode chunkInUse};
   * any other buffer serves a later payload that arrives in several chunks.
   */
  recyclePayload(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.byteLength === 0) return;
    const { buffer } = payload;
    if (this.#views > 0 && buffer === this.#chunk.buffer) this.#views--;
    else (this.#payload ??= new PayloadBuffer()).recycle(buffer);
  }

  /** Releases the memory kept by {@linkcode recyclePayload}. */
  releaseMemory(): void {
    this.#payload?.release();
  }

  /** Reads a header that lies in the chunk; keeps its beginning if it is cut. */
  #startHeader(): Header | undefined {
    const length = this.#parse(this.#chunk, this.#at, this.#end, this.#base);
    if (length > 0) {
      this.#at += length;
      return this.#header();
    }
    this.#cut ??= new HeaderBuffer();
    this.#cut.wanted = -length;
    this.#cut.append(this.#advance(this.#end - this.#at));
    return undefined;
  }

  /** Reads a header whose beginning was kept, taking only its own bytes. */
  #resumeHeader(): Header | undefined {
    const cut = this.#cut!;
    while (this.#at < this.#end) {
      const missing = cut.wanted - cut.length;
      cut.append(this.#advance(Math.min(missing, this.#end - this.#at)));
      const start = this.offset - cut.length;
      const length = this.#parse(cut.bytes, 0, cut.length, start);
      if (length > 0) {
        cut.length = 0;
        return this.#header();
      }
      cut.wanted = -length;
    }
    return undefined;
  }

  /** Whether the beginning of a header is kept. */
  get #isCut(): boolean {
    return this.#cut !== undefined && this.#cut.length > 0;
  }

  #header(): Header {
    this.#remaining = this.#parser.header.size;
    return this.#parser.header;
  }

  #parse(bytes: Uint8Array, at: number, end: number, offset: number): number {
    try {
      return this.#parser.parse(bytes, at, end, offset);
    } catch (error) {
      // The parser throws nothing else.
      throw this.#fail(error as ProtocolError);
    }
  }

  /** Collects the next bytes of the payload; returns it if it is complete. */
  #collect(): Uint8Array | undefined {
    const length = Math.min(this.#remaining, this.#end - this.#at);
    return this.#payload!.append(this.#take(length));
  }

  /** Takes bytes of the payload from the chunk, as a view to return. */
  #view(length: number): Uint8Array {
    this.#views++;
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
    // Half the cost of `subarray`, which looks up the kind of array first.
    const view = new Uint8Array(buffer, byteOffset + this.#at, length);
    this.#at += length;
    return view;
  }

  #unread(attempt: "push" | "end", which: "previous" | "last"): TypeError {
    const unread = this.#end - this.#at;
    return new TypeError(
      `Cannot ${attempt}: ${unread} bytes of the ${which} chunk are unread, wanted none`,
    );
  }

  /** The error of a conversation that ends within a message (close/inside). */
  #truncated(): ProtocolError {
    const { kind, size } = this.#parser.header;
    const what = this.#isCut
      ? `a message: it ends after ${this.#cut!.length} bytes`
      : `${kind}: payload ends after ${
        size - this.#remaining
      } of ${size} bytes`;
    return this.#fail(invalid("truncated", what, this.offset));
  }

  #overLimit(): ProtocolError {
    const { kind, size } = this.#parser.header;
    const what =
      `${kind}: payload size is ${size} bytes, wanted at most ${this.#maxPayloadBytes}`;
    const offset = this.offset - (size - this.#remaining) - SIZE_DIGITS;
    return this.#fail(invalid("over-limit", what, offset));
  }

  /** Ends decoding: no part of a refused message is delivered (error/invalid). */
  #fail(error: ProtocolError): ProtocolError {
    this.#failure = error;
    this.#payload?.drop();
    return error;
  }
}
