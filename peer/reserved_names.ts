/**
 * Names that are reserved for extensions of the protocol.
 * Internal to the package.
 *
 * @module
 */

import { nameOfValue } from "../quoting/value.ts";
import {
  isReservedName,
  RESERVED_PREFIX,
} from "../codec/extensions/reserved_name.ts";
import { quoteName } from "../codec/name.ts";

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
    }: names that begin with "${RESERVED_PREFIX}" are reserved, wanted another`,
  );
}
