/**
 * The two directions of a stream.
 *
 * @module
 */

import type { ByteSource } from "../quoting/byte_source.ts";

/** The two directions of a stream request. */
export interface StreamPair {
  /**
   * The data of the answer, as a byte stream. Each part below 4 KiB is one
   * chunk, unless the reader supplies its own buffers; larger ones are pieces of
   * data without boundaries, and are joined if they are queued.
   *
   * A reader that supplies its own buffers (`getReader({ mode: "byob" })`)
   * causes no garbage, however much it reads.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * The data of the request. Closing it ends the request's data. A chunk of at
   * most `maxPartBytes` is sent as one part.
   */
  readonly writable: WritableStream<ByteSource>;
}
