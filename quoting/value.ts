/**
 * What a value is, for messages about values of the wrong type and about invalid
 * options.
 * Internal to the package.
 *
 * @module
 */

import { escapeUnprintable, excerpt } from "./quote.ts";

/** Describes a value: text in quotes, others as {@linkcode nameOfValue} does. */
export function describeValue(value: unknown): string {
  return typeof value === "string" ? excerpt(value) : nameOfValue(value);
}

/** Returns what a value is, with its article: `a string`, `null`, `a Blob`, `an array`. */
export function nameOfValue(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "boolean":
    case "number":
      return String(value);
    case "string":
    case "symbol":
      return `a ${typeof value}`;
    case "bigint":
      return "a BigInt";
    case "function":
      return "a function";
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return "an array";
      return nameOfObject(value);
  }
}

function nameOfObject(value: object): string {
  const name = classOf(value);
  if (name === undefined || name === "Object") return "an object";
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${escapeUnprintable(name)}`;
}

/** Returns the name of the class of an object; `undefined` if there is none. */
function classOf(value: object): string | undefined {
  try {
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const name: unknown = value.constructor?.name;
    return typeof name === "string" && name !== "" && name !== "Object"
      ? name
      : tag;
  } catch {
    return undefined; // A getter or a proxy of the application.
  }
}
