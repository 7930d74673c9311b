/**
 * The errors of calls.
 *
 * @module
 */

import { quoteName } from "../../codec/name.ts";
import type { JsonLimits } from "../../codec/payload.ts";
import { excerpt, utf8Text } from "../../quoting/quote.ts";
import { ConnectionClosedError } from "../connection_closed_error.ts";
import { OperationError, parsePayload } from "../operation_error.ts";
import { RetryError } from "../retry_error.ts";

/** Characters of a result that an error message shows, or bytes if it is no text; the error's payload holds all of them. */
const SHOWN = 200;

/** Creates the error of a call that received an ErrorResult, with the payload unchanged (request/error-payload). */
export function failedError(
  operation: string,
  payload: Uint8Array,
  limits?: JsonLimits,
): OperationError {
  const details = parsePayload(payload, limits);
  const { text, code, data } = details;
  const said = code === undefined && data === undefined
    ? shown(payload)
    : excerpt(text, SHOWN);
  const coded = code === undefined ? "" : `, code ${excerpt(code, SHOWN)}`;
  return new OperationError(
    `Cannot complete ${
      quoteName(operation)
    }: the remote peer answered with the error ${said}${coded}`,
    {
      operation,
      payload: payload.slice(),
      text,
      ...(code !== undefined && { code }),
      data,
    },
  );
}

/** Creates the error of a call that received a RetryResult and does not repeat its request, with the payload unchanged (request/error-payload). */
export function retryError(
  operation: string,
  wait: number,
  payload: Uint8Array,
): RetryError {
  return new RetryError(
    `Cannot complete ${
      quoteName(operation)
    }: the remote peer requested a retry in ${wait} ms, ${shown(payload)}`,
    { wait, operation, payload: payload.slice() },
  );
}

/** Creates the error of a call or notification whose connection ended (close/in-doubt). */
export function closedError(
  operation: string,
  outcome: "not-sent" | "unknown",
  cause: unknown,
): ConnectionClosedError {
  const what = outcome === "not-sent"
    ? `${closedBy(cause)}, the request was not sent`
    : "the connection ended before the result, the request may have been carried out";
  return new ConnectionClosedError(
    `Cannot complete ${quoteName(operation)}: ${what}`,
    { outcome, cause },
  );
}

/** Why nothing can be sent: a peer that drains, or that takes no calls, still has its connection. */
function closedBy(cause: unknown): string {
  const isOpen = cause instanceof Error &&
    /is draining(?:$|:)|^a caller over HTTP/.test(cause.message);
  return isOpen ? cause.message : "the connection is closed";
}

function shown(payload: Uint8Array): string {
  const text = utf8Text(payload);
  if (text !== undefined) return excerpt(text, SHOWN);
  const cut = payload.byteLength > SHOWN;
  return `${quoteName(payload.subarray(0, SHOWN))}${cut ? "…" : ""}`;
}
