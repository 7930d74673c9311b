/**
 * Compares bytes, numbers and messages with patterns, and keeps what patterns
 * bind.
 *
 * @module
 */

import { type Message, requestIdBytes } from "@gotalk/gotalk/codec";
import { sameBytes, showBytes, toBytes } from "../../cases/bytes.ts";
import type {
  BeginningPattern,
  Bytes,
  BytesPattern,
  MessagePattern,
  NumberPattern,
} from "../../cases/case.ts";

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes bound to names. Never changed: a binding makes a new map. */
export type Bindings = ReadonlyMap<string, Uint8Array>;

/**
 * Returns the bytes bound to a name.
 *
 * @throws {TypeError} If none are.
 */
export function bound(bindings: Bindings, name: string): Uint8Array {
  const bytes = bindings.get(name);
  if (bytes !== undefined) return bytes;
  throw new TypeError(
    `Cannot run the case: ${name} is not bound, wanted a bind before it`,
  );
}

/** Returns bytes with the values of variables in place of their names. */
export function withBound(bytes: Bytes, bindings: Bindings): Bytes {
  if (typeof bytes === "string") return bytes;
  return bytes.map((part) =>
    "var" in part ? { hex: bound(bindings, part.var).toHex() } : part
  );
}

/** Returns the bindings after a match, `undefined` for a mismatch. */
export function matchBytes(
  pattern: BytesPattern,
  bytes: Uint8Array,
  bindings: Bindings,
): Bindings | undefined {
  const given = (is: boolean) => is ? bindings : undefined;
  if (typeof pattern === "string" || Array.isArray(pattern)) {
    const wanted = toBytes(withBound(pattern as Bytes, bindings));
    return given(sameBytes(bytes, wanted));
  }
  if ("begins" in pattern) {
    return matchBeginning(pattern.begins, bytes, bindings);
  }
  if ("var" in pattern) {
    return given(sameBytes(bytes, bound(bindings, pattern.var)));
  }
  if ("json" in pattern) return given(isJson(bytes, pattern.json));
  if ("text" in pattern) return given(textOf(bytes) !== undefined);
  if ("size" in pattern) return given(bytes.length === pattern.size);
  if ("without" in pattern) {
    return given(!contains(bytes, toBytes(pattern.without)));
  }
  const { bind, unlike } = pattern as { bind?: string; unlike?: string };
  if (unlike !== undefined && sameBytes(bytes, bound(bindings, unlike))) {
    return undefined;
  }
  return bind === undefined ? bindings : new Map(bindings).set(bind, bytes);
}

function matchBeginning(
  { with: begins, size, bind, above }: BeginningPattern,
  bytes: Uint8Array,
  bindings: Bindings,
): Bindings | undefined {
  const beginning = toBytes(withBound(begins, bindings));
  const isMatch = sameBytes(bytes.subarray(0, beginning.length), beginning) &&
    (size === undefined || bytes.length === size) &&
    (above === undefined || isAbove(bytes, bound(bindings, above)));
  if (!isMatch) return undefined;
  return bind === undefined ? bindings : new Map(bindings).set(bind, bytes);
}

function isAbove(bytes: Uint8Array, other: Uint8Array): boolean {
  const at = bytes.findIndex((byte, index) => byte !== other[index]);
  return at >= 0 && bytes[at]! > (other[at] ?? -1);
}

/** Reports whether a number is the one wanted, or within its bounds. */
export function matchNumber(pattern: NumberPattern, value: number): boolean {
  if (typeof pattern === "number") return value === pattern;
  return value >= (pattern.min ?? -Infinity) &&
    value <= (pattern.max ?? Infinity);
}

