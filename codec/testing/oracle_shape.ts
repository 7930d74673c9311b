/**
 * The decoder, with results in the shape of the oracle's.
 *
 * @module
 */

import type { OracleResult } from "./oracle.ts";
import { Decoder } from "../decoder.ts";
import type { DecoderOptions } from "../decoder_options.ts";
import type { Message } from "../message.ts";
import { isProtocolError, type ProtocolError } from "../protocol_error.ts";

/** The messages of a whole conversation, and the error that ends it, if any. */
export interface Decoded {
  readonly messages: Message[];
  readonly error?: ProtocolError;
}

/** Decodes the chunks of a whole conversation. */
export function decodeChunks(
  chunks: Iterable<Uint8Array>,
  options: DecoderOptions = {},
): Decoded {
  const decoder = new Decoder(options);
  const messages: Message[] = [];
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let message; (message = decoder.read()) !== undefined;) {
        messages.push(message);
      }
    }
    decoder.end();
    return { messages };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { messages, error };
  }
}

/** Returns the result in the shape of the oracle's. */
export function oracleShape({ messages, error }: Decoded): OracleResult {
  if (error === undefined) return { messages };
  const { reason, offset = -1, code } = error;
  return { messages, fault: { reason, offset, code } };
}
