/**
 * The error of a request that was answered with an ErrorResult.
 *
 * @module
 */

import { bytesOf } from "../quoting/byte_source.ts";
import { json, type JsonLimits, text } from "../codec/payload.ts";
import { brand, isBranded } from "../codec/error_brand.ts";
import {
  checkErrorOptions,
  type OperationErrorOptions,
} from "./operation_error_options.ts";

export type { OperationErrorOptions };

/** The code of an error that was sent without one. */
const NO_CODE = "operation-failed";

/** Replaces bytes that are not UTF-8. */
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * An operation failed, and repeating the request would not help.
 *
 * A call rejects with it if the remote peer answers with an ErrorResult. A
 * handler throws it to choose the payload of the ErrorResult; any other error
 * of a handler is sent as a fixed text (request/failure-text).
 *
 * An error that a call of the handler was answered with, whose `operation` is
 * set, counts as any other one: it may hold what the caller of the handler must
 * not see. A gateway relays it by throwing a new one with its payload.
 *
 * The payload is the message as text. If there is a `code` or `data`, it is
 * JSON, which any implementation can read:
 * `{"error":"division by zero","code":"divisor","data":{"b":0}}`, without the
 * members that are not given.
 *
 * @example In a handler
 * ```ts
 * import { Handlers, OperationError } from "@gotalk/gotalk/peer";
 *
 * const handlers = new Handlers().handle("divide", ({ a, b }: { a: number; b: number }) => {
 *   if (b === 0) throw new OperationError("division by zero", { code: "divisor", data: { b } });
 *   return a / b;
 * });
 * ```
 *
 * @example In a gateway
 * ```ts
 * import { connect, Handlers, isOperationError, OperationError, serve } from "@gotalk/gotalk";
 * import { assertRejects } from "@std/assert";
 *
 * await using inner = await serve({ port: 0 }, new Handlers().handle("buy", () => {
 *   throw new OperationError("sold out");
 * }));
 * await using shop = await connect(inner.address);
 * const handlers = new Handlers().handle("buy", async () => {
 *   try {
 *     return await shop.request("buy");
 *   } catch (error) {
 *     if (!isOperationError(error)) throw error;
 *     throw new OperationError(error.message, { payload: error.payload });
 *   }
 * });
 * await using outer = await serve({ port: 0 }, handlers);
 * await using peer = await connect(outer.address);
 * await assertRejects(() => peer.request("buy"), OperationError, "sold out");
 * ```
 *
 * @example Where the call is made
 * ```ts
 * import { connect, Handlers, isOperationError, OperationError, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("buy", () => {
 *   throw new OperationError("sold out", { code: "sold-out", data: { until: "May" } });
 * });
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = await connect(server.address);
 * try {
 *   await peer.request("buy");
 * } catch (error) {
 *   if (!isOperationError(error)) throw error;
 *   assertEquals(error.text, "sold out");
 *   assertEquals([error.code, error.data], ["sold-out", { until: "May" }]);
 * }
 * ```
 */
export class OperationError<
  Code extends string = string,
  Data = unknown,
> extends Error {
  /** The operation that failed; `undefined` in an error that a handler created. */
  readonly operation: string | undefined;
  /** The payload of the ErrorResult, unchanged. */
  readonly payload: Uint8Array;
  // What the remote peer chose is not printed with the error, since it may hold anything.
  readonly #text: string;
  readonly #code: Code;
  readonly #data: Data;

  static {
    brand(this, "OperationError");
  }

  /**
   * Creates the error. In a handler, the message becomes the text that the remote peer receives.
   *
   * @throws {TypeError} If an option is unknown, or of the wrong kind.
   */
  constructor(
    message: string,
    options: OperationErrorOptions<Code, Data> = {},
  ) {
    super(message, options);
    checkErrorOptions(options);
    const { code, data, operation, payload, text = this.message } = options;
    this.operation = operation;
    this.payload = payload === undefined
      ? payloadOf(text, code, data)
      : bytesOf(payload, "create an OperationError with the payload");
    this.#text = text;
    this.#code = code ?? NO_CODE as Code;
    this.#data = data as Data;
  }

  /**
   * What the handler says, in its own words: the text of the ErrorResult. It can
   * hold any character.
   */
  get text(): string {
    return this.#text;
  }

  /** The code that the handler chose; `"operation-failed"` if it chose none. */
  get code(): Code {
    return this.#code;
  }

  /** The data that the handler added, as received; `undefined` if it added none. */
  get data(): Data {
    return this.#data;
  }
}

/**
 * Returns whether a value is an {@linkcode OperationError}, also one of another
 * copy of this package. Its type argument says which errors the contract has,
 * see `ErrorOf`; the codes and data that arrive are not checked.
 */
export function isOperationError<
  Expected extends OperationError = OperationError,
>(value: unknown): value is Expected {
  return isBranded(value, "OperationError");
}

/** What an ErrorResult says. */
export interface ErrorDetails {
  readonly text: string;
  readonly code?: string | undefined;
  readonly data?: unknown;
}

/** Returns the payload of an ErrorResult: text, or JSON if there is a code or data. */
function payloadOf(
  words: string,
  code: string | undefined,
  data: unknown,
): Uint8Array {
  const error = words.toWellFormed();
  // Alone, since an object loses what has no JSON form: a function.
  if (data !== undefined) json.encode(data);
  return code === undefined && data === undefined
    ? text.encode(error)
    : json.encode({ error, code, data });
}

/** The members of the JSON in a payload, in their order. */
const FORM = /^error,(code|data|code,data)$/;

/** Reads the payload of an ErrorResult. Anything but JSON of the form above, within the limits, is text. */
export function parsePayload(
  payload: Uint8Array,
  limits?: JsonLimits,
): ErrorDetails {
  const details = payload[0] === 0x7b
    ? parseDetails(payload, limits)
    : undefined;
  return details ?? { text: lenientUtf8.decode(payload) };
}

function parseDetails(
  payload: Uint8Array,
  limits: JsonLimits | undefined,
): ErrorDetails | undefined {
  try {
    const value = json.decode(payload, undefined, limits) as object;
    const { error, code, data } = value as Record<string, unknown>;
    const isCode = code === undefined || typeof code === "string";
    // Nothing else, since other texts may be JSON too.
    if (
      typeof error === "string" && isCode && FORM.test(`${Object.keys(value)}`)
    ) {
      return { text: error, code, data };
    }
  } catch {
    // It is no JSON.
  }
  return undefined;
}
