/**
 * Reads web streams to their end and discards the bytes.
 *
 * @module
 */

import { BULK_BUFFER } from "./_conn.ts";

/** Reads to the end, chunk by chunk, and returns the number of bytes. */
export async function discard(
  readable: ReadableStream<Uint8Array>,
): Promise<number> {
  let received = 0;
  for await (const chunk of readable) received += chunk.byteLength;
  return received;
}

/**
 * Reads to the end, always into the same buffer, and returns the number of
 * bytes.
 */
export async function discardByob(
  readable: ReadableStream<Uint8Array>,
): Promise<number> {
  const reader = readable.getReader({ mode: "byob" });
  let received = 0;
  for (let buffer = new ArrayBuffer(BULK_BUFFER);;) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) return received;
    received += value.byteLength;
    buffer = value.buffer;
  }
}
