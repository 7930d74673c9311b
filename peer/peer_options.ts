/**
 * Options of a peer.
 *
 * @module
 */

import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import { nameOfValue } from "../quoting/value.ts";
import { type RetryPolicy, retryPolicy } from "./call_options.ts";
import { checkedFunction, checkFunctions } from "./checked_function.ts";
import type { Clock } from "./clock.ts";
import type { MessageObserver, PeerObserver } from "./events.ts";
import type { Handlers } from "./handlers.ts";
import { checkedLimits, DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { Login } from "./login.ts";
import type { MemoryBudget } from "./memory_budget.ts";
import type { Telemetry } from "./telemetry.ts";

/** What a peer does with requests beyond a limit. */
export type Overload = "retry" | "error";

/** Options of a peer. */
export interface PeerOptions<Auth = unknown> {
  /** Handlers for incoming requests and notifications; none by default. */
  readonly handlers?: Handlers | undefined;
  /** Whether the local peer opened the connection; `"initiator"` by default. */
  readonly role?: "initiator" | "acceptor" | undefined;
  /** Limits that differ from {@linkcode DEFAULT_LIMITS}. */
  readonly limits?: Partial<Limits> | undefined;
  /** The memory that several peers share; by default, only `limits.maxHeldBytes` applies. */
  readonly memory?: MemoryBudget | undefined;
  /** Whether and how calls handle a RetryResult; {@linkcode DEFAULT_RETRY} by default. */
  readonly retry?: RetryPolicy | boolean | undefined;
  /**
   * The result of a request beyond a limit: a RetryResult (`"retry"`) or an
   * ErrorResult (`"error"`), for remote peers that do not implement RetryResult,
   * such as gotalk.js (limits/no-retry). By default it is an ErrorResult for pages
   * that do not use this package, or while extensions are off, and otherwise a
   * RetryResult.
   */
  readonly overload?: Overload | undefined;
  /** Returns the load for heartbeats, 0 (idle) to 1 (overloaded); 0 by default. */
  readonly load?: (() => number) | undefined;
  /** The login that the remote peer must complete before any other request; none by default. */
  readonly login?: Login<Auth> | undefined;
  /** The value that contexts expose as `auth`, until a login replaces it. */
  readonly auth?: Auth | undefined;
  /** Receives the events of the peer. */
  readonly onEvent?: PeerObserver | undefined;
  /** Receives every message sent and received. */
  readonly onMessage?: MessageObserver | undefined;
  /**
   * The OpenTelemetry API, such as the module `@opentelemetry/api` as a whole:
   * creates spans for calls, handlers and notifications, and metrics. Handlers
   * run with their span active. Between two peers that have it, a call and its
   * handler belong to one trace.
   */
  readonly telemetry?: Telemetry | undefined;
  /**
   * Whether to use extensions of the protocol, which other implementations
   * ignore; `true` by default.
   */
  readonly extensions?: boolean | undefined;
  /**
   * Whether the remote peer can request the list of operations and notifications
   * that the handlers handle by name, with their schemas where the validator's
   * library converts them to JSON Schema (extension/operations); `false` by
   * default. Like any request, it has to log in first, and passes the middleware.
   */
  readonly listOperations?: boolean | undefined;
  /** The source of time; the system clock by default. */
  readonly clock?: Clock | undefined;
  /** Returns random numbers from 0 up to 1, for waits; `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}

/** The names of the options that peers of servers take from it. */
export const SERVED_OPTIONS: OptionNames<
  Omit<PeerOptions, "handlers" | "auth" | "role">
> = {
  clock: 1,
  extensions: 1,
  limits: DEFAULT_LIMITS,
  listOperations: 1,
  load: 1,
  login: 1,
  memory: 1,
  onEvent: 1,
  onMessage: 1,
  overload: 1,
  random: 1,
  retry: 1,
  telemetry: 1,
};

/** The names of the options of a peer. */
export const PEER_OPTIONS: OptionNames<PeerOptions> = {
  ...SERVED_OPTIONS,
  auth: 1,
  handlers: 1,
  role: 1,
};

const LOGIN_OPTIONS: OptionNames<Login> = {
  authenticate: 1,
  input: 1,
  operation: 1,
};

/**
 * Checks the options of peers that are yet to come, so that a wrong one fails
 * the call that has it, and not the first connection.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If a limit or an option of `retry` or `login` is unknown, if
 * `handlers` are none, or if the options are handlers.
 */
export function checkPeerOptions(options: PeerOptions): void {
  if (typeof (options as Partial<Handlers>).findSingle === "function") {
    throw new TypeError(
      "Cannot set options: got Handlers, wanted { handlers }",
    );
  }
  const { handlers, limits, login, retry } = options;
  checkHandlers(handlers);
  checkedLimits(limits);
  retryPolicy(retry);
  checkFunctions(options, ["load", "onEvent", "onMessage", "random"]);
  if (login === undefined) return;
  checkOptionNames(login, LOGIN_OPTIONS);
  checkedFunction("set the login's authenticate", login.authenticate);
}

/**
 * Checks the handlers of peers.
 *
 * @throws {TypeError} If they are none.
 */
export function checkHandlers(handlers: Partial<Handlers> | undefined): void {
  // By a method, since handlers of another copy of the package work too.
  if (handlers === undefined || typeof handlers?.findSingle === "function") {
    return;
  }
  throw new TypeError(
    `Cannot set handlers: got ${nameOfValue(handlers)}, wanted Handlers`,
  );
}
