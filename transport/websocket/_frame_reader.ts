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
import { Utf8Check } from "./_utf8.ts";

/** A piece of a message's data, as it arrived. */
export interface DataEvent {
  /** What the event is. */
  readonly kind: "data";
  /** A view of the pushed chunk, unmasked there; empty only at an end. */
  readonly bytes: Uint8Array;
  /** Whether the message is text, not binary. */
  readonly text: boolean;
  /** Whether the message ends with this piece. */
  readonly end: boolean;
}

/** A ping to be answered, or the answer to one. */
export interface PingEvent {
  /** What the event is. */
  readonly kind: "ping" | "pong";
  /** The payload, 0 to 125 bytes; a copy, for the receiver to keep. */
  readonly bytes: Uint8Array;
}

/** The other side closes; nothing follows. */
export interface CloseEvent {
  /** What the event is. */
  readonly kind: "close";
  /** The close code, or 1005 if the frame had none. */
  readonly code: number;
  /** The reason given, often empty. */
  readonly reason: string;
}

/** What {@linkcode FrameReader.read} gives. */
export type FrameEvent = DataEvent | PingEvent | CloseEvent;

/** Options of a {@linkcode FrameReader}. */
export interface FrameReaderOptions {
  /**
   * The largest payload of one frame, in bytes; by default the largest number
   * that can be counted to. The reader keeps nothing, so how much is too much
   * is for the receiver of the data to know.
   */
  readonly maxFrame?: number;
  /** The largest message in bytes, over all its frames; by default the same. */
  readonly maxMessage?: number;
}

/** The other side broke the protocol or a limit, and is to be told why. */
export class WebSocketFault extends Error {
  /** `"WebSocketFault"`. */
  override readonly name = "WebSocketFault";
  /** The code to close with: 1002, 1007 or 1009. */
  readonly closeCode: number;

  /** A fault with the code to close with. */
  constructor(closeCode: number, message: string) {
    super(message);
    this.closeCode = closeCode;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * A synchronous reader of frames, fed with chunks cut anywhere.
 *
 * Push a chunk, then read until `undefined`, then push the next. Data comes as
 * views of the chunk, so nothing is gathered and an announced length costs
 * nothing. The price: the chunk **is written to** (masked payloads are unmasked
 * in place) and belongs to the reader until it has been read through, and a
 * piece of data is good for only as long as the caller leaves the chunk alone.
 *
 * A fault is thrown by `read` once all that came before it has been delivered,
 * and by every later call. After a close event all further bytes are dropped.
 */
export class FrameReader {
  /** Whether the other side masks, as clients must and servers must not. */
  readonly #masked: boolean;
  readonly #maxFrame: number;
  readonly #maxMessage: number;

  /** The chunk being read, how far, and the length of those before it. */
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #before = 0;

  /** A header or a control payload that the end of a chunk cut. */
  readonly #cut = new Uint8Array(MAX_CONTROL_PAYLOAD);
  #cutLength = 0;

  /** The frame being read; `#left` counts what its payload still lacks. */
  #inFrame = false;
  #frameOffset = 0;
  #opcode = 0;
  #fin = false;
  #left = 0;
  #key = 0;
  #phase = 0;

  /** The message being read: the opcode of its first frame, 0 if there is none. */
  #message = 0;
  #messageLength = 0;
  readonly #utf8 = new Utf8Check();

  #closed = false;
  #fault: WebSocketFault | undefined;

  /**
   * A reader for one connection.
   *
   * @param role Which side of the connection this is, not the other.
   * @param options Limits.
   */
  constructor(role: "client" | "server", options: FrameReaderOptions = {}) {
    this.#masked = role === "server";
    this.#maxFrame = options.maxFrame ?? Number.MAX_SAFE_INTEGER;
    this.#maxMessage = options.maxMessage ?? Number.MAX_SAFE_INTEGER;
  }

  /** Whether the other side's close frame has been read. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Takes the next bytes of the connection.
   *
   * @param chunk Written to, and the reader's until `read` gives `undefined`.
   * @throws {WebSocketFault} If the connection failed before.
   * @throws {TypeError} If the last chunk has not been read through.
   */
  push(chunk: Uint8Array): void {
    if (this.#fault !== undefined) throw this.#fault;
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
   * The next event.
   *
   * @returns `undefined` when the chunk has been read through, or after a
   * close event.
   * @throws {WebSocketFault} If the other side broke a rule or a limit.
   */
  read(): FrameEvent | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    while (!this.#closed && (this.#inFrame || this.#readHeader())) {
      const event = this.#opcode >= OPCODE.close
        ? this.#readControl()
        : this.#readData();
      if (event !== undefined) return event;
      if (this.#inFrame) break;
    }
    // An idle connection must not hold on to a buffer.
    this.#before += this.#chunk.length;
    this.#chunk = NOTHING;
    this.#at = 0;
    return undefined;
  }

  /** Reads a frame's header; false if the chunk ends before it does. */
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
   * @returns The header's length, or 0 if more bytes are wanted; what is there
   * has been checked even then.
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

  /** Checks a data frame's length against the limits. */
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
    if (message > this.#maxMessage) {
      throw this.#fail(
        1009,
        `message of ${message} bytes or more, wanted at most ${this.#maxMessage}`,
      );
    }
  }

  /** Reads what the chunk has of a data frame; `undefined` if nothing to tell. */
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

  /** Reads a control frame; `undefined` if the chunk ends before it does. */
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

  #overlong(length: number, bits: number): WebSocketFault {
    return this.#fail(
      1002,
      `length ${length} in ${bits} bits, wanted the shortest form`,
    );
  }

  /** Makes a fault of the current frame and keeps it for good. */
  #fail(closeCode: number, problem: string): WebSocketFault {
    this.#chunk = NOTHING;
    return this.#fault = new WebSocketFault(
      closeCode,
      `Cannot read the WebSocket frame at byte ${this.#frameOffset}: ${problem}`,
    );
  }
}

/** What is wrong with a frame's first two bytes, if anything is. */
function startProblem(
  first: number,
  second: number,
  masked: boolean,
  inMessage: boolean,
): string | undefined {
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0) {
    return `first byte ${
      hex(first)
    } has reserved bits, wanted none as no extension was agreed`;
  }
  if ((opcode & 0x07) > OPCODE.binary) {
    return `unknown opcode ${opcode}, wanted 0, 1, 2, 8, 9 or 10`;
  }
  if (second >= 0x80 !== masked) {
    return masked
      ? "unmasked frame, wanted a mask from a client"
      : "masked frame, wanted no mask from a server";
  }
  if (opcode >= OPCODE.close) {
    if (first < 0x80) {
      return `fragment of a control frame (opcode ${opcode}), wanted it whole`;
    }
    if ((second & 0x7f) > MAX_CONTROL_PAYLOAD) {
      return `control frame (opcode ${opcode}) of over ${MAX_CONTROL_PAYLOAD} bytes, wanted no more`;
    }
  } else if (opcode === OPCODE.continuation) {
    if (!inMessage) return "continuation of nothing, wanted a new message";
  } else if (inMessage) {
    return `new message (opcode ${opcode}) inside another, wanted a continuation`;
  }
  return undefined;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 |
    bytes[at + 3]!) >>> 0;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
