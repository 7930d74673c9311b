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
  Variable,
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

/**
 * Returns the value of a variable, or a similar one.
 *
 * @throws {TypeError} If nothing is bound to it, or it has no such byte.
 */
export function valueOf(
  { var: name, changed, bit = 0 }: Variable,
  bindings: Bindings,
): Uint8Array {
  const bytes = bound(bindings, name);
  if (changed === undefined) return bytes;
  if (changed >= bytes.length) {
    throw new TypeError(
      `Cannot run the case: ${name} has ${bytes.length} bytes, wanted one at ${changed}`,
    );
  }
  const similar = bytes.slice();
  similar[changed]! ^= 1 << bit;
  return similar;
}

/** Returns bytes with the values of variables in place of their names. */
export function withBound(bytes: Bytes, bindings: Bindings): Bytes {
  if (typeof bytes === "string") return bytes;
  return bytes.map((part) =>
    "var" in part ? { hex: valueOf(part, bindings).toHex() } : part
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
    return given(sameBytes(bytes, valueOf(pattern, bindings)));
  }
  if ("json" in pattern) return given(isJson(bytes, pattern.json));
  if ("listing" in pattern) return given(lists(bytes, pattern.listing));
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
  { with: begins, size, bind, above, lowerCase }: BeginningPattern,
  bytes: Uint8Array,
  bindings: Bindings,
): Bindings | undefined {
  const beginning = toBytes(withBound(begins, bindings));
  const isMatch = sameBytes(bytes.subarray(0, beginning.length), beginning) &&
    (size === undefined || bytes.length === size) &&
    (above === undefined || isAbove(bytes, bound(bindings, above))) &&
    !(lowerCase && bytes.subarray(beginning.length).some(isCapital));
  if (!isMatch) return undefined;
  return bind === undefined ? bindings : new Map(bindings).set(bind, bytes);
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function isAbove(bytes: Uint8Array, other: Uint8Array): boolean {
  const at = bytes.findIndex((byte, index) => byte !== other[index]);
  return at >= 0 && bytes[at]! > (other[at] ?? -1);
}

/** Returns the bindings after a match, `undefined` for a mismatch. Numbers are bound as digits. */
export function matchNumber(
  pattern: NumberPattern,
  value: number,
  bindings: Bindings,
): Bindings | undefined {
  if (typeof pattern === "number") {
    return value === pattern ? bindings : undefined;
  }
  const { min = -Infinity, max = Infinity, now = Infinity, bind, unlike } =
    pattern;
  const digits = utf8.encode(String(value));
  const isMatch = value >= min && value <= max &&
    Math.abs(value - Date.now() / 1_000) <= now &&
    (unlike === undefined || !sameBytes(digits, bound(bindings, unlike)));
  if (!isMatch) return undefined;
  return bind === undefined ? bindings : new Map(bindings).set(bind, digits);
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
    result = matchNumber(wanted, numbers[field]!, result);
    if (result === undefined) return undefined;
  }
  for (const field of ["id", "operation", "name", "payload"] as const) {
    const wanted = pattern[field];
    if (wanted === undefined || isSameText(wanted, message, field)) continue;
    result = matchBytes(wanted, bytesOf(message, field), result);
    if (result === undefined) return undefined;
  }
  return result;
}

/** Whether a field is text, and the text that is wanted. */
function isSameText(
  wanted: BytesPattern,
  message: Message,
  field: string,
): boolean {
  return typeof wanted === "string" &&
    (message as unknown as Record<string, unknown>)[field] === wanted;
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
    const { with: begins, size, above, lowerCase } = pattern.begins;
    return [
      `beginning with ${describeSegments(begins, bindings)}`,
      ...size === undefined ? [] : [`${size} bytes`],
      ...above === undefined ? [] : [`above ${above}`],
      ...lowerCase ? ["in lower case"] : [],
    ].join(", ");
  }
  if ("var" in pattern) {
    const { var: name, changed, bit = 0 } = pattern;
    const similar = changed === undefined
      ? ""
      : `, its byte ${changed} changed in bit ${bit}`;
    return bindings.has(name)
      ? `"${showBytes(valueOf(pattern, bindings))}" (${name}${similar})`
      : `as ${name}${similar}`;
  }
  if ("json" in pattern) return `JSON ${JSON.stringify(pattern.json)}`;
  if ("listing" in pattern) {
    return `a JSON array with ${JSON.stringify(pattern.listing)}`;
  }
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
      ? describeBytes(part, bindings)
      : `"${showBytes(toBytes([part]))}"`
  ).join(" ");
}

/** Describes a pattern of a number. */
function describeNumber(pattern: NumberPattern): string {
  if (typeof pattern === "number") return String(pattern);
  const { min, max, now, unlike } = pattern;
  const times = now === undefined
    ? []
    : [`within ${now} seconds of ${Math.floor(Date.now() / 1_000)}`];
  const bounds = min === undefined
    ? max === undefined ? [] : [`at most ${max}`]
    : [max === undefined ? `at least ${min}` : `${min} to ${max}`];
  const others = unlike === undefined ? [] : [`unlike ${unlike}`];
  return [...bounds, ...times, ...others].join(", ") || "any";
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
  const value = jsonOf(bytes);
  return value !== undefined && isSameValue(value, wanted);
}

/** Returns the value of JSON; `undefined` if the bytes are none. */
function jsonOf(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether bytes are a JSON array in which some object has the members of each that is wanted. */
function lists(
  bytes: Uint8Array,
  wanted: readonly Readonly<Record<string, unknown>>[],
): boolean {
  const value = jsonOf(bytes);
  return Array.isArray(value) &&
    wanted.every((members) =>
      value.some((entry) =>
        typeof entry === "object" && entry !== null &&
        Object.entries(members).every(([name, member]) =>
          isSameValue(entry[name], member)
        )
      )
    );
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
