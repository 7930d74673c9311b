/**
 * Reading WebSocket frames (RFC 6455 section 5): chunks of a connection in,
 * data and control events out.
 *
 * @module
 */

import {
  applyMask,
  isCloseCode,
  MAX_CONTROL_PAYLOAD,
  OPCODE,
} from "./_frame.ts";
import {
  type CloseEvent,
  type DataEvent,
  FrameError,
  type FrameEvent,
} from "./_frame_event.ts";
import { hex, startProblem } from "./_frame_rules.ts";
import { Utf8Check } from "./_utf8.ts";

/** Options of a {@linkcode FrameReader}. */
export interface FrameReaderOptions {
  /**
   * The largest payload of one frame, in bytes; unlimited by default. The
   * reader keeps no data, so a limit is up to the receiver.
   */
  readonly maxFrame?: number;
  /** The largest message, over all its frames, in bytes; unlimited by default. */
  readonly maxMessageBytes?: number;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * A synchronous reader of frames, fed with chunks that are cut anywhere.
 *
 * Push a chunk, read until `undefined`, then push the next chunk. Data events
 * are views of the chunk, so nothing is buffered and an announced length costs
 * nothing. In return, the reader **writes to the chunk** (it unmasks payloads
 * in place) and owns it until all of it has been read, and the view of an event
 * is valid only until the caller reuses the chunk.
 *
 * `read` throws an error after all events that precede the malformed bytes, and
 * throws it again on every later call. Bytes after a close event are discarded.
 */
export class FrameReader {
  /** Whether the remote side masks, as clients must and servers must not. */
  readonly #masked: boolean;
  readonly #maxFrame: number;
  readonly #maxMessageBytes: number;

  /** The current chunk, the offset in it, and the length of those before. */
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #before = 0;

  /** A header or a control payload that spans chunks. */
  readonly #cut = new Uint8Array(MAX_CONTROL_PAYLOAD);
  #cutLength = 0;

  /** The current frame; `#left` counts the bytes its payload still lacks. */
  #inFrame = false;
  #frameOffset = 0;
  #opcode = 0;
  #fin = false;
  #left = 0;
  #key = 0;
  #phase = 0;

  /** The current message: the opcode of its first frame, or 0 for none. */
  #message = 0;
  #messageLength = 0;
  readonly #utf8 = new Utf8Check();

  #closed = false;
  #error: FrameError | undefined;

  /**
   * A reader for one connection.
   *
   * @param role The role of the local side.
   * @param options Limits.
   */
  constructor(role: "client" | "server", options: FrameReaderOptions = {}) {
    this.#masked = role === "server";
    this.#maxFrame = options.maxFrame ?? Number.MAX_SAFE_INTEGER;
    this.#maxMessageBytes = options.maxMessageBytes ?? Number.MAX_SAFE_INTEGER;
  }

  /** Whether the remote close frame has been read. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Takes the next bytes of the connection.
   *
   * @param chunk Written to, and owned by the reader until `read` returns
   * `undefined`.
   * @throws {FrameError} If an earlier call threw it.
   * @throws {TypeError} If the last chunk has unread bytes.
   */
  push(chunk: Uint8Array): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#closed) return;
    const unread = this.#chunk.length - this.#at;
    if (unread > 0) {
      throw new TypeError(
        `Cannot push a chunk: ${unread} bytes of the last one are unread, wanted read() until undefined`,
      );
    }
    this.#before += this.#chunk.length;
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * Returns the next event; `undefined` at the end of the chunk, and after a
   * close event.
   *
   * @throws {FrameError} If the remote side broke a rule or exceeded a limit.
   */
  read(): FrameEvent | undefined {
    if (this.#error !== undefined) throw this.#error;
    while (!this.#closed && (this.#inFrame || this.#readHeader())) {
      const event = this.#opcode >= OPCODE.close
        ? this.#readControl()
        : this.#readData();
      if (event !== undefined) return event;
      if (this.#inFrame) break;
    }
    // A quiet connection must not keep a buffer alive.
    this.#before += this.#chunk.length;
    this.#chunk = NOTHING;
    this.#at = 0;
    return undefined;
  }

  /** Reads the header of a frame; false if the chunk ends inside it. */
  #readHeader(): boolean {
    const chunk = this.#chunk;
    if (this.#cutLength === 0) {
      this.#frameOffset = this.#before + this.#at;
      const length = this.#parseHeader(chunk, this.#at, chunk.length);
      if (length > 0) {
        this.#at += length;
        return true;
      }
    }
    while (this.#at < chunk.length) {
      this.#cut[this.#cutLength++] = chunk[this.#at++]!;
      if (this.#parseHeader(this.#cut, 0, this.#cutLength) > 0) {
        this.#cutLength = 0;
        return true;
      }
    }
    return false;
  }

  /**
   * Parses the header in `bytes` from `at` to `end` and enters the frame.
   *
   * @returns The length of the header, or 0 if more bytes are required. The
   * bytes present have been checked even then.
   */
  #parseHeader(bytes: Uint8Array, at: number, end: number): number {
    const have = end - at;
    if (have < 2) return 0;
    const first = bytes[at]!, second = bytes[at + 1]!;
    const opcode = first & 0x0f, fin = first >= 0x80;
    const problem = startProblem(
      first,
      second,
      this.#masked,
      this.#message !== 0,
    );
    if (problem !== undefined) throw this.#fail(1002, problem);

    let length = second & 0x7f, size = 2;
    if (length === 126) {
      if (have < 4) return 0;
      length = bytes[at + 2]! << 8 | bytes[at + 3]!;
      size = 4;
      if (length < 126) throw this.#overlong(length, 16);
    } else if (length === 127) {
      if (have < 10) return 0;
      const high = readUint32(bytes, at + 2);
      length = high * 2 ** 32 + readUint32(bytes, at + 6);
      size = 10;
      if (high >= 0x80000000) {
        throw this.#fail(1002, "length of 2^63 or more, wanted less");
      }
      if (length < 0x10000) throw this.#overlong(length, 64);
    }
    if (opcode < OPCODE.close) this.#checkSize(opcode, length);
    let key = 0;
    if (this.#masked) {
      if (have < size + 4) return 0;
      key = readUint32(bytes, at + size);
      size += 4;
    }

    this.#inFrame = true;
    this.#opcode = opcode;
    this.#fin = fin;
    this.#left = length;
    this.#key = key;
    this.#phase = 0;
    if (opcode === OPCODE.continuation) {
      this.#messageLength += length;
    } else if (opcode < OPCODE.close) {
      this.#message = opcode;
      this.#messageLength = length;
    }
    return size;
  }

