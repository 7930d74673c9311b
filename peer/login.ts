/**
 * The login that a remote peer must complete before any other request.
 *
 * @module
 */

import type { RequestContext } from "./context.ts";
import type { Schema } from "./standard_schema.ts";

/**
 * An operation with which the remote peer authenticates (request/login).
 *
 * Until it succeeds, every other request is answered with the error
 * `not authenticated` and every notification is dropped. Messages that follow
 * the login are not read until it is decided, and are then handled in order
 * (request/login-order). The remote peer has one attempt: if it fails, the
 * error is sent and the connection ends (request/login-failed). The limits
 * `loginTimeout` and `maxLoginPayloadBytes` apply. `onMessage` receives the
 * login like every other message, credentials included.
 *
 * @example
 * ```ts
 * import { connect, Handlers, type Login, OperationError, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const users = new Map([["opensesame", "ali"]]);
 * const login: Login = {
 *   operation: "login",
 *   authenticate: ({ token }: { token: string }) => {
 *     const name = users.get(token);
 *     if (name === undefined) throw new OperationError("no such token");
 *     return { name };
 *   },
 * };
 * const handlers = new Handlers().handle("whoami", (_: unknown, { auth }) => auth);
 *
 * await using server = await serve({ login }, handlers);
 * await using peer = await connect(server.address);
 * await peer.request("login", { token: "opensesame" });
 * assertEquals(await peer.request("whoami"), { name: "ali" });
 * ```
 */
export interface Login<Auth = unknown> {
  /** The operation: a single request with a JSON payload. */
  readonly operation: string;
  /**
   * Authenticates the remote peer by the input and by `context.info`. The
   * return value becomes the `auth` of the peer and of every context. The
   * result that is sent is empty, so no part of the identity leaves.
   *
   * Throw to refuse: an `OperationError` is sent as it is, any other error as
   * `internal error`. Returning `undefined`, `null` or `false`, like a lookup
   * without a match, refuses with `not authenticated`. Nothing is read until
   * the decision, so this function must not send requests to the remote peer.
   * `context.auth` is what the server's `authenticate` returned.
   */
  // A method, so that implementations may declare an input of a narrower type.
  authenticate(input: unknown, context: RequestContext): Identity<Auth>;
  /** Validates the input before `authenticate` runs. Invalid input is refused with the validation message. */
  readonly input?: Schema | undefined;
}

/** What an `authenticate` function returns: an identity, or `undefined`, `null` or `false` to refuse; or a promise of it. */
export type Identity<Auth> =
  | Auth
  | undefined
  | null
  | false
  | PromiseLike<Auth | undefined | null | false>;

/**
 * Returns whether an `authenticate` function returned a response of HTTP, of the
 * runtime or of a library. It refuses, so it must not be taken for an identity.
 */
export function isResponse(auth: unknown): boolean {
  return Object.prototype.toString.call(auth) === "[object Response]";
}

/** Returns whether what an `authenticate` function returned is an identity: anything but `undefined`, `null` and `false`. */
export function isIdentity(auth: unknown): boolean {
  return auth !== undefined && auth !== null && auth !== false;
}
