/**
 * The parts of an OpenTelemetry tracer that are used here.
 *
 * @module
 */

/** An OpenTelemetry tracer: what `trace.getTracer()` of `@opentelemetry/api` returns. */
export interface Tracer {
  /** Starts a span. */
  startSpan(
    name: string,
    options?: {
      readonly kind?: number;
      readonly attributes?: Record<string, string | number | boolean>;
    },
  ): Span;
}

/** An OpenTelemetry span. */
export interface Span {
  /** Sets the status: 1 for success, 2 for an error. */
  setStatus(
    status: { readonly code: number; readonly message?: string },
  ): unknown;
  /** Records an exception. */
  recordException(exception: Error | string): void;
  /** Ends the span. */
  end(): void;
}
