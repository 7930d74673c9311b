/**
 * Admission of connections: authentication, and the hook for new peers.
 * Internal to the package.
 *
 * @module
 */

import type { Clock, Peer } from "./peer/mod.ts";
import { isProtocolError } from "./codec/mod.ts";
import { isIdentity } from "./peer/login.ts";
import { isThenable } from "./peer/thenable.ts";
import type { ChannelInfo } from "./transport/channel.ts";
import type { Refusals } from "./transport/refusals.ts";

/** What bounds an authentication. */
export interface AuthenticationBounds {
  /** Longest time it may take, in milliseconds. */
  readonly timeout: number;
  /** The source of time. */
  readonly clock: Clock;
  /** Rejects if the connection ends meanwhile. */
  readonly ended?: Promise<never> | undefined;
}

/**
 * Returns the identity that `authenticate` returned.
 *
 * @throws {Error} If it returned `undefined`, `null` or `false`.
 * @throws {DOMException} A `TimeoutError`, if it did not settle in time.
 * @throws {unknown} What it threw.
 */
export async function authenticated<Subject>(
  authenticate: ((subject: Subject) => unknown) | undefined,
  subject: Subject,
  { timeout, clock, ended }: AuthenticationBounds,
): Promise<unknown> {
  if (authenticate === undefined) return undefined;
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = timeout === Infinity ? undefined : clock.schedule(
    () =>
      reject(
        new DOMException(
          `Cannot accept a connection: authenticate did not settle within ${timeout} ms`,
          "TimeoutError",
        ),
      ),
    timeout,
  );
  try {
    const decided = Promise.try(authenticate, subject);
    const auth = await Promise.race([decided, expired, ended ?? expired]);
    if (isIdentity(auth)) return auth;
    throw new Error(
      `Cannot accept a connection: authenticate returned ${auth}, wanted an identity`,
    );
  } finally {
    clock.cancel(timer);
  }
}

/** The maximum number of connections of a server that sets no other. */
export const DEFAULT_MAX_CONNECTIONS = 65_536;

/** Returns the error for a connection beyond the maximum. */
export function tooManyConnections(connections: number, most: number): Error {
  return new Error(
    `Cannot accept a connection: there are ${connections} connections, wanted at most ${most}`,
  );
}

/**
 * Reports a peer that has not logged in: as a lost connection if it has left in
 * the middle of a message, such as before the first.
 */
export function reportNoLogin(
  refusals: Refusals,
  error: unknown,
  info: ChannelInfo,
): void {
  if (isProtocolError(error) && error.reason === "truncated") {
    refusals.lost(error, info);
  } else refusals.failed(error, info);
}

/**
 * Calls `onPeer` for a new peer, and aborts the connection if that fails: the
 * application does not know the peer.
 */
export function announce(
  peer: Peer,
  onPeer: ((peer: Peer) => unknown) | undefined,
  failed: (error: unknown) => void = () => {},
): void {
  const refuse = (error: unknown) => {
    failed(error);
    peer.abort(error);
  };
  try {
    const outcome = onPeer?.(peer);
    if (isThenable(outcome)) Promise.resolve(outcome).catch(refuse);
  } catch (error) {
    refuse(error);
  }
}
