/**
 * The error of a request to a member that has left.
 *
 * @module
 */

const BRAND = Symbol.for("gotalk.MemberGoneError");

/**
 * The member of a room that was requested something has left, or its process
 * does not answer.
 *
 * `outcome` is `"not-sent"` if the member certainly did not receive the request,
 * and `"unknown"` if it may have carried it out.
 *
 * @example
 * ```ts
 * import { isMemberGoneError, Rooms } from "@gotalk/gotalk/rooms";
 * import { assert } from "@std/assert";
 *
 * await using rooms = new Rooms();
 * const error = await rooms.room("lobby").request("nobody", "ping").catch((error) => error);
 * assert(isMemberGoneError(error) && error.outcome === "not-sent");
 * ```
 */
export class MemberGoneError extends Error {
  /** The error code. */
  readonly code = "member-gone" as const;
  /** Whether the request may have been carried out. */
  readonly outcome: "not-sent" | "unknown";

  static {
    for (const [key, value] of [["name", "MemberGoneError"], [BRAND, true]]) {
      Object.defineProperty(this.prototype, key as PropertyKey, { value });
    }
  }

  /** Creates the error. */
  constructor(
    message: string,
    options: ErrorOptions & { readonly outcome: "not-sent" | "unknown" },
  ) {
    super(message, options);
    this.outcome = options.outcome;
  }
}

/** Returns whether a value is a {@linkcode MemberGoneError}, also one of another copy of this package. */
export function isMemberGoneError(value: unknown): value is MemberGoneError {
  return value instanceof Error && BRAND in value;
}
