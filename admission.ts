/**
 * Admission of connections: authentication, and the hook for new peers.
 * Internal to the package.
 *
 * @module
 */

import { attempt } from "./quoting/attempt.ts";
import type {
  Clock,
  HookName,
  Peer,
  PeerObserver,
  Remote,
} from "./peer/mod.ts";
import { isProtocolError } from "./codec/mod.ts";
import { isIdentity, isResponse } from "./peer/login.ts";
import { guardedClock } from "./peer/guarded_clock.ts";
import type { DrainOptions } from "./peer/drain_options.ts";
import { callHook } from "./peer/hooks.ts";
import { Observers } from "./peer/observers.ts";
import type { ChannelInfo } from "./transport/channel.ts";
import { printFirstFailure, type Refusals } from "./transport/refusals.ts";

/** Returns the clock of a server, which no failure of the application's ends. */
export function serverClock(clock: Clock | undefined): Clock {
  return guardedClock(clock, {
    hookFailed: (_, error) => printFirstFailure("clock", clock!, error),
  });
}

/** What bounds an authentication, and what becomes of its failure. */
export interface AuthenticationBounds {
  /** Whether refusals are reported to the application. */
  readonly observed: boolean;
  /** Whether there is a request that a `Response` of the runtime can answer. */
  readonly mayRespond: boolean;
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
  { timeout, clock, ended, observed, mayRespond }: AuthenticationBounds,
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
    const decided = attempt(authenticate, subject);
    if (!observed) {
      decided.catch((error) =>
        printFirstFailure("authenticate", authenticate, error)
      );
    }
    const auth = await Promise.race([decided, expired, ended ?? expired]);
    if (isResponse(auth) && !(mayRespond && auth instanceof Response)) {
      throw new TypeError(
        `Cannot accept a connection: authenticate returned a Response${
          mayRespond ? " of another kind than the runtime has" : ""
        }, wanted an identity`,
      );
    }
    if (isIdentity(auth)) return auth;
    const error = new Error(
      `Cannot accept a connection: authenticate returned ${auth}, wanted an identity`,
    );
    withoutIdentity.add(error);
    throw error;
  } finally {
    clock.cancel(timer);
  }
}

const withoutIdentity = new WeakSet<object>();

/** Whether an authentication failed because it returned no identity. */
export function isWithoutIdentity(error: unknown): boolean {
  return typeof error === "object" && error !== null &&
    withoutIdentity.has(error);
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

/** What learns of a new peer, and of the failure of that. */
export interface Announcement<Served> {
  readonly onPeer?: ((peer: Served) => unknown) | undefined;
  readonly onEvent?: PeerObserver | undefined;
}

/**
 * Calls `onPeer` for a new peer, and aborts the connection if that fails: the
 * application does not know the peer. The failure is a refusal, or an event if
 * no refusals are reported.
 */
export function announce<Served extends Peer>(
  peer: Served,
  { onPeer, onEvent }: Announcement<Served>,
  refusals: Refusals,
): void {
  if (onPeer === undefined) return;
  const failures = {
    hookFailed(_: HookName, error: unknown) {
      refusals.refused(error, peer.info);
      if (!refusals.observed) {
        new Observers(peer as Remote, onEvent, undefined)
          .hookFailed("onPeer", error);
      }
      peer.abort(error);
    },
  };
  callHook("onPeer", failures, () => onPeer(peer));
}

/**
 * The peers of a server whose connections have ended while notifications were
 * handled, which draining waits for.
 */
export class HandlingPeers {
  readonly #peers = new Set<Peer>();

  /** Adds a peer whose connection has ended, until its handlers have. */
  add(peer: Peer): void {
    if (peer.stats.abandoned === 0) return;
    this.#peers.add(peer);
    void peer.drain({ timeout: Infinity })
      .then(() => this.#peers.delete(peer));
  }

  /** Waits until the handlers of all peers have ended, or the time has passed. */
  async drain(options: DrainOptions): Promise<void> {
    await Promise.all(Array.from(this.#peers, (peer) => peer.drain(options)));
  }
}
