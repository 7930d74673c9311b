/**
 * OpenTelemetry spans for calls and handlers.
 * Internal to the package.
 *
 * @module
 */

import { Handlers } from "./handlers.ts";
import { callHook, type HookFailures } from "./hooks.ts";
import { isThenable } from "./thenable.ts";
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
  failures: HookFailures,
  operation: string,
  call: () => Promise<T>,
): Promise<T> {
  return trace(tracer, failures, CLIENT, operation, call) as Promise<T>;
}

/**
 * Returns the handlers of a peer, each run within a span if there is a tracer.
 * The span of a stream handler ends when the handler has returned its output.
 */
export function tracedHandlers(
  handlers: Handlers | undefined,
  tracer: Tracer | undefined,
  failures: HookFailures,
): Handlers {
  if (tracer === undefined) return handlers ?? NO_HANDLERS;
  return new Handlers(handlers).use(({ operation }, next) =>
    trace(tracer, failures, SERVER, operation, next)
  );
}

function trace(
  tracer: Tracer,
  failures: HookFailures,
  kind: number,
  operation: string,
  run: () => unknown,
): unknown {
  const attributes = { "rpc.system": "gotalk", "rpc.method": operation };
  let span: Span | undefined;
  callHook(
    "tracer",
    failures,
    () => span = tracer.startSpan(operation, { kind, attributes }),
  );
  try {
    const outcome = run();
    if (!isThenable(outcome)) {
      finish(span, failures);
      return outcome;
    }
    return Promise.resolve(outcome).then(
      (value) => {
        finish(span, failures);
        return value;
      },
      (error) => {
        fail(span, failures, error);
        throw error;
      },
    );
  } catch (error) {
    fail(span, failures, error);
    throw error;
  }
}

// Each step is guarded on its own, so that a span ends even if setting its
// status fails.
function finish(span: Span | undefined, failures: HookFailures): void {
  callHook("tracer", failures, () => span?.setStatus({ code: OK }));
  callHook("tracer", failures, () => span?.end());
}

function fail(
  span: Span | undefined,
  failures: HookFailures,
  error: unknown,
): void {
  callHook(
    "tracer",
    failures,
    () => span?.recordException(error instanceof Error ? error : String(error)),
  );
  callHook("tracer", failures, () =>
    span?.setStatus({
      code: ERROR,
      message: error instanceof Error ? error.message : String(error),
    }));
  callHook("tracer", failures, () => span?.end());
}
