/**
 * The contents of payloads: JSON, text or plain bytes.
 *
 * @module
 */

import { bytesOf, type ByteSource } from "../quoting/byte_source.ts";
import {
  describeFailure,
  escapeUnprintable,
  utf8Text,
} from "../quoting/quote.ts";
import { disown } from "../quoting/refused_promise.ts";
import { nameOfValue } from "../quoting/value.ts";
import { markDigitStrings, unmark, unmarkMessage } from "./_digit_strings.ts";
import { tooDeepOffset, tooManyKeysOffset } from "./_json_shape.ts";
import { findFailure, findNoJson } from "./_json_value.ts";
import { LimitError } from "./limit_error.ts";
import { type Name, quoteName } from "./name.ts";
import { ValidationError, type ValidationIssue } from "./validation_error.ts";

/** What a payload belongs to, for error messages. */
export interface PayloadContext {
  /** The operation or notification. */
  readonly operation?: Name;
}

/** How large and how deep JSON may be, and how many keys it may have. A value can take 60 times the memory of its JSON. */
export interface JsonLimits {
  /** Largest JSON, in bytes. */
  readonly maxJsonBytes: number;
  /** Deepest nesting of arrays and objects. */
  readonly maxJsonDepth: number;
  /** Most different keys, of which one counts again where it follows other keys of its object: they take most time to parse. */
  readonly maxJsonKeys: number;
}

/** Converts values of one type to payloads and back. `Given` is what it takes, if that is more than it returns. */
export interface PayloadCodec<T, Given = T> {
  /**
   * Returns the payload for a value.
   *
   * @throws {ValidationError} If the value has no such payload (`side` is
   * `"local"`).
   * @throws {TypeError} If the value is not of the type.
   */
  encode(value: Given, context?: PayloadContext): Uint8Array;
  /**
   * Returns the value of a payload. The limits apply to JSON and are checked
   * before it is parsed; there are none by default.
   *
   * @throws {LimitError} If the payload exceeds a limit.
   * @throws {ValidationError} If the payload is malformed (`side` is
   * `"remote"`). For bytes that are not UTF-8, `offset` is the first bad one.
   */
  decode(
    payload: Uint8Array,
    context?: PayloadContext,
    limits?: JsonLimits,
  ): T;
}

const encoder = new TextEncoder();
/** Keeps a byte order mark, as the strict one does. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const NOTHING = new Uint8Array(0);
const NO_JSON = "wanted a value that JSON can hold";

/** Bytes checked at a time by the search for the first byte that is not UTF-8. */
const BLOCK = 4096;

/**
 * Converts JSON in UTF-8. `undefined` is the empty payload, both ways.
 *
 * What `JSON.stringify` would turn into `{}` or the like without a word is
 * refused, with its path: bytes, `Map`, `Set`, `Error`, promises, streams, iterators,
 * `Blob`, `Response` and other objects of built-in classes. A `Date` and
 * objects with a method `toJSON` are written as they say, those of other
 * classes by their fields. As in all JSON, `NaN` and infinities become `null`;
 * functions, symbols and `undefined` are left out of objects, and become `null`
 * in arrays.
 *
 * The error for malformed JSON has the JavaScript engine's own message.
 *
 * @example
 * ```ts
 * import { isValidationError, json } from "@gotalk/gotalk/codec";
 * import { assertEquals, assertMatch } from "@std/assert";
 *
 * assertEquals(json.decode(json.encode({ name: "Rasmus" })), { name: "Rasmus" });
 * try {
 *   json.decode(new TextEncoder().encode('{"name":}'), { operation: "greet" });
 * } catch (error) {
 *   if (!isValidationError(error)) throw error;
 *   assertEquals(error.code, "json");
 *   assertEquals(error.side, "remote");
 *   assertMatch(error.message, /^Cannot decode the payload of "greet": /);
 * }
 * ```
 */
export const json: PayloadCodec<unknown> = {
  encode(value, context) {
    if (value === undefined) return NOTHING;
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (cause) {
      // The engine's message names a circle in several lines.
      const [reason] = describeFailure(cause).split(/\\x0a/, 1);
      // Text that is too long for the engine comes of the whole value.
      const path = cause instanceof RangeError ? [] : findFailure(value);
      const where = path.length > 0
        ? ` at ${escapeUnprintable(path.join("."))}`
        : "";
      const message = `has no JSON form (${reason}), ${NO_JSON}`;
      const what = `the value${where} ${message}`;
      throw unwritable("json", context, what, cause, [{ message, path }]);
    }
    if (text === undefined) {
      const what = `got ${nameOfValue(value)}, ${NO_JSON}`;
      throw unwritable("json", context, what);
    }
    if (typeof value === "object") {
      const issue = findNoJson(value);
      if (issue !== undefined) {
        const { message, path } = issue;
        const where = path.length > 0 ? ` at ${path.join(".")}` : "";
        const what = escapeUnprintable(`${message}${where}`);
        throw unwritable("json", context, what, undefined, [issue]);
      }
    }
    return encoder.encode(text);
  },
  decode(payload, context, limits) {
    if (payload.byteLength === 0) return undefined;
    if (limits !== undefined) checkJson(payload, context, limits);
    const source = text.decode(payload, context);
    const marked = markDigitStrings(payload);
    try {
      return marked === undefined
        ? JSON.parse(source)
        : unmark(JSON.parse(decoder.decode(marked)));
    } catch (cause) {
      // The engine's message quotes the payload, which can hold anything.
      const { message } = cause as SyntaxError;
      const detail = escapeUnprintable(
        marked === undefined ? message : unmarkMessage(message),
      );
      throw unreadable("json", context, `${detail}, wanted JSON`, {
        cause: new SyntaxError(detail),
      });
    }
  },
};

