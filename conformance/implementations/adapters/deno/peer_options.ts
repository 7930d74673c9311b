/**
 * The options of a peer that options of adapters stand for.
 *
 * @module
 */

import type { Limits, Login, Telemetry } from "@gotalk/gotalk";
import type { Clock } from "@gotalk/gotalk/peer";
import type { ConnectionOptions } from "../../../runner/implementation.ts";
import { standardLogin } from "./operations.ts";
import { limitsOf } from "./options.ts";

/** Records nothing, but has the library read traces. */
const TELEMETRY: Telemetry = {
  trace: {
    getTracer: () => ({
      startSpan: () => ({
        setStatus() {},
        recordException() {},
        end() {},
      }),
    }),
    setSpan: (context) => context,
    setSpanContext: (context) => context,
  },
  context: { active: () => undefined, with: (_, run) => run() },
};

/**
 * Returns options for `serve` and `connect`.
 *
 * @throws {SkippedError} If the library does not have an option.
 * @throws {AdapterError} If an option has a wrong value.
 */
export function peerOptionsOf(options: ConnectionOptions, clock?: Clock): {
  readonly login: Login | undefined;
  readonly limits: Partial<Limits>;
  readonly telemetry: Telemetry | undefined;
  readonly overload: "retry";
  readonly listOperations: boolean | undefined;
} {
  return {
    login: options.login ? standardLogin(clock) : undefined,
    limits: limitsOf(options),
    telemetry: options.traces ? TELEMETRY : undefined,
    // The corpus reads RetryResults, unlike other pages.
    overload: "retry",
    listOperations: options.operations,
  };
}
