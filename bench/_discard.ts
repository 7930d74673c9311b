/**
 * Readers of web streams that throw away what they read.
 *
 * @module
 */

import { BULK_BUFFER } from "./_conn.ts";

/** Reads to the end, chunk by chunk; returns how many bytes there were. */
export async function discard(
  readable: ReadableStream<Uint8Array>,
): Promise<number> {
  let taken = 0;
  for await (const chunk of readable) taken += chunk.byteLength;
  return taken;
}

/** Reads to the end into one buffer, again and again; returns how many bytes there were. */
export async function discardByob(
  readable: ReadableStream<Uint8Array>,
): Promise<number> {
  const reader = readable.getReader({ mode: "byob" });
  let taken = 0;
  for (let memory = new ArrayBuffer(BULK_BUFFER);;) {
    const { done, value } = await reader.read(new Uint8Array(memory));
    if (done) return taken;
    taken += value.byteLength;
    memory = value.buffer;
  }
}
