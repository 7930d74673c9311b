/**
 * Complete reads and writes on a `Deno.Conn`, each call of which may transfer
 * only a part.
 *
 * @module
 */

/** The buffer size for bulk transfers, in bytes; larger buffers are slower. */
export const BULK_BUFFER: number = 256 * 1024;

/** The buffer size for each of thousands of connections, in bytes. */
export const SMALL_BUFFER: number = 512;

/** Writes all bytes. */
export async function writeAll(
  conn: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  let written = await conn.write(bytes);
  while (written < bytes.byteLength) {
    written += await conn.write(bytes.subarray(written));
  }
}

/**
 * Reads and discards at least `bytes` bytes, and returns how many it has read:
 * fewer only at the end of the connection.
 */
export async function discard(
  conn: Deno.Conn,
  bytes: number,
  buffer: Uint8Array,
): Promise<number> {
  let received = 0;
  while (received < bytes) {
    const length = await conn.read(buffer);
    if (length === null) break;
    received += length;
  }
  return received;
}
