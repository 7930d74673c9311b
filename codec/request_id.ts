/**
 * Request IDs: four opaque bytes, held as one number.
 *
 * @module
 */

import { readId, writeId } from "./_fields.ts";
import { LimitError } from "./limit_error.ts";
import { CURRENT_VERSION, type ProtocolVersion } from "./version.ts";

/**
 * A request ID: four opaque bytes, held as one unsigned big-endian 32-bit number
 * (wire/request-id).
 *
 * A number holds any four bytes, compares with `===`, and is a cheap key of a
 * `Map`. It is not text: other implementations use counters, ASCII or random
 * bytes. In version 00 it is three bytes, a 24-bit number
 * (version00/request-id).
 */
export type RequestId = number;

/**
 * Returns the length of a request ID on the wire: 4 bytes, or 3 in version 00.
 *
 * @example
 * ```ts
 * import { requestIdLength } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(requestIdLength(), 4);
 * assertEquals(requestIdLength("00"), 3);
 * ```
 */
export function requestIdLength(
  version: ProtocolVersion = CURRENT_VERSION,
): 3 | 4 {
  return version === "00" ? 3 : 4;
}

/**
 * Returns the request ID for its bytes, or for ASCII text of the same length.
 *
 * @throws {LimitError} If its length is not that of the version, or the text is
 * not ASCII.
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
 * Returns the bytes of a request ID.
 *
 * @throws {LimitError} If the number is not a request ID of the version.
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

/**
 * Throws if a number is not a request ID of the version. Internal to the codec.
 *
 * @throws {LimitError} Whose message names the attempt, as verb and object.
 */
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
