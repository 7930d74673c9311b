/**
 * The errors with which calls fail.
 * Internal to the package.
 *
 * @module
 */

import { quoteName } from "../../codec/name.ts";
import { ConnectionClosedError } from "../../peer/connection_closed_error.ts";
import { OperationError, parsePayload } from "../../peer/operation_error.ts";
import { RetryError } from "../../peer/retry_error.ts";

/** The most characters of what the remote peer sent that are shown. */
const SHOWN = 200;

/** The error for an ErrorResult. */
export function failedError(
  operation: string,
  payload: Uint8Array,
): OperationError {
  const details = parsePayload(payload);
  const { text, code } = details;
  const coded = code === undefined ? "" : `, code ${shown(code)}`;
  return new OperationError(
    cannot(operation, `the remote peer answered ${shown(text)}${coded}`),
    { operation, payload, ...details },
  );
}

/** The error for a RetryResult. */
export function retryError(
  operation: string,
  wait: number,
  payload: Uint8Array,
): RetryError {
  const why = shown(parsePayload(payload).text);
  return new RetryError(
    cannot(
      operation,
      `the remote peer requested a retry in ${wait} ms, ${why}`,
    ),
    { wait, operation, payload },
  );
}

/** The error for a call whose connection has ended, or takes no calls. */
export function closedError(
  operation: string,
  outcome: "not-sent" | "unknown",
  cause: unknown,
): ConnectionClosedError {
  const { message = "the connection is closed" } = Object(cause);
  const sent = outcome === "unknown"
    ? "may have been carried out"
    : "was not sent";
  return new ConnectionClosedError(
    cannot(operation, `${message}, the request ${sent}`),
    { outcome, cause },
  );
}

function cannot(operation: string, why: string): string {
  return `Cannot complete ${quoteName(operation)}: ${why}`;
}

function shown(text: string): string {
  return quoteName(text.slice(0, SHOWN));
}
