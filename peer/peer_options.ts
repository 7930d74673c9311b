/**
 * How a peer is set up.
 *
 * @module
 */

import type { RetryPolicy } from "./call_options.ts";
import type { Clock } from "./clock.ts";
import type { MessageObserver, PeerObserver } from "./events.ts";
import type { Handlers } from "./handlers.ts";
import type { Limits } from "./limits.ts";
import type { Login } from "./login.ts";
import type { Tracer } from "./tracer.ts";

/** How a peer is set up. */
export interface PeerOptions {
  /** What it does when it is asked; nothing by default. */
  readonly handlers?: Handlers | undefined;
  /** Whether this side opened the connection; `"initiator"` by default. */
  readonly role?: "initiator" | "acceptor" | undefined;
  /** Limits other than {@linkcode DEFAULT_LIMITS}. */
  readonly limits?: Partial<Limits> | undefined;
  /** Whether and how its calls ask again after a RetryResult; they do by default. */
  readonly retry?: RetryPolicy | boolean | undefined;
  /**
   * What becomes of requests beyond a limit: `"retry"` asks the other side to try again, `"error"` fails
   * them, for peers that know no RetryResult, as gotalk.js. `"retry"` by default.
   */
  readonly overload?: "retry" | "error" | undefined;
  /** How busy this side is, 0 to 1, for its heartbeats; 0 by default. */
  readonly load?: (() => number) | undefined;
  /** What the other side has to ask for before anything else, to say who it is; nothing by default. */
  readonly login?: Login | undefined;
  /** What handlers find as `auth`, until the other side has logged in if it has to: who it is. */
  readonly auth?: unknown;
  /** Hears what happens. */
  readonly onEvent?: PeerObserver | undefined;
  /** Hears every message. */
  readonly onMessage?: MessageObserver | undefined;
  /** Gets a span for each call and each handler: an OpenTelemetry tracer. */
  readonly tracer?: Tracer | undefined;
  /** Where the time comes from; the machine by default. */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 up to 1, for waits; `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}
