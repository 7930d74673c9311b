/**
 * Reading WebSocket messages as the one stream of bytes they make up.
 *
 * @module
 */

import type {
  CloseEvent,
  FrameEvent,
  FrameReader,
  PingEvent,
} from "./_frame_reader.ts";

/** Larger pieces are handed on where they lie, smaller ones moved together. */
const MOVED = 1024;

/**
 * Reads a {@linkcode FrameReader} for a receiver to whom the bounds of frames
 * and messages mean nothing.
 *
 * Many small frames in one chunk cost their receiver one piece instead of one
 * each: the payloads are moved together, over the headers between them. Chunks
 * and pieces have the lifetime they have with the reader below, which is not to
 * be read by others.
 */
export class JoinedReader {
  readonly #reader: FrameReader;
  /** Read, but not to be delivered with what came before it. */
  #held: FrameEvent | undefined;

  /** A reader on top of another. */
  constructor(reader: FrameReader) {
    this.#reader = reader;
  }

  /** Takes the next bytes of the connection, as {@linkcode FrameReader.push}. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /**
   * The next data, never empty, or the next control event.
   *
   * @returns `undefined` when the chunk has been read through, or after a
   * close event.
   * @throws {WebSocketFault} If the other side broke a rule or a limit.
   */
  read(): Uint8Array | PingEvent | CloseEvent | undefined {
    while (true) {
      const event = this.#held ?? this.#reader.read();
      this.#held = undefined;
      if (event?.kind !== "data") return event;
      if (event.bytes.length > 0) return this.#join(event.bytes);
    }
  }

  /** Moves the small pieces that follow up to this one. */
  #join(piece: Uint8Array): Uint8Array {
    const chunk = new Uint8Array(piece.buffer);
    const start = piece.byteOffset;
    let end = start + piece.length;
    try {
      while (true) {
        const event = this.#reader.read();
        if (event?.kind !== "data" || event.bytes.length > MOVED) {
          this.#held = event;
          break;
        }
        chunk.set(event.bytes, end);
        end += event.bytes.length;
      }
    } catch {
      // What came before the fault comes first; the reader will throw it again.
    }
    return chunk.subarray(start, end);
  }
}
