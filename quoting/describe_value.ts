/**
 * What was given as an option, for messages about invalid ones.
 * Internal to the package.
 *
 * @module
 */

import { excerpt } from "./quote.ts";
import { nameOfValue } from "./value.ts";

/** Describes a value: text in quotes, others as {@linkcode nameOfValue} does. */
export function describeValue(value: unknown): string {
  return typeof value === "string" ? excerpt(value) : nameOfValue(value);
}
