/**
 * The payload of the notification `gotalk:drain`: a peer takes no new requests.
 *
 * @module
 */

import { readReason, withReason } from "./reason.ts";

/** The name of the notification of a peer that takes no new requests. */
export const DRAIN = "gotalk:drain";

/**
 * Returns the payload of a `gotalk:drain`: the reason as UTF-8, of which at most 256
 * bytes are sent (extension/drain).
 *
 * @example
 * ```ts
 * import { decodeDrain, encodeDrain } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decodeDrain(encodeDrain("shutting down")), "shutting down");
 * ```
 */
export function encodeDrain(reason: string): Uint8Array<ArrayBuffer> {
  return withReason(0, reason);
}

/**
 * Returns the reason in the payload of a `gotalk:drain`, which may be empty
 * (extension/drain). At most 256 bytes of it are kept; what is not UTF-8 is
 * replaced.
 *
 * @example
 * ```ts
 * import { decodeDrain } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decodeDrain(new Uint8Array(0)), "");
 * assertEquals(decodeDrain(Uint8Array.of(0xff)), "\ufffd");
 * ```
 */
export function decodeDrain(payload: Uint8Array): string {
  return readReason(payload);
}
