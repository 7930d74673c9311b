/**
 * What follows a failure to accept a connection.
 * Internal to the package.
 *
 * Accepting fails for two reasons. If the fault is in the connection, such as a
 * client that has reset it already, the next one is accepted at once: otherwise
 * a few resets a second would keep all other clients waiting. If resources are
 * short, such as file descriptors, accepting again at once would fail again, so
 * it backs off.
 *
 * @module
 */

/**
 * Delay after a failure that is not about one connection, in milliseconds:
 * doubles each time, from the first to the last.
 */
const BACK_OFF = { first: 5, last: 1_000 } as const;

/**
 * Failures of connections in a row after which accepting pauses for a
 * millisecond, so that a listener that always fails does not occupy the event
 * loop. 16,000 a second are more than a network delivers.
 */
const FAILURES_IN_A_ROW = 16;

/**
 * Codes of errors that concern one connection. Linux passes errors of the
 * network that are pending on a new connection to the caller of accept.
 */
const CONNECTION_CODES: ReadonlySet<unknown> = new Set([
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EINTR",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "ENONET",
  "ENOPROTOOPT",
  "ENOTCONN",
  "EOPNOTSUPP",
  "EPERM",
  "EPIPE",
  "EPROTO",
  "ETIMEDOUT",
]);

/** Names of the runtime's errors that concern one connection; a failed TLS handshake is `InvalidData`. */
const CONNECTION_NAMES: ReadonlySet<string> = new Set([
  "BrokenPipe",
  "ConnectionAborted",
  "ConnectionRefused",
  "ConnectionReset",
  "InvalidData",
  "NotConnected",
  "TimedOut",
  "UnexpectedEof",
]);

/** Names of the errors with which a connection ends that its client has left. */
const LOST_NAMES: ReadonlySet<string> = new Set([
  "BrokenPipe",
  "ConnectionAborted",
  "ConnectionReset",
  "NotConnected",
  "UnexpectedEof",
]);

/** Whether an error, or one of its causes, concerns one connection only. */
export function isConnectionFailure(error: unknown): boolean {
  return someCause(
    error,
    ({ name, code }) =>
      CONNECTION_NAMES.has(name) || CONNECTION_CODES.has(code),
  );
}

/** Whether an error, or one of its causes, says that the client has left. */
export function isLostConnection(error: unknown): boolean {
  return someCause(error, ({ name }) => LOST_NAMES.has(name));
}

function someCause(
  error: unknown,
  matches: (error: Error & { readonly code?: unknown }) => boolean,
): boolean {
  try {
    // A chain of causes may be a circle.
    for (let depth = 0; depth < 8 && error instanceof Error; depth++) {
      if (matches(error)) return true;
      error = error.cause;
    }
  } catch {
    // A proxy that throws: an error of the application.
  }
  return false;
}

/** Decides how long to wait after a failure to accept. */
export class AcceptFailures {
  /** Failures of connections since the last pause or success. */
  #inARow = 0;
  #delay: number = BACK_OFF.first;

  /** Starts over, after a success. */
  reset(): void {
    this.#inARow = 0;
    this.#delay = BACK_OFF.first;
  }

  /** Returns the delay before the next attempt, in milliseconds; 0 for none. */
  delayAfter(error: unknown): number {
    if (isConnectionFailure(error)) {
      this.#inARow = (this.#inARow + 1) % FAILURES_IN_A_ROW;
      return this.#inARow === 0 ? 1 : 0;
    }
    const delay = this.#delay;
    this.#delay = Math.min(delay * 2, BACK_OFF.last);
    return delay;
  }
}
