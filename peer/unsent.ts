/**
 * Notifications that cannot be sent: a program that does not wait for them must
 * not end because a remote peer is slow or has left.
 * Internal to the package.
 *
 * @module
 */

import { attempt } from "../quoting/attempt.ts";
import { isLimitError } from "../codec/limit_error.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import type { Observers } from "./observers.ts";

/** The limits that drop a notification. */
const LIMITS: readonly string[] = [
  "maxWriteQueueBytes",
  "maxQueuedCalls",
  "maxQueuedCallBytes",
];

/**
 * Returns what follows from a notification, whose rejection need not be handled
 * if the notification was not sent. Errors of the program itself must be.
 */
export function passOn(
  sent: Promise<void>,
  outcome: Promise<void>,
): Promise<void> {
  sent.catch((error) => {
    if (isUnsent(error)) outcome.catch(() => {});
  });
  return outcome;
}

/** Sends a notification that may have to wait for a connection, and reports that its queue is full. */
export function reportUnsent(
  operation: string,
  observers: Observers,
  send: () => Promise<void>,
): Promise<void> {
  const sent = attempt(send).catch((error) => {
    const limit = isLimitError(error) && error.code;
    if (limit === "maxQueuedCalls" || limit === "maxQueuedCallBytes") {
      observers.emit({ type: "unsent", operation, limit });
    }
    throw error;
  });
  const outcome = sent.then(() => {});
  return passOn(sent, outcome);
}

function isUnsent(error: unknown): boolean {
  return isConnectionClosedError(error) ||
    isLimitError(error) && LIMITS.includes(error.code);
}
