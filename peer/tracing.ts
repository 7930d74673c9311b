/**
 * OpenTelemetry spans for calls and handlers.
 * Internal to the package.
 *
 * @module
 */

import { Handlers } from "./handlers.ts";
import { callHook } from "./hooks.ts";
import type { Span, Tracer } from "./tracer.ts";

const NO_HANDLERS = new Handlers();

/** OpenTelemetry's numbers for kinds of spans and for statuses. */
const SERVER = 1;
const CLIENT = 2;
const OK = 1;
const ERROR = 2;

/** Runs a call within a span. */
export function traceCall<T>(
  tracer: Tracer,
  operation: string,
  call: () => Promise<T>,
): Promise<T> {
  return trace(tracer, CLIENT, operation, call) as Promise<T>;
}

/**
 * Returns the handlers of a peer, each run within a span if there is a tracer.
 * The span of a stream handler ends when the handler has returned its output.
 */
export function tracedHandlers(
  handlers: Handlers | undefined,
  tracer: Tracer | undefined,
): Handlers {
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
  callHook(() => span = tracer.startSpan(operation, { kind, attributes }));
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

// Each step is guarded on its own, so that a span ends even if setting its
// status fails.
function finish(span: Span | undefined): void {
  callHook(() => span?.setStatus({ code: OK }));
  callHook(() => span?.end());
}

function fail(span: Span | undefined, error: unknown): void {
  callHook(() =>
    span?.recordException(error instanceof Error ? error : String(error))
  );
  callHook(() =>
    span?.setStatus({
      code: ERROR,
      message: error instanceof Error ? error.message : String(error),
    })
  );
  callHook(() => span?.end());
}
