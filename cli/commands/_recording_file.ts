/**
 * Files with recordings.
 *
 * @module
 */

import { ByteReader } from "../capture/byte_reader.ts";
import { UsageError } from "../command.ts";
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
    const failure = unreadable(path, error);
    const tapped = `${path}1.sent`; // what `tap --record` makes of a path
    throw error instanceof Deno.errors.NotFound && await isFile(tapped)
      ? new UsageError(`${failure.message}; a tap wrote ${tapped}`)
      : failure;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
