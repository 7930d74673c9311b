/**
 * Spans of calls, handlers and notifications.
 * Internal to the package.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { DropReason } from "./events.ts";
import { callHook, type HookFailures, synchronous } from "./hooks.ts";
import { Instruments } from "./instruments.ts";
import type { Attributes, Span, SpanContext, Telemetry } from "./telemetry.ts";
import { isThenable } from "./thenable.ts";
import { type TraceParent, traceText } from "../codec/extensions/trace.ts";

/** OpenTelemetry's numbers for kinds of spans. */
const KINDS = { server: 1, client: 2, producer: 3, consumer: 4 } as const;

/** What a span is about: a handler, a call, a notification sent or received. */
export type SpanKind = keyof typeof KINDS;

/** OpenTelemetry's numbers for statuses. */
const OK = 1;
const ERROR = 2;

/** What a trace of a link needs to know. */
export interface TracedLink {
  readonly clock: Clock;
  readonly observers: HookFailures;
  readonly channel: {
    readonly info: { readonly remote?: string | undefined };
  };
}

/** Returns what runs something later in the context that is active now. */
export function activeContext(
  api: Telemetry | undefined,
  failures: HookFailures,
): (run: () => void) => void {
  if (api === undefined) return runNow;
  let context: unknown;
  callHook("telemetry", failures, () => {
    context = synchronous(api.context.active());
  });
  return (run) => runIn(api, context, failures, run);
}

function runNow(run: () => void): void {
  run();
}

/** Runs something in a context, and returns what it returns, whatever the hook does. */
function runIn<T>(
  api: Telemetry,
  context: unknown,
  failures: HookFailures,
  work: () => T,
): T {
  let outcome: { readonly value: T } | undefined;
  let failure: { readonly error: unknown } | undefined;
  const once = () => {
    if (outcome !== undefined || failure !== undefined) return;
    try {
      outcome = { value: work() };
    } catch (error) {
      failure = { error };
    }
  };
  callHook("telemetry", failures, () => api.context.with(context, once));
  // Also if the hook has not run it.
  once();
  if (failure !== undefined) throw (failure as { error: unknown }).error;
  return outcome!.value;
}

/** Starts the spans of one connection. */
export class Tracing {
  readonly api: Telemetry;
  readonly instruments: Instruments;
  readonly link: TracedLink;
  readonly #attributes: Attributes;

  /** Traces a link. */
  constructor(api: Telemetry, link: TracedLink) {
    this.api = api;
    this.link = link;
    this.instruments = Instruments.of(api, link.observers);
    this.#attributes = addressAttributes(link.channel.info.remote);
  }

  /** Counts a message that was dropped. */
  dropped(reason: DropReason): void {
    callHook(
      "telemetry",
      this.link.observers,
      () => this.instruments.dropped(reason),
    );
  }

  /** Starts a span. `parent` is its parent in another process; otherwise the active span is. */
  start(kind: SpanKind, operation: string, parent?: TraceParent): Traced {
    return new Traced(this, kind, operation, this.#attributes, parent);
  }
}

/** Something that has a span, and is measured: a call, the run of a handler, a notification. */
export class Traced {
  readonly #tracing: Tracing;
  readonly #kind: SpanKind;
  readonly #operation: string;
  readonly #began: number;
  #span: Span | undefined;
  /** The context in which the span is active. */
  #context: unknown;

  constructor(
    tracing: Tracing,
    kind: SpanKind,
    operation: string,
    shared: Attributes,
    parent: TraceParent | undefined,
  ) {
    this.#tracing = tracing;
    this.#kind = kind;
    this.#operation = operation;
    this.#began = tracing.link.clock.now();
    const attributes = {
      "rpc.system": "gotalk",
      "rpc.method": operation,
      ...shared,
    };
    this.#guard(() => {
      const { trace, context } = tracing.api;
      const options = { kind: KINDS[kind], attributes };
      let outer = synchronous(context.active());
      if (parent !== undefined) {
        outer = synchronous(
          trace.setSpanContext(outer, remoteSpan(tracing.api, parent)),
        );
      }
      const { tracer } = tracing.instruments;
      if (tracer === undefined) return;
      const span = synchronous(tracer.startSpan(operation, options, outer));
      this.#span = span;
      this.#context = synchronous(trace.setSpan(outer, span));
    });
  }

  /** The trace context for the remote peer, as text; `undefined` if there is none to hand on. */
  get trace(): string | undefined {
    let text: string | undefined;
    this.#guard(() => {
      const context = synchronous(this.#span?.spanContext?.());
      if (context === undefined) return;
      const { traceId, spanId, traceFlags, traceState } = context;
      const state = traceState as { serialize(): string } | undefined;
      text = traceText({
        traceId,
        spanId,
        traceFlags,
        state: String(state?.serialize() ?? ""),
      });
    });
    return text;
  }

  /** Runs something with the span active, also for what it awaits. */
  run<T>(work: () => T): T {
    if (this.#context === undefined) return work();
    const { api, link } = this.#tracing;
    return runIn(api, this.#context, link.observers, work);
  }

  /** Runs a handler with the span active. The span ends when it has settled. */
  handle(handler: () => unknown): unknown {
    try {
      const outcome = this.run(handler);
      if (isThenable(outcome)) return this.until(Promise.resolve(outcome));
      this.end();
      return outcome;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** Returns what a promise settles with. The span ends then. */
  until<T>(promise: Promise<T>): Promise<T> {
    return promise.then((value) => {
      this.end();
      return value;
    }, (error) => {
      this.fail(error);
      throw error;
    });
  }

  /** Ends the span of something that succeeded. */
  end(): void {
    this.#measure(undefined);
    const span = this.#span;
    if (span === undefined) return;
    // Each step is guarded on its own, so that a span ends even if setting its
    // status fails.
    this.#guard(() => span.setStatus({ code: OK }));
    this.#guard(() => span.end());
  }

  /** Ends the span of something that failed. */
  fail(error: unknown): void {
    this.#measure(error);
    const span = this.#span;
    if (span === undefined) return;
    const message = messageOf(error);
    this.#guard(() =>
      span.recordException(error instanceof Error ? error : message)
    );
    this.#guard(() => span.setStatus({ code: ERROR, message }));
    this.#guard(() => span.end());
  }

  #measure(error: unknown): void {
    const kind = this.#kind;
    if (kind !== "client" && kind !== "server") return;
    const { instruments, link } = this.#tracing;
    const seconds = (link.clock.now() - this.#began) / 1000;
    this.#guard(() =>
      instruments.measured(kind, this.#operation, seconds, error)
    );
  }

  #guard(step: () => unknown): void {
    callHook("telemetry", this.#tracing.link.observers, step);
  }
}

/** What an error says, whatever was thrown. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "an error that is no text";
  }
}

/** The span of another process. */
function remoteSpan(
  api: Telemetry,
  { traceId, spanId, traceFlags, state }: TraceParent,
): SpanContext {
  const traceState = state === ""
    ? undefined
    : synchronous(api.createTraceState?.(state));
  return {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(traceState === undefined ? {} : { traceState }),
  };
}

/** What attributes say of the remote end of a connection. */
function addressAttributes(remote: string | undefined): Attributes {
  const url = remote === undefined ? null : URL.parse(remote);
  if (url === null || url.hostname === "") return {};
  return {
    "network.peer.address": url.hostname.replace(/^\[|\]$/g, ""),
    ...(url.port === "" ? {} : { "network.peer.port": Number(url.port) }),
  };
}
