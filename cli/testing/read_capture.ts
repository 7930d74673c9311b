/**
 * Captures as tests look at them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { describe } from "@gotalk/gotalk/codec";
import { ByteReader } from "../capture/byte_reader.ts";
import {
  CapturedConversations,
  type CaptureOptions,
  type CaptureSummary,
  isCapture,
} from "../capture/captured_conversations.ts";

/** Reads a capture that comes in pieces. */
export async function readCapture(
  file: Uint8Array,
  options: CaptureOptions & { readonly pieces?: number } = {},
): Promise<{ lines: string[]; summary: CaptureSummary; error?: Error }> {
  assertEquals(isCapture(file.subarray(0, 4)), true);
  const { pieces = 1000 } = options;
  const chunks = (async function* () {
    for (let at = 0; at < file.length; at += pieces) {
      yield file.subarray(at, at + pieces);
    }
  })();
  const capture = new CapturedConversations(new ByteReader(chunks), options);
  const lines: string[] = [];
  let error: Error | undefined;
  try {
    for await (const event of capture.events()) {
      const words = "message" in event
        ? describe(event.message, { version: event.version })
        : `${event.isFault ? "! " : ""}${event.remark}`;
      lines.push(`${event.connection} ${event.by} ${words}`);
    }
  } catch (thrown) {
    error = thrown as Error;
  }
  return { lines, summary: capture.summary, ...error && { error } };
}
