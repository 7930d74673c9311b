/**
 * Names that are reserved for extensions of the protocol.
 * Internal to the package.
 *
 * @module
 */

import { startsWith } from "@std/bytes";
import { nameOfValue } from "../quoting/value.ts";
import { type Name, quoteName } from "../codec/mod.ts";

const PREFIX = "gotalk:";
const PREFIX_BYTES = new TextEncoder().encode(PREFIX);

/** Whether a name is reserved for extensions (extension/reserved). */
export function isReservedName(name: Name): boolean {
  return typeof name === "string"
    ? name.startsWith(PREFIX)
    : startsWith(name, PREFIX_BYTES);
}

/**
 * Returns a name that an application chose.
 *
 * @throws {TypeError} If it is reserved for extensions.
 */
export function unreserved<Chosen extends string>(
  name: Chosen,
  what = "handle",
): Chosen {
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot ${what} ${nameOfValue(name)}: wanted a name, which is a string`,
    );
  }
  if (!isReservedName(name)) return name;
  throw new TypeError(
    `Cannot ${what} ${
      quoteName(name)
    }: names that begin with "${PREFIX}" are reserved, wanted another`,
  );
}
