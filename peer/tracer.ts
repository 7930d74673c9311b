/**
 * Spans of OpenTelemetry for calls and handlers.
 *
 * @module
 */

import { Handlers } from "./handlers.ts";
import type { PeerOptions } from "./peer_options.ts";

/** As much of an OpenTelemetry tracer as is used: what `trace.getTracer()` of `@opentelemetry/api` gives. */
export interface Tracer {
  /** Begins a span. */
  startSpan(
    name: string,
    options?: {
      readonly kind?: number;
      readonly attributes?: Record<string, string | number | boolean>;
    },
  ): Span;
}

/** As much of an OpenTelemetry span as is used. */
export interface Span {
  /** Says how it went: 1 is fine, 2 is an error. */
  setStatus(
    status: { readonly code: number; readonly message?: string },
  ): unknown;
  /** Notes what was thrown. */
  recordException(exception: Error | string): void;
  /** Ends the span. */
  end(): void;
}

const NO_HANDLERS = new Handlers();

/** The kinds of span and of status that OpenTelemetry numbers. */
const SERVER = 1;
const CLIENT = 2;
const OK = 1;
const ERROR = 2;

/** Surrounds a call with a span. */
export function traceCall<T>(
  tracer: Tracer,
  operation: string,
  call: () => Promise<T>,
): Promise<T> {
  return trace(tracer, CLIENT, operation, call) as Promise<T>;
}

/**
 * The handlers of a peer, surrounded with spans if these are wanted. The span of a stream's handler ends
 * when the handler has returned its output.
 */
export function tracedHandlers({ handlers, tracer }: PeerOptions): Handlers {
  if (tracer === undefined) return handlers ?? NO_HANDLERS;
  return new Handlers(handlers).use(({ operation }, next) =>
    trace(tracer, SERVER, operation, next)
  );
}

function trace(
  tracer: Tracer,
  kind: number,
  operation: string,
  run: () => unknown,
): unknown {
  const attributes = { "rpc.system": "gotalk", "rpc.method": operation };
  let span: Span | undefined;
  attempt(() => span = tracer.startSpan(operation, { kind, attributes }));
  try {
    const outcome = run();
    if (!(outcome instanceof Promise)) {
      finish(span);
      return outcome;
    }
    return outcome.then(
      (value) => {
        finish(span);
        return value;
      },
      (error) => {
        fail(span, error);
        throw error;
      },
    );
  } catch (error) {
    fail(span, error);
    throw error;
  }
}

function finish(span: Span | undefined): void {
  attempt(() => span?.setStatus({ code: OK }));
  attempt(() => span?.end());
}

function fail(span: Span | undefined, error: unknown): void {
  attempt(() =>
    span?.recordException(error instanceof Error ? error : String(error))
  );
  attempt(() =>
    span?.setStatus({
      code: ERROR,
      message: error instanceof Error ? error.message : String(error),
    })
  );
  attempt(() => span?.end());
}

/** Takes a step of tracing. The tracer is the application's, and so is its failure: no call may feel it. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // Each step is taken by itself, so that a span is ended whatever became of its status.
  }
}
