/**
 * Bytes that the application passes, in any form.
 * Internal to the package.
 *
 * @module
 */

import type { ByteSource } from "../../quoting/byte_source.ts";
import { quoteBytes, quoteText } from "./quote.ts";
import { nameOfValue } from "./value.ts";

export type { ByteSource };

/**
 * Returns bytes as an array of bytes, which is no copy.
 *
 * @throws {TypeError} If the value is no bytes.
 */
export function bytesOf(
  value: unknown,
  attempt: string,
  name?: string | Uint8Array,
): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const found = nameOfValue(value);
  if (/^(?:Shared)?ArrayBuffer$/.test(found)) {
    return new Uint8Array(value as ArrayBuffer);
  }
  const of = name === undefined
    ? ""
    : ` of ${typeof name === "string" ? quoteText(name) : quoteBytes(name)}`;
  throw new TypeError(`Cannot ${attempt}${of}: got ${found}, wanted bytes`);
}
