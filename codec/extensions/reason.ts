/**
 * Reasons in payloads of extensions: text for humans.
 * Internal to the package.
 *
 * @module
 */

/** The longest reason that is sent, and of one that is read what is kept, in bytes of UTF-8. */
const MAX_REASON_BYTES = 256;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes a reason behind `at` bytes that are left free: whole characters, as many as are sent. */
export function withReason(
  at: number,
  reason: string,
): Uint8Array<ArrayBuffer> {
  // Characters have up to 3 bytes for each unit of a string.
  const size = Math.min(reason.length * 3, MAX_REASON_BYTES);
  const space = new Uint8Array(at + size);
  const { written } = encoder.encodeInto(reason, space.subarray(at));
  return space.subarray(0, at + written);
}

/** Reads the beginning of a reason. What is not UTF-8 is replaced, since only people read it. */
export function readReason(bytes: Uint8Array): string {
  // A character that is cut at the end is left out.
  const cut = bytes.byteLength > MAX_REASON_BYTES;
  const text = decoder.decode(bytes.subarray(0, MAX_REASON_BYTES));
  return cut ? text.replace(/\ufffd$/, "") : text;
}