/** Returns the bindings after a match, `undefined` for a mismatch. */
export function matchMessage(
  pattern: MessagePattern,
  message: Message,
  bindings: Bindings,
): Bindings | undefined {
  if (message.kind !== pattern.kind) return undefined;
  const numbers = message as unknown as Record<string, number>;
  let result: Bindings | undefined = bindings;
  for (const field of ["wait", "load", "time", "code"] as const) {
    const wanted = pattern[field];
    if (wanted === undefined) continue;
    if (!matchNumber(wanted, numbers[field]!)) return undefined;
    if (typeof wanted === "number") continue;
    const { bind, unlike } = wanted;
    const digits = utf8.encode(String(numbers[field]));
    result = matchBytes(
      {
        ...bind === undefined ? {} : { bind },
        ...unlike === undefined ? {} : { unlike },
      },
      digits,
      result,
    );
    if (result === undefined) return undefined;
  }
  for (const field of ["id", "operation", "name", "payload"] as const) {
    const wanted = pattern[field];
    if (wanted === undefined) continue;
    result = matchBytes(wanted, bytesOf(message, field), result);
    if (result === undefined) return undefined;
  }
  return result;
}

/** Describes a pattern of a message in one line. */
export function describePattern(
  pattern: MessagePattern,
  bindings: Bindings,
): string {
  const words: string[] = [pattern.kind];
  for (const [field, wanted] of Object.entries(pattern)) {
    if (field === "kind") continue;
    words.push(
      field,
      ["wait", "load", "time", "code"].includes(field)
        ? describeNumber(wanted as NumberPattern)
        : describeBytes(wanted as BytesPattern, bindings),
    );
  }
  return words.join(" ");
}

/** Describes a pattern of bytes. */
function describeBytes(
  pattern: BytesPattern,
  bindings: Bindings,
): string {
  if (typeof pattern === "string" || Array.isArray(pattern)) {
    return describeSegments(pattern as Bytes, bindings);
  }
  if ("begins" in pattern) {
    const { with: begins, size, above } = pattern.begins;
    return [
      `beginning with ${describeSegments(begins, bindings)}`,
      ...size === undefined ? [] : [`${size} bytes`],
      ...above === undefined ? [] : [`above ${above}`],
    ].join(", ");
  }
  if ("var" in pattern) {
    const bytes = bindings.get(pattern.var);
    return bytes === undefined
      ? `as ${pattern.var}`
      : `"${showBytes(bytes)}" (${pattern.var})`;
  }
  if ("json" in pattern) return `JSON ${JSON.stringify(pattern.json)}`;
  if ("text" in pattern) return "any UTF-8 text";
  if ("size" in pattern) return `any ${pattern.size} bytes`;
  if ("without" in pattern) {
    return `without "${showBytes(toBytes(pattern.without))}"`;
  }
  const { unlike } = pattern as { unlike?: string };
  return unlike === undefined ? "any" : `unlike ${unlike}`;
}

function describeSegments(bytes: Bytes, bindings: Bindings): string {
  if (typeof bytes === "string") return `"${showBytes(toBytes(bytes))}"`;
  return bytes.map((part) =>
    "var" in part
      ? describeBytes({ var: part.var }, bindings)
      : `"${showBytes(toBytes([part]))}"`
  ).join(" ");
}

/** Describes a pattern of a number. */
function describeNumber(pattern: NumberPattern): string {
  if (typeof pattern === "number") return String(pattern);
  const { min, max, unlike } = pattern;
  if (unlike !== undefined) return `unlike ${unlike}`;
  if (min === undefined && max === undefined) return "any";
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `${min} to ${max}`;
}

function bytesOf(
  message: Message,
  field: "id" | "operation" | "name" | "payload",
): Uint8Array {
  const value = (message as unknown as Record<string, unknown>)[field];
  if (field === "id") return requestIdBytes(value as number);
  return typeof value === "string" ? utf8.encode(value) : value as Uint8Array;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function isJson(bytes: Uint8Array, wanted: unknown): boolean {
  const text = textOf(bytes);
  if (text === undefined) return false;
  try {
    return isSameValue(JSON.parse(text), wanted);
  } catch {
    return false;
  }
}

function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (a === null || b === null || Array.isArray(a) !== Array.isArray(b)) {
    return false;
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) &&
      isSameValue(
        (a as Record<string, unknown>)[key],
        (b as Record<string, unknown>)[key],
      )
    );
}

function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return true;
  }
  return false;
}
