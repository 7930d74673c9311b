/**
 * Draining: what a conversation waits for before it closes.
 *
 * @module
 */

import { excerpt } from "../quoting/quote.ts";
import { DEFAULT_QUIET, type DrainOptions } from "./drain_options.ts";
import type { Link } from "./link/link.ts";
import { Watchdog } from "./link/watchdog.ts";
import { SHUTTING_DOWN } from "./shutting_down.ts";
import type { Requestor } from "./requestor/requestor.ts";
import type { Responder } from "./responder/responder.ts";

/** The drains of one conversation: applications may begin several. */
export class Drains {
  readonly #link: Link;
  readonly #requestor: Requestor;
  readonly #responder: Responder;
  readonly #expectsRequests: () => boolean;
  readonly #drains = new Set<Drain>();
  /** Each resolves once no notification is handled any more, or its time has passed. */
  readonly #leftovers = new Set<() => void>();

  /** Prepares for draining. `expectsRequests` is whether the remote peer may send any. */
  constructor(
    link: Link,
    requestor: Requestor,
    responder: Responder,
    expectsRequests: () => boolean,
  ) {
    this.#link = link;
    this.#requestor = requestor;
    this.#responder = responder;
    this.#expectsRequests = expectsRequests;
  }

  /** Refuses new work, and waits until all that runs has ended, or the time has passed. */
  async wait(options: DrainOptions): Promise<void> {
    const link = this.#link;
    refuseNewWork(link, this.#requestor, this.#responder, options);
    const drain = new Drain(
      link,
      this.#requestor,
      this.#responder,
      options,
      this.#expectsRequests,
    );
    this.#drains.add(drain);
    link.settled();
    await drain.done;
    this.#drains.delete(drain);
  }

  /**
   * Waits, once the conversation has ended, until the notifications have been
   * handled that arrived before, or the time has passed.
   */
  async handled(timeout: number): Promise<void> {
    if (this.#responder.unendedNotifications === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = new Watchdog(this.#link.clock, resolve);
    deadline.reset(timeout);
    this.#leftovers.add(resolve);
    await promise;
    this.#leftovers.delete(resolve);
    deadline.stop();
  }

  /** Looks whether drains can end: something has ended, or the conversation has. */
  look(hasEnded: boolean): void {
    if (this.#leftovers.size > 0) this.#lookForLeftovers();
    for (const drain of this.#drains) {
      if (hasEnded) drain.end();
      else drain.look();
    }
  }

  #lookForLeftovers(): void {
    if (this.#responder.unendedNotifications > 0) return;
    for (const resolve of this.#leftovers) resolve();
  }
}

/**
 * Reports to the remote peer that it is to send no new requests, and refuses
 * calls of both peers, except those that running ones may need: calls
 * while a handler runs, since it may make them, and requests while calls are
 * outstanding, since their handlers may make them. Requests that arrive only for
 * that reason do not prolong the exception, so that draining comes to an end.
 */
function refuseNewWork(
  { extensions }: Link,
  requestor: Requestor,
  responder: Responder,
  { quiet = DEFAULT_QUIET, reason = SHUTTING_DOWN }: DrainOptions,
): void {
  extensions?.sendDrain(reason);
  requestor.refuse(
    new Error("the local peer is draining"),
    () => isAtWork(responder),
  );
  responder.refuse(
    SHUTTING_DOWN,
    () =>
      requestor.pendingFromBefore ||
      requestor.pending > 0 && responder.busyFromBefore,
    // The remote peer repeats single requests elsewhere, but not streams.
    extensions === undefined ? 0 : quiet,
  );
}

/** Sends no new request to a remote peer that drains, except those that handlers may need (extension/drain-requests). */
export function sendNoNewWork(
  requestor: Requestor,
  responder: Responder,
  reason: string,
): void {
  const why = reason === "" ? "" : `: ${excerpt(reason)}`;
  requestor.remoteStops(
    new Error(`the remote peer is draining${why}`),
    () => isAtWork(responder),
  );
}

function isAtWork(responder: Responder): boolean {
  return responder.busy || responder.notifications > 0;
}

/**
 * Waits until everything that runs has ended, and for a moment without requests.
 *
 * Requests leave the remote peer until it has received the drain, or, if it does
 * not know that, a refusal or the end of the connection. What is on its way when the
 * last result leaves is therefore still read and refused; otherwise its outcome
 * would be unknown.
 */
class Drain {
  /** Resolves when the conversation can close. */
  readonly done: Promise<void>;
  readonly #requestor: Requestor;
  readonly #responder: Responder;
  readonly #quietTime: number;
  readonly #expectsRequests: () => boolean;
  readonly #resolve: () => void;
  readonly #deadline: Watchdog;
  readonly #quiet: Watchdog;
  /** The number of requests received when the quiet time began; -1 while it does not run. */
  #received = -1;
  #wasQuiet = false;

  /** Begins to wait. `expectsRequests` is whether the remote peer may send any. */
  constructor(
    { clock, limits }: Link,
    requestor: Requestor,
    responder: Responder,
    { timeout = limits.closeTimeout, quiet = DEFAULT_QUIET }: DrainOptions,
    expectsRequests: () => boolean,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#resolve = resolve;
    this.#requestor = requestor;
    this.#responder = responder;
    this.#quietTime = quiet;
    this.#expectsRequests = expectsRequests;
    this.#deadline = new Watchdog(clock, () => this.end());
    this.#quiet = new Watchdog(clock, () => {
      this.#wasQuiet = true;
      this.look();
    });
    this.#deadline.reset(timeout);
  }

  /** Looks whether it can end: a call or handler has ended, or a request arrived. */
  look(): void {
    const responder = this.#responder;
    if (this.#requestor.pending > 0 || responder.busy) {
      this.#quiet.suspend();
      this.#received = -1;
      this.#wasQuiet = false;
    } else if (
      !this.#wasQuiet && this.#quietTime > 0 && this.#expectsRequests()
    ) {
      if (this.#received === responder.received) return;
      this.#received = responder.received;
      this.#quiet.reset(this.#quietTime);
    } else {
      // From here on, they would have no end.
      responder.refuseNotifications();
      if (responder.notifications === 0) this.end();
    }
  }

  /** Ends at once. */
  end(): void {
    this.#deadline.stop();
    this.#quiet.stop();
    this.#resolve();
  }
}
