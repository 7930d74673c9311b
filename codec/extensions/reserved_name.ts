/**
 * Names that are reserved for extensions of the protocol.
 *
 * @module
 */

import type { Name } from "../name.ts";

/** How names that are reserved for extensions begin (extension/reserved). */
export const RESERVED_PREFIX = "gotalk:";

const PREFIX_BYTES = new TextEncoder().encode(RESERVED_PREFIX);

/**
 * Whether a name is reserved for extensions of the protocol: applications use
 * none of these names (extension/reserved).
 *
 * @example
 * ```ts
 * import { isReservedName } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isReservedName("gotalk:cancel"), true);
 * assertEquals(isReservedName("greet"), false);
 * ```
 */
export function isReservedName(name: Name): boolean {
  return typeof name === "string"
    ? name.startsWith(RESERVED_PREFIX)
    : PREFIX_BYTES.every((byte, at) => name[at] === byte);
}
