/**
 * Reading WebSocket messages as one stream of bytes (websocket/byte-stream).
 *
 * @module
 */

import type { CloseEvent, FrameEvent, PingEvent } from "./_frame_event.ts";
import type { FrameReader } from "./_frame_reader.ts";

/**
 * The largest piece that is moved next to the one before it, in bytes
 * (`_frame_bench.ts`, "read joined").
 */
const MOVED = 1024;

/**
 * Reads a {@linkcode FrameReader} for a receiver that ignores the boundaries of
 * frames and messages, and whether they are text (websocket/text).
 *
 * Many small frames in one chunk become one piece: their payloads are moved
 * together, over the headers between them. Chunks and pieces have the lifetime
 * that the reader below defines. Nothing else may read that reader.
 */
export class JoinedReader {
  readonly #reader: FrameReader;
  /** An event that was read, but does not join the piece before it. */
  #held: FrameEvent | undefined;

  /** A reader on a {@linkcode FrameReader}. */
  constructor(reader: FrameReader) {
    this.#reader = reader;
  }

  /** Takes the next bytes of the connection; see {@linkcode FrameReader.push}. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /**
   * Returns the next data, never empty, or the next control event; `undefined`
   * at the end of the chunk, and after a close event.
   *
   * @throws {FrameError} If the remote side broke a rule or exceeded a limit.
   */
  read(): Uint8Array | PingEvent | CloseEvent | undefined {
    while (true) {
      const event = this.#held ?? this.#reader.read();
      this.#held = undefined;
      if (event?.kind !== "data") return event;
      if (event.bytes.length > 0) return this.#join(event.bytes);
    }
  }

  /** Moves the small pieces that follow next to this one. */
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
      // The data before the error comes first; the reader throws it again.
    }
    return chunk.subarray(start, end);
  }
}
