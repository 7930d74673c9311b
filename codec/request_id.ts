/**
 * Request IDs: four opaque bytes, held as one number.
 *
 * @module
 */

import { readId, writeId } from "./_fields.ts";
import { LimitError } from "./limit_error.ts";
import { CURRENT_VERSION, type ProtocolVersion } from "./version.ts";

/**
 * The identity of a request: four opaque bytes, read as one unsigned big-endian 32-bit number.
 *
 * A number holds any four bytes, compares with `===`, and is a cheap key of a `Map` or index of an
 * array. It is never text: other implementations use counters, ASCII or random bytes. In version 00
 * it is three bytes, so a 24-bit number.
 */
export type RequestId = number;

/** How many bytes a request ID has on the wire: 4, or 3 in version 00. */
export function requestIdLength(
  version: ProtocolVersion = CURRENT_VERSION,
): 3 | 4 {
  return version === "00" ? 3 : 4;
}

/**
 * A request ID from its bytes, or from ASCII text of the same length.
 *
 * @throws {LimitError} when it has not the length that the version asks for, or the text is not ASCII.
 *
 * @example
 * ```ts
 * import { requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(requestId("0001"), 0x30303031);
 * assertEquals(requestId(Uint8Array.of(0xff, 0, 0, 1)), 0xff000001);
 * ```
 */
export function requestId(
  id: Uint8Array | string,
  version: ProtocolVersion = CURRENT_VERSION,
): RequestId {
  const bytes = typeof id === "string" ? Uint8Array.from(id, asciiCode) : id;
  const wanted = requestIdLength(version);
  if (bytes.byteLength !== wanted) {
    throw new LimitError(
      `Cannot make a request ID: it is ${bytes.byteLength} bytes, wanted ${wanted}`,
      { code: "id" },
    );
  }
  return readId(bytes, 0, wanted);
}

/**
 * The bytes of a request ID.
 *
 * @example
 * ```ts
 * import { requestId, requestIdBytes } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(requestIdBytes(requestId("0001")), new TextEncoder().encode("0001"));
 * ```
 */
export function requestIdBytes(
  id: RequestId,
  version: ProtocolVersion = CURRENT_VERSION,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(requestIdLength(version));
  checkRequestId(id, version, "write", "a request ID");
  writeId(bytes, 0, id, bytes.length);
  return bytes;
}

/** Refuses a number that is not a request ID of the version; says what was attempted with what. */
export function checkRequestId(
  id: RequestId,
  version: ProtocolVersion,
  verb: string,
  object: string,
): void {
  const largest = version === "00" ? 0xffffff : 0xffffffff;
  if (Number.isInteger(id) && id >= 0 && id <= largest) return;
  throw new LimitError(
    `Cannot ${verb} ${object}: request ID is ${id}, wanted an integer from 0 to ${largest}`,
    { code: "id" },
  );
}

function asciiCode(letter: string): number {
  const code = letter.charCodeAt(0);
  if (code < 128) return code;
  throw new LimitError(
    `Cannot make a request ID: ${
      JSON.stringify(letter)
    } is not ASCII, wanted bytes`,
    { code: "id" },
  );
}
