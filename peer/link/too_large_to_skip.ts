/**
 * The error for a payload that is not even skipped.
 *
 * @module
 */

import type { Header } from "../../codec/header.ts";
import {
  ProtocolError,
  ProtocolErrorCode,
} from "../../codec/protocol_error.ts";

/** Creates the error for a payload of more than `most` bytes (limits/skip). */
export function tooLargeToSkip(
  { kind, size }: Header,
  most: number,
  offset: number,
): ProtocolError {
  return new ProtocolError(
    `Cannot accept ${kind}: payload size is ${size} bytes, wanted at most ${most}, at byte ${offset}`,
    {
      code: ProtocolErrorCode.invalidMessage,
      reason: "over-limit",
      offset,
    },
  );
}