/**
 * Converts text in UTF-8, strictly: neither direction replaces characters, and
 * a byte order mark is kept.
 *
 * @example
 * ```ts
 * import { text } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(text.encode("é"), Uint8Array.of(0xc3, 0xa9));
 * assertEquals(text.decode(Uint8Array.of(0xc3, 0xa9)), "é");
 * ```
 */
export const text: PayloadCodec<string> = {
  encode(value, context) {
    if (typeof value !== "string") {
      disown(value);
      throw new TypeError(
        `Cannot encode the payload${of(context)}: got ${
          nameOfValue(value)
        }, wanted a string`,
      );
    }
    if (value.isWellFormed()) return encoder.encode(value);
    const what = "the text has a lone surrogate, wanted well-formed text";
    throw unwritable("utf8", context, what);
  },
  decode(payload, context) {
    const value = utf8Text(payload);
    if (value !== undefined) return value;
    const offset = faultOffset(payload);
    const found = offset < payload.byteLength
      ? `0x${payload[offset]!.toString(16).padStart(2, "0")}`
      : "the end";
    const what = `byte ${offset} is ${found}, wanted UTF-8`;
    throw unreadable("utf8", context, what, { offset });
  },
};

/**
 * Passes bytes as they are: neither direction copies them. Takes any buffer
 * source.
 *
 * @example
 * ```ts
 * import { bytes } from "@gotalk/gotalk/codec";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const payload = Uint8Array.of(0xff, 0x00);
 * assertStrictEquals(bytes.encode(payload), payload);
 * assertStrictEquals(bytes.decode(payload), payload);
 * ```
 */
export const bytes: PayloadCodec<Uint8Array, ByteSource> = {
  encode: (value, context) =>
    bytesOf(value, "encode the payload", context?.operation),
  decode: (payload) => payload,
};

/** The error for JSON that is larger than it may be. Internal to the package. */
export function jsonTooLarge(
  byteLength: number,
  context: PayloadContext | undefined,
  maxJsonBytes: number,
): LimitError {
  return new LimitError(
    `Cannot decode the payload${
      of(context)
    }: its JSON is ${byteLength} bytes, wanted at most ${maxJsonBytes} (maxJsonBytes)`,
    { code: "maxJsonBytes" },
  );
}

function checkJson(
  payload: Uint8Array,
  context: PayloadContext | undefined,
  { maxJsonBytes, maxJsonDepth, maxJsonKeys }: JsonLimits,
): void {
  const { byteLength } = payload;
  if (byteLength > maxJsonBytes) {
    throw jsonTooLarge(byteLength, context, maxJsonBytes);
  }
  const deep = tooDeepOffset(payload, maxJsonDepth);
  if (deep >= 0) {
    throw new LimitError(
      `Cannot decode the payload${
        of(context)
      }: its JSON is nested too deep at byte ${deep}, wanted a depth of at most ${maxJsonDepth} (maxJsonDepth)`,
      { code: "maxJsonDepth" },
    );
  }
  const next = tooManyKeysOffset(payload, maxJsonKeys);
  if (next < 0) return;
  throw new LimitError(
    `Cannot decode the payload${
      of(context)
    }: its JSON has another key at byte ${next}, wanted at most ${maxJsonKeys} different ones (maxJsonKeys)`,
    { code: "maxJsonKeys" },
  );
}

/**
 * Returns the offset of the byte at which bytes stop being UTF-8; their length
 * if the last character is cut.
 */
function faultOffset(bytes: Uint8Array): number {
  let start = validLength(bytes, BLOCK);
  // The character before the block can continue in it.
  while (start > 0 && (bytes[--start]! & 0xc0) === 0x80);
  return start + validLength(bytes.subarray(start), 1);
}

/** Returns how many bytes, in whole blocks, come before the first fault. */
function validLength(bytes: Uint8Array, block: number): number {
  const strict = new TextDecoder("utf-8", { fatal: true });
  for (let at = 0; at < bytes.byteLength; at += block) {
    try {
      strict.decode(bytes.subarray(at, at + block), { stream: true });
    } catch {
      return at;
    }
  }
  return bytes.byteLength;
}

function unwritable(
  code: "json" | "utf8",
  context: PayloadContext | undefined,
  what: string,
  cause?: unknown,
  issues?: readonly ValidationIssue[],
): ValidationError {
  return new ValidationError(
    `Cannot encode the payload${of(context)}: ${what}`,
    { code, side: "local", cause, ...(issues && { issues }) },
  );
}

function unreadable(
  code: "json" | "utf8",
  context: PayloadContext | undefined,
  what: string,
  options: { readonly offset?: number; readonly cause?: unknown },
): ValidationError {
  return new ValidationError(
    `Cannot decode the payload${of(context)}: ${what}`,
    { code, side: "remote", ...options },
  );
}

function of(context: PayloadContext | undefined): string {
  return context?.operation === undefined
    ? ""
    : ` of ${quoteName(context.operation)}`;
}
