/**
 * Files with recordings.
 *
 * @module
 */

import { ByteReader } from "../capture/byte_reader.ts";
import { standardInput, unreadable } from "../input.ts";
import type { Terminal } from "../terminal.ts";

/**
 * Opens a file; `-` is standard input.
 *
 * @throws {UsageError} If it cannot be read.
 */
export async function openRecording(
  path: string,
  { signal }: Terminal,
): Promise<ByteReader> {
  if (path === "-") return new ByteReader(standardInput(signal));
  try {
    const reader = new ByteReader((await Deno.open(path)).readable);
    await reader.peek(1);
    return reader;
  } catch (error) {
    throw unreadable(path, error);
  }
}
