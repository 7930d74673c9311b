/**
 * Telemetry that only has a tracer.
 *
 * @module
 */

import type { Telemetry, Tracer } from "../telemetry.ts";

/** Returns telemetry with a tracer, in which no context is active. */
export function telemetryOf(tracer: Tracer): Telemetry {
  return {
    trace: {
      getTracer: () => tracer,
      setSpan: (context) => context ?? {},
      setSpanContext: (context) => context,
    },
    context: { active: () => undefined, with: (_, run) => run() },
  };
}
