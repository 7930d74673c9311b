/**
 * What the messages of a stream mean.
 *
 * @module
 */

import { json } from "../codec/payload.ts";
import type { CallOptions, StreamOptions } from "./call_options.ts";

/** What the parts that a stream handler receives mean. */
export interface StreamForm {
  /** Whether the payload of the request is the input as JSON, and no data. */
  readonly hasInput: boolean;
  /** Whether each part is one value. */
  readonly ofValues: boolean;
  /** Whether the remote peer keeps its direction open, without parts, while it wants the answer. */
  readonly isSubscription: boolean;
}

/** Parts are pieces of bytes, the payload of the request included. */
export const OF_BYTES: StreamForm = Object.freeze({
  hasInput: false,
  ofValues: false,
  isSubscription: false,
});

/** Returns the form of streams of bytes. */
export function bytesForm(options?: { readonly input?: unknown }): StreamForm {
  return { ...OF_BYTES, hasInput: (options?.input ?? false) !== false };
}

/** Returns the form of streams of values. */
export function valuesForm(
  { input, subscription }: {
    readonly input?: unknown;
    readonly subscription?: boolean;
  },
): StreamForm {
  return {
    hasInput: input !== false,
    ofValues: true,
    isSubscription: subscription === true,
  };
}

/** What the local peer sends in a stream call. */
export interface CallForm {
  /** The payload of the request: an input. Without one, it is the first chunk. */
  readonly input?: Uint8Array;
  /** Whether each chunk in either direction is one part, of any size. */
  readonly ofValues?: boolean;
  /** Whether nothing is written, so that the end of the request's data means that the answer is not wanted. */
  readonly isSubscription?: boolean;
}

/** The key of a {@linkcode CallForm} in the options of a stream call, which applications cannot set. */
export const FORM: unique symbol = Symbol("form");

/** Options of a stream call, with its form. */
export interface FormedOptions extends CallOptions {
  readonly [FORM]?: CallForm;
}

/** Options of `stream`, with a form if the package itself calls. */
export interface FormedStreamOptions extends FormedOptions, StreamOptions {}

/** Returns options with the form that they stand for: their input is the payload of the request. */
export function formOf(
  operation: string,
  options: FormedStreamOptions = {},
): FormedOptions {
  const { input, ...others } = options;
  return input === undefined
    ? options
    : { ...others, [FORM]: { input: json.encode(input, { operation }) } };
}
