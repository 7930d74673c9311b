/**
 * Whole reads and writes on a `Deno.Conn`, which may take and give a part only.
 *
 * @module
 */

/** A buffer for many bytes per second; larger ones are slower. */
export const BULK_BUFFER: number = 256 * 1024;

/** A buffer for each of thousands of connections. */
export const SMALL_BUFFER: number = 512;

/** Writes all the bytes. */
export async function writeAll(
  conn: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  let written = await conn.write(bytes);
  while (written < bytes.byteLength) {
    written += await conn.write(bytes.subarray(written));
  }
}

/** Reads so many bytes at least, throws them away, and returns how many they were; fewer only at the end. */
export async function discard(
  conn: Deno.Conn,
  bytes: number,
  buffer: Uint8Array,
): Promise<number> {
  let taken = 0;
  while (taken < bytes) {
    const length = await conn.read(buffer);
    if (length === null) break;
    taken += length;
  }
  return taken;
}
