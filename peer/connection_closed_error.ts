/**
 * The error of a call whose connection ended.
 *
 * @module
 */

import { brand, isBranded } from "../codec/error_brand.ts";

/**
 * The connection ended before a call received its result.
 *
 * `outcome` is `"not-sent"` if no byte of the request left, so that it is safe
 * to repeat, and `"unknown"` if the remote peer may have carried it out
 * (close/in-doubt).
 *
 * @example
 * ```ts
 * import { isConnectionClosedError, Peer } from "@gotalk/gotalk/peer";
 * import { memoryPair } from "@gotalk/gotalk/transport";
 * import { assert } from "@std/assert";
 *
 * const [channel] = memoryPair();
 * const peer = new Peer(channel);
 * await peer.close();
 * const error = await peer.request("greet").catch((error) => error);
 * assert(isConnectionClosedError(error) && error.outcome === "not-sent");
 * ```
 */
export class ConnectionClosedError extends Error {
  /** The error code. */
  readonly code = "connection-closed" as const;
  /** Whether the request may have been carried out. */
  readonly outcome: "not-sent" | "unknown";

  static {
    brand(this, "ConnectionClosedError");
  }

  /** Creates the error; `cause` is what ended the connection. */
  constructor(
    message: string,
    options: ErrorOptions & { readonly outcome: "not-sent" | "unknown" },
  ) {
    super(message, options);
    this.outcome = options.outcome;
  }
}

/** Returns whether a value is a {@linkcode ConnectionClosedError}, also one of another copy of this package. */
export function isConnectionClosedError(
  value: unknown,
): value is ConnectionClosedError {
  return isBranded(value, "ConnectionClosedError");
}
