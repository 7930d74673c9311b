/**
 * The notification `gotalk:bytes`: its writer reads the messages of a WebSocket
 * as one byte stream.
 *
 * @module
 */

/** The name of the notification of a peer that reads write units merged or cut in any way. */
export const BYTES = "gotalk:bytes";

/** The payload of a `gotalk:bytes` (extension/bytes). */
export const BYTES_PAYLOAD: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/**
 * Returns whether the payload of a `gotalk:bytes` is well-formed, which is to
 * say empty (extension/bytes).
 *
 * @example
 * ```ts
 * import { isBytesPayload } from "@gotalk/gotalk/codec";
 * import { assert } from "@std/assert";
 *
 * assert(isBytesPayload(new Uint8Array(0)));
 * assert(!isBytesPayload(Uint8Array.of(0)));
 * ```
 */
export function isBytesPayload(payload: Uint8Array): boolean {
  return payload.byteLength === 0;
}
