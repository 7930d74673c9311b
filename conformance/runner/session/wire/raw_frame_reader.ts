/**
 * Reads the frames that a WebSocket server writes, and finds malformed ones.
 *
 * @module
 */

import { joinBytes } from "../../cases/bytes.ts";
import type { Arrival } from "./wire.ts";

/** Reads frames. */
export class RawFrameReader {
  readonly #listener: (arrival: Arrival) => void;
  #buffer: Uint8Array = new Uint8Array(0);
  /** The fragments of the message that has begun, and its type. */
  #fragments: Uint8Array[] = [];
  #type: "text" | "binary" | undefined;
  #isOver = false;

  /** Creates a reader that passes what arrives to a listener. */
  constructor(listener: (arrival: Arrival) => void) {
    this.#listener = listener;
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
    const why = problemOf(buffer[0]!, buffer[1]!, length, extended);
    if (why !== undefined) return this.#violate(why);
    const end = 2 + extended + length;
    if (buffer.length < end) return false;
    const data = buffer.slice(2 + extended, end);
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

function problemOf(
  first: number,
  second: number,
  length: number,
  extended: number,
): string | undefined {
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0) return "a frame with reserved bits";
  if ((second & 0x80) !== 0) return "a masked frame";
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
