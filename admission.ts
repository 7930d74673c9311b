/**
 * Admission of connections: authentication, and the hook for new peers.
 * Internal to the package.
 *
 * @module
 */

import type { Clock, Peer } from "./peer/mod.ts";
import { isIdentity } from "./peer/login.ts";

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
 * @throws {Error} If it returned `undefined`, `null` or `false`, or did not
 * settle in time.
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
        new Error(
          `Cannot accept a connection: authenticate did not settle within ${timeout} ms`,
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
    if (outcome instanceof Promise) outcome.catch(refuse);
  } catch (error) {
    refuse(error);
  }
}
