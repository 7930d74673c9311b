/**
 * The payloads of extensions, with request IDs as a page has them.
 *
 * @module
 */

import { quoteBytes } from "../quoting/quote.ts";
import { fromLatin1, hex, join, latin1 } from "./_wire.ts";

/** The most bytes of a reason that are read, and a length whose bytes are no more. */
const REASON = { bytes: 256, characters: 85 } as const;

/** How much more of the data of a stream is taken (extension/credit). */
export interface Credit {
  /** Whether the data is of the request (`p`) or of the answer (`S`). */
  readonly direction: "p" | "S";
  readonly id: string;
  /** The bytes that may be sent since the start. */
  readonly offset: number;
}

/** Returns the payload of a credit. */
export function encodeCredit(
  { direction, id, offset }: Credit,
): Uint8Array<ArrayBuffer> {
  return fromLatin1(direction + id + hex(offset, 16));
}

/** Returns the credit of a payload; `undefined` if it is malformed. */
export function decodeCredit(payload: Uint8Array): Credit | undefined {
  if (payload.byteLength !== 21) return undefined;
  const text = latin1(payload);
  return /^[pS][^]{4}[\da-fA-F]+$/.test(text)
    ? {
      direction: text[0] as Credit["direction"],
      id: text.slice(1, 5),
      offset: Math.min(parseInt(text.slice(5), 16), Number.MAX_SAFE_INTEGER),
    }
    : undefined;
}

/** Returns the payload with a reason, behind a request ID or nothing (extension/cancel, extension/drain). */
export function encodeReason(
  id: string,
  reason: string,
): Uint8Array<ArrayBuffer> {
  const short = reason.slice(0, REASON.characters);
  return join([fromLatin1(id), new TextEncoder().encode(short)]);
}

/** Returns the reason that bytes are, as it follows a message; nothing for none. */
export function readReason(bytes: Uint8Array): string {
  return bytes.byteLength > 0
    ? `: ${quoteBytes(bytes.subarray(0, REASON.bytes))}`
    : "";
}
