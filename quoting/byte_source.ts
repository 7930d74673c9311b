/**
 * Bytes of an application, in whatever it keeps them.
 * Internal to the package, but for the type.
 *
 * @module
 */

import { quoteBytes, quoteText } from "./quote.ts";
import { disown } from "./refused_promise.ts";
import { nameOfValue } from "./value.ts";

/**
 * Bytes: a `Uint8Array`, any other typed array, a `DataView`, a buffer of
 * Node.js, an `ArrayBuffer` or a `SharedArrayBuffer`.
 *
 * What counts are the bytes that it views, in memory order. They must not
 * change until they are sent.
 */
export type ByteSource = ArrayBufferLike | ArrayBufferView<ArrayBufferLike>;

/**
 * Returns the bytes that an application gave, without copying them.
 *
 * @param attempt What is attempted, for the error.
 * @param name The operation or notification that it is attempted with.
 * @throws {TypeError} If the value is not bytes, or its memory is gone.
 */
export function bytesOf(
  value: unknown,
  attempt: string,
  name?: string | Uint8Array,
): Uint8Array {
  // A proxy is an instance too, but no view.
  if (
    ArrayBuffer.isView(value) && value instanceof Uint8Array &&
    (value.byteLength > 0 || isReadable(value))
  ) return value;
  let found = nameOfValue(value);
  if (value instanceof Uint8Array && !ArrayBuffer.isView(value)) {
    found = "a proxy of bytes";
  }
  try {
    const bytes = viewOf(value);
    if (bytes !== undefined) return bytes;
  } catch {
    found += " whose memory is gone";
  }
  disown(value);
  throw noBytes(attempt, name, found);
}

/**
 * Returns whether bytes may be kept by reference: their number cannot change,
 * and every function of the runtime takes them.
 */
export function isFixed({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && buffer.resizable !== true;
}

/** Returns the bytes of a buffer source; `undefined` for anything else. Throws if the memory was transferred or became too small. */
function viewOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    // A DataView checks itself when its length is read.
    const { buffer, byteOffset, byteLength } = value;
    const isChecked = byteLength > 0 ||
      Object.prototype.toString.call(value) === "[object DataView]";
    if (!isChecked && !isReadable(value as Uint8Array)) {
      throw new TypeError("the view is out of bounds");
    }
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  // By tag: one of another realm is no instance.
  const tag = Object.prototype.toString.call(value);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]"
    ? new Uint8Array(value as ArrayBuffer)
    : undefined;
}

/** Returns whether a typed array still lies within its memory, unlike an empty one. */
function isReadable(view: Uint8Array): boolean {
  try {
    Uint8Array.prototype.at.call(view, 0);
    return true;
  } catch {
    return false;
  }
}

/** What to do with values that are often taken for bytes, by their name. */
const REMEDIES: Readonly<Record<string, string>> = {
  "a string": ", such as new TextEncoder().encode(text)",
  "an array": ", such as Uint8Array.from(array)",
  "a Blob": ", such as await blob.bytes()",
  "a File": ", such as await file.bytes()",
  "a Response": ", such as await response.bytes()",
  "a Request": ", such as await request.bytes()",
  "a Promise": ": await it first",
};

function noBytes(
  attempt: string,
  name: string | Uint8Array | undefined,
  found: string,
): TypeError {
  const what = name === undefined
    ? attempt
    : `${attempt} of ${
      typeof name === "string" ? quoteText(name) : quoteBytes(name)
    }`;
  const remedy = REMEDIES[found] ?? "";
  return new TypeError(
    `Cannot ${what}: got ${found}, wanted bytes (a Uint8Array or another buffer source)${remedy}`,
  );
}
