/**
 * JSON, text and bytes, without the guards of servers: a page trusts its server
 * with the depth and the keys of JSON.
 * Internal to the package.
 *
 * @module
 */

import { type Name, quoteName } from "../../codec/name.ts";
import type { PayloadCodec, PayloadContext } from "../../codec/payload.ts";
import { ValidationError } from "../../codec/validation_error.ts";
import { bytesOf, type ByteSource } from "./byte_source.ts";
import { escapeUnprintable, utf8Text } from "./quote.ts";
import { nameOfValue } from "./value.ts";

const encoder = new TextEncoder();
const NO_JSON = "wanted a value that JSON can hold";

/** Converts JSON in UTF-8. `undefined` is the empty payload, both ways. */
export const json: PayloadCodec<unknown> = {
  encode(value, context) {
    if (value === undefined) return new Uint8Array(0);
    let written: string | undefined;
    try {
      written = JSON.stringify(value, refuseLost);
    } catch (cause) {
      const what = `${(cause as Error).message}, ${NO_JSON}`;
      throw invalid("en", "json", context, what, cause);
    }
    if (written !== undefined) return encoder.encode(written);
    const what = `got ${nameOfValue(value)}, ${NO_JSON}`;
    throw invalid("en", "json", context, what);
  },
  decode(payload, context) {
    const source = text.decode(payload, context);
    try {
      return source === "" ? undefined : JSON.parse(source);
    } catch (cause) {
      const what = `${(cause as Error).message}, wanted JSON`;
      throw invalid("de", "json", context, what, cause);
    }
  },
};

/** Converts text in UTF-8, strictly. */
export const text: PayloadCodec<string> = {
  encode(value, context) {
    if (typeof value === "string" && value.isWellFormed()) {
      return encoder.encode(value);
    }
    const what = `got ${nameOfValue(value)}, wanted well-formed text`;
    const error = invalid("en", "utf8", context, what);
    throw typeof value === "string" ? error : new TypeError(error.message);
  },
  decode(payload, context) {
    const value = utf8Text(payload);
    if (value !== undefined) return value;
    throw invalid("de", "utf8", context, "wanted UTF-8");
  },
};

/** Passes bytes as they are. */
export const bytes: PayloadCodec<Uint8Array, ByteSource> = {
  encode: (value, context) =>
    bytesOf(value, "encode the payload", context?.operation),
  decode: (payload) => payload,
};

/** Throws for what `JSON.stringify` would write as `{}` or the like; it calls this for each value, with its key. */
function refuseLost(key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  const { then } = value as { readonly then?: unknown };
  const isLost = ArrayBuffer.isView(value) || value instanceof Error ||
    typeof then === "function" || Symbol.asyncIterator in value ||
    !/^(?:Object|Number|String|Boolean)$/.test(nameOfValue(value)) &&
      Object.values(value).every((field) => typeof field === "function");
  if (!isLost) return value;
  throw new TypeError(`got ${nameOfValue(value)}${key && ` at ${key}`}`);
}

function invalid(
  direction: "en" | "de",
  code: "json" | "utf8",
  context: PayloadContext | undefined,
  what: string,
  cause?: unknown,
): ValidationError {
  const side = direction === "en" ? "local" : "remote";
  const name: Name | undefined = context?.operation;
  const of = name === undefined ? "" : ` of ${quoteName(name)}`;
  return new ValidationError(
    escapeUnprintable(`Cannot ${direction}code the payload${of}: ${what}`),
    { code, side, cause },
  );
}
