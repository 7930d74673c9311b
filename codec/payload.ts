/**
 * What applications put into payloads: JSON, text or plain bytes.
 *
 * @module
 */

import { jsonFault } from "./_json_fault.ts";
import { utf8Text } from "./_quote.ts";
import { utf8Fault } from "./_utf8_fault.ts";
import { type Name, quoteName } from "./name.ts";
import { ValidationError } from "./validation_error.ts";

/** What a payload belongs to, for errors. */
export interface PayloadContext {
  /** The operation or notification. */
  readonly operation?: Name;
}

/** Turns values of one type into payloads and back. */
export interface PayloadCodec<T> {
  /**
   * The payload for a value.
   *
   * @throws {ValidationError} when the value cannot be written (`side` is `"local"`).
   */
  encode(value: T, context?: PayloadContext): Uint8Array;
  /**
   * The value of a payload.
   *
   * @throws {ValidationError} when the payload is malformed (`side` is `"remote"`), with its `offset`.
   */
  decode(payload: Uint8Array, context?: PayloadContext): T;
}

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);
const NO_JSON = "it is a value without JSON form";

/**
 * JSON in UTF-8. `undefined` is the empty payload, both ways.
 *
 * @example
 * ```ts
 * import { isValidationError, json } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(json.decode(json.encode({ name: "Rasmus" })), { name: "Rasmus" });
 * try {
 *   json.decode(new TextEncoder().encode('{"name":}'), { operation: "greet" });
 * } catch (error) {
 *   if (!isValidationError(error)) throw error;
 *   assertEquals(error.offset, 8);
 *   assertEquals(
 *     error.message,
 *     'Cannot decode the payload of "greet": byte 8 is "}", wanted a JSON value',
 *   );
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
      throw unwritable("json", context, NO_JSON, cause);
    }
    if (text === undefined) {
      throw unwritable("json", context, NO_JSON);
    }
    return encoder.encode(text);
  },
  decode(payload, context) {
    if (payload.byteLength === 0) return undefined;
    const source = text.decode(payload, context);
    try {
      return JSON.parse(source);
    } catch (cause) {
      const { at, wanted } = jsonFault(source);
      const offset = encoder.encode(source.slice(0, at)).byteLength;
      const found = at < source.length
        ? quoteName(String.fromCodePoint(source.codePointAt(at)!))
        : "the end";
      throw unreadable(
        "json",
        context,
        offset,
        `${found}, wanted ${wanted}`,
        cause,
      );
    }
  },
};

/**
 * Text in UTF-8, strictly: neither direction replaces anything, and a byte order mark is kept.
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
    if (!value.isWellFormed()) {
      throw unwritable("utf8", context, "it is text with a lone surrogate");
    }
    return encoder.encode(value);
  },
  decode(payload, context) {
    const value = utf8Text(payload);
    if (value !== undefined) return value;
    const offset = utf8Fault(payload);
    const found = offset < payload.byteLength
      ? `0x${payload[offset]!.toString(16).padStart(2, "0")}`
      : "the end";
    throw unreadable("utf8", context, offset, `${found}, wanted UTF-8`);
  },
};

/** Bytes as they are: neither direction copies. */
export const bytes: PayloadCodec<Uint8Array> = {
  encode: (value) => value,
  decode: (payload) => payload,
};

function unwritable(
  code: "json" | "utf8",
  context: PayloadContext | undefined,
  what: string,
  cause?: unknown,
): ValidationError {
  const wanted = code === "json"
    ? "a value that JSON can hold"
    : "well-formed text";
  return new ValidationError(
    `Cannot encode the payload${of(context)}: ${what}, wanted ${wanted}`,
    { code, side: "local", cause },
  );
}

function unreadable(
  code: "json" | "utf8",
  context: PayloadContext | undefined,
  offset: number,
  what: string,
  cause?: unknown,
): ValidationError {
  return new ValidationError(
    `Cannot decode the payload${of(context)}: byte ${offset} is ${what}`,
    { code, side: "remote", offset, cause },
  );
}

function of(context: PayloadContext | undefined): string {
  return context?.operation === undefined
    ? ""
    : ` of ${quoteName(context.operation)}`;
}
