/**
 * Memory that is freed at once.
 * Internal to the package.
 *
 * @module
 */

/** The engine frees smaller buffers soon enough, in bytes. */
const SMALLEST = 16 * 1024;

/**
 * Frees the memory of bytes that nothing uses any more, and that of all other
 * views of their buffer.
 *
 * The engine frees it late: large buffers need so few objects that the garbage
 * collector sees little to collect. 100 clients that send messages of 1 MiB to a
 * WebSocket of Deno which drops them make the process 560 MiB larger, or 60 MiB
 * if each message is freed (Deno 2.9.6; `deno task attack slow-1MiB`).
 */
export function freeMemory({ buffer }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < SMALLEST) return;
  // Browsers have it since 2024.
  const { transfer }: { transfer?: ArrayBuffer["transfer"] } = buffer;
  transfer?.call(buffer, 0);
}