  /** Checks the length of a data frame against the limits. */
  #checkSize(opcode: number, length: number): void {
    if (length > this.#maxFrame) {
      throw this.#fail(
        1009,
        `frame of ${length} bytes, wanted at most ${this.#maxFrame}`,
      );
    }
    const message = opcode === OPCODE.continuation
      ? this.#messageLength + length
      : length;
    if (message > this.#maxMessageBytes) {
      throw this.#fail(
        1009,
        `message of ${message} bytes or more, wanted at most ${this.#maxMessageBytes}`,
      );
    }
  }

  /** Reads the part of a data frame in the chunk; `undefined` if it is empty. */
  #readData(): DataEvent | undefined {
    const chunk = this.#chunk, start = this.#at;
    const length = Math.min(chunk.length - start, this.#left);
    if (length === 0 && this.#left > 0) return undefined;
    const end = start + length;
    if (this.#masked) {
      applyMask(chunk, start, end, this.#key, this.#phase);
      this.#phase = (this.#phase + length) & 3;
    }
    this.#at = end;
    this.#left -= length;
    this.#inFrame = this.#left > 0;
    const last = this.#fin && !this.#inFrame;
    const text = this.#message === OPCODE.text;
    if (text) this.#checkText(start, end, last);
    if (last) this.#message = 0;
    if (length === 0 && !last) return undefined;
    return { kind: "data", bytes: chunk.subarray(start, end), text, end: last };
  }

  /** Checks a piece of text in the chunk. */
  #checkText(start: number, end: number, last: boolean): void {
    const bad = this.#utf8.push(this.#chunk, start, end);
    if (bad >= 0) {
      throw this.#fail(
        1007,
        `text has ${hex(this.#chunk[bad]!)} at byte ${
          this.#before + bad
        }, wanted UTF-8`,
      );
    }
    if (last && !this.#utf8.complete) {
      throw this.#fail(
        1007,
        "text ends inside a character, wanted the rest of it",
      );
    }
  }

  /** Reads a control frame; `undefined` if the chunk ends inside it. */
  #readControl(): FrameEvent | undefined {
    const chunk = this.#chunk, start = this.#at;
    const end = start + Math.min(chunk.length - start, this.#left);
    this.#cut.set(chunk.subarray(start, end), this.#cutLength);
    this.#at = end;
    this.#left -= end - start;
    this.#cutLength += end - start;
    if (this.#left > 0) return undefined;

    const payload = this.#cut.slice(0, this.#cutLength);
    this.#cutLength = 0;
    this.#inFrame = false;
    if (this.#masked) applyMask(payload, 0, payload.length, this.#key, 0);
    switch (this.#opcode) {
      case OPCODE.ping:
        return { kind: "ping", bytes: payload };
      case OPCODE.pong:
        return { kind: "pong", bytes: payload };
      default:
        return this.#readClose(payload);
    }
  }

  #readClose(payload: Uint8Array): CloseEvent {
    let code = 1005, reason = "";
    if (payload.length === 1) {
      throw this.#fail(1002, "close payload of 1 byte, wanted none or a code");
    }
    if (payload.length > 1) {
      code = payload[0]! << 8 | payload[1]!;
      if (!isCloseCode(code)) {
        throw this.#fail(
          1002,
          `close code ${code}, wanted one that may be sent`,
        );
      }
      try {
        reason = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
          .decode(payload.subarray(2));
      } catch {
        throw this.#fail(1007, "close reason is not UTF-8, wanted UTF-8");
      }
    }
    this.#closed = true;
    return { kind: "close", code, reason };
  }

  #overlong(length: number, bits: number): FrameError {
    return this.#fail(
      1002,
      `length ${length} in ${bits} bits, wanted the shortest form`,
    );
  }

  /** Returns an error about the current frame, and keeps it. */
  #fail(closeCode: number, problem: string): FrameError {
    this.#chunk = NOTHING;
    return this.#error = new FrameError(
      closeCode,
      `Cannot read the WebSocket frame at byte ${this.#frameOffset}: ${problem}`,
    );
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 |
    bytes[at + 3]!) >>> 0;
}
