/**
 * The functions that an application passes.
 * Internal to the package.
 *
 * @module
 */

import { unreserved } from "../../peer/reserved_names.ts";
import { nameOfValue } from "./value.ts";

/** Returns a function; throws a `TypeError` for anything else. */
export function checkedFunction<Given>(attempt: string, given: Given): Given {
  if (typeof given === "function") return given;
  throw new TypeError(
    `Cannot ${attempt}: got ${nameOfValue(given)}, wanted a function`,
  );
}

/** Returns the handler for a name, or for all others if that is `null`. */
export function checkedHandler<Given>(
  name: string | null,
  given: Given,
): Given {
  if (name !== null) unreserved(name);
  return checkedFunction(`handle ${name ?? "others"}`, given);
}
