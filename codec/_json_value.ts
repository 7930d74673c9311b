/**
 * Values that JSON cannot hold, although `JSON.stringify` writes something.
 *
 * @module
 */

import { disown } from "../quoting/refused_promise.ts";
import { nameOfValue } from "../quoting/value.ts";

/** A value that JSON cannot hold. */
export interface NoJson {
  /** What was found and what to do instead. */
  readonly message: string;
  /** The keys that lead to it. */
  readonly path: readonly string[];
}

/** How deep the quick search goes: most receivers accept no deeper JSON. */
const MAX_DEPTH = 500;

/** How many keys lead to a failure at most: each takes the time of writing the value once more. */
const MAX_PATH = 64;

/** Classes that may be written, by their objects' tag: the rest is written as `{}`. */
const WRITABLE = new Set(["Object", "Array", "Number", "String", "Boolean"]);

/** What to do instead, by what was found. */
const REMEDIES: Readonly<Record<string, string>> = {
  "a Promise": "what it resolves to: await it first",
  "a Map": "an object or an array, such as Object.fromEntries(map)",
  "a Set": "an array, such as [...set]",
  "a Blob": "its contents, such as await blob.text(), or bytes as the payload",
  "a File": "its contents, such as await file.text(), or bytes as the payload",
  "a FormData": "an object, such as Object.fromEntries(form)",
  "a Headers": "an object, such as Object.fromEntries(headers)",
  "a URLSearchParams":
    "its text, such as String(params), or an object, such as Object.fromEntries(params)",
  "a Response": "its contents, such as await response.json()",
  "a Request": "its contents, such as await request.json()",
};

/**
 * Returns the first value within another one that `JSON.stringify` writes as
 * something that loses it; `undefined` if there is none. The value must have
 * been written without an error: it has no circle.
 */
export function findNoJson(value: unknown): NoJson | undefined {
  // Nearly all values are plain, and are searched in a fraction of the time that
  // writing them takes (`codec_bench.ts`, "JSON").
  try {
    return isPlain(value, 0) ? undefined : search(value);
  } catch {
    return undefined; // A getter or a proxy that fails only sometimes.
  }
}

/**
 * Returns the keys that lead to what `JSON.stringify` fails at, in a value that
 * it has failed for: a BigInt, an object within itself, or a getter or a method
 * `toJSON` that throws. They are only the first ones of many.
 */
export function findFailure(root: unknown): readonly string[] {
  const path: string[] = [];
  const holders = new Set<unknown>();
  let value = root;
  while (path.length < MAX_PATH) {
    try {
      const { toJSON } = Object(value) as { readonly toJSON?: unknown };
      if (typeof toJSON === "function") {
        value = toJSON.call(value, path.at(-1) ?? "");
      }
      if (typeof value !== "object" || value === null) return path;
      if (holders.has(value)) return path;
      holders.add(value);
      const key = Object.keys(value).find((key) => isFailing(value, key));
      if (key === undefined) return path;
      path.push(key);
      value = (value as Record<string, unknown>)[key];
    } catch {
      return path; // At a getter, or a method toJSON.
    }
  }
  return path;
}

/** Returns whether a field makes `JSON.stringify` fail. */
function isFailing(holder: unknown, key: string): boolean {
  try {
    JSON.stringify((holder as Record<string, unknown>)[key]);
    return false;
  } catch {
    return true;
  }
}

/** Returns whether a value surely has no part that JSON cannot hold. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > MAX_DEPTH) return true;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item = value[index];
      if (typeof item === "object" && !isPlain(item, depth + 1)) return false;
    }
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    if (prototype === Date.prototype) return true;
    // What `toJSON` returns is not what the object holds.
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON === "function") {
      return isPlain(toJSON.call(value, ""), depth + 1);
    }
    if (isLost(value)) return false;
  }
  let isEmpty = true;
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === "object") {
      isEmpty = false;
      if (!isPlain(item, depth + 1)) return false;
    } else if (typeof item !== "function") isEmpty = false;
    else if (key === "toJSON" || key === "then") return false;
  }
  return !isEmpty || !isIterable(value);
}

function isIterable(value: object): boolean {
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

/** Returns whether JSON loses an object that has no `toJSON`. */
function isLost(value: object): boolean {
  if (Array.isArray(value)) return false;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (ArrayBuffer.isView(value) || tag === "Error" || value instanceof Error) {
    return true;
  }
  const { then } = value as { readonly then?: unknown };
  if (typeof then === "function" || Symbol.asyncIterator in value) return true;
  const fields = Object.values(value);
  if (fields.some((field) => typeof field !== "function")) return false;
  return !WRITABLE.has(tag) ||
    tag === "Object" && Symbol.iterator in value;
}

/** Searches as `JSON.stringify` writes, which knows what each `toJSON` returns. All of it, for each promise in it may reject. */
function search(root: unknown): NoJson | undefined {
  let found: NoJson | undefined;
  const pathOf = new Map<unknown, readonly string[]>();
  JSON.stringify(root, function (this: unknown, key, value: unknown) {
    if (typeof value !== "object" || value === null) return value;
    const holder = pathOf.get(this);
    const path = holder === undefined ? [] : [...holder, key];
    if (isLost(value)) {
      disown(value);
      found ??= { message: complaint(value), path };
      return undefined;
    }
    pathOf.set(value, path);
    return value;
  });
  return found;
}

function complaint(value: object): string {
  const name = nameOfValue(value);
  return `got ${name}, wanted ${REMEDIES[name] ?? remedy(value)}`;
}

function remedy(value: object): string {
  const tag = Object.prototype.toString.call(value);
  if (ArrayBuffer.isView(value) || /^\[object (Shared)?ArrayBuffer/.test(tag)) {
    return "text such as base64, or bytes as the payload";
  }
  if (value instanceof Error) return "its message, or to throw it";
  if ("then" in value) return REMEDIES["a Promise"]!;
  if (Symbol.asyncIterator in value) return "an array, or a stream request";
  if (Symbol.iterator in value) return "an array";
  return "a value that JSON can hold, or a method toJSON";
}
