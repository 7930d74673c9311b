/**
 * Reads the frames of one end of a WebSocket, and finds malformed ones.
 *
 * @module
 */

import { joinBytes } from "../../cases/bytes.ts";
import type { Arrival } from "./wire.ts";

/** The ends of a WebSocket: a client masks its frames, a server does not. */
export type WebSocketEnd = "client" | "server";

/** The length of a mask, in bytes. */
const MASK_SIZE = 4;

/** Reads frames. */
export class RawFrameReader {
  readonly #listener: (arrival: Arrival) => void;
  readonly #isMasked: boolean;
  #buffer: Uint8Array = new Uint8Array(0);
  /** The fragments of the message that has begun, and its type. */
  #fragments: Uint8Array[] = [];
  #type: "text" | "binary" | undefined;
  #isOver = false;

  /** Creates a reader of what this end writes, which passes what arrives to a listener. */
  constructor(by: WebSocketEnd, listener: (arrival: Arrival) => void) {
    this.#listener = listener;
    this.#isMasked = by === "client";
  }

  /** Reads bytes; after a malformed frame or a close frame, nothing more. */
  push(bytes: Uint8Array): void {
    this.#buffer = joinBytes([this.#buffer, bytes]);
    while (!this.#isOver && this.#readFrame());
  }

  /** Reads one frame; returns whether there was a whole one. */
  #readFrame(): boolean {
    const buffer = this.#buffer;
    if (buffer.length < 2) return false;
    const short = buffer[1]! & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (buffer.length < 2 + extended) return false;
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    const length = extended === 0
      ? short
      : extended === 2
      ? view.getUint16(2)
      : Number(view.getBigUint64(2));
    const opcode = buffer[0]! & 0x0f;
    const isMasked = (buffer[1]! & 0x80) !== 0;
    const why = isMasked === this.#isMasked
      ? problemOf(buffer[0]!, length, extended)
      : isMasked
      ? "a masked frame"
      : "a frame without a mask";
    if (why !== undefined) return this.#violate(why);
    const start = 2 + extended + (isMasked ? MASK_SIZE : 0);
    const end = start + length;
    if (buffer.length < end) return false;
    const data = buffer.slice(start, end);
    if (isMasked) applyMask(data, buffer.subarray(start - MASK_SIZE, start));
    this.#buffer = buffer.subarray(end);
    this.#take(opcode, data, (buffer[0]! & 0x80) !== 0);
    return true;
  }

  #take(opcode: number, data: Uint8Array, fin: boolean): void {
    if (opcode === 8) return this.#close(data);
    if (opcode === 9 || opcode === 10) {
      const frame = opcode === 9 ? "ping" : "pong";
      return this.#listener({ type: "control", frame, bytes: data });
    }
    if ((opcode === 0) === (this.#type === undefined)) {
      this.#violate(
        opcode === 0
          ? "a continuation without a message"
          : "a message within another one",
      );
      return;
    }
    const type = this.#type ??= opcode === 1 ? "text" : "binary";
    this.#fragments.push(data);
    if (!fin) return;
    const bytes = joinBytes(this.#fragments);
    this.#fragments = [];
    this.#type = undefined;
    this.#listener({ type: "bytes", bytes, frame: type });
  }

  #close(data: Uint8Array): void {
    this.#isOver = true;
    this.#listener(
      data.length < 2
        ? { type: "end", how: "close" }
        : { type: "end", how: "close", code: data[0]! << 8 | data[1]! },
    );
  }

  #violate(why: string): false {
    this.#isOver = true;
    this.#listener({ type: "violation", why });
    return false;
  }
}

/** Masks bytes, or removes their mask. */
export function applyMask(data: Uint8Array, mask: Uint8Array): void {
  for (let at = 0; at < data.length; at++) data[at]! ^= mask[at % MASK_SIZE]!;
}

function problemOf(
  first: number,
  length: number,
  extended: number,
): string | undefined {
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0) return "a frame with reserved bits";
  if (![0, 1, 2, 8, 9, 10].includes(opcode)) {
    return `a frame with the opcode ${opcode}`;
  }
  if (opcode >= 8 && (extended > 0 || (first & 0x80) === 0)) {
    return "a control frame that is too long or fragmented";
  }
  const isShortest = extended === 0 ||
    (extended === 2 ? length > 125 : length > 65535);
  return isShortest ? undefined : "a length that is not written shortest";
}
