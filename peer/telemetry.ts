/**
 * The parts of the OpenTelemetry API that are used here.
 *
 * @module
 */

/** Values of attributes. */
export type Attributes = Record<string, string | number | boolean>;

/**
 * The OpenTelemetry API: the module `@opentelemetry/api` as a whole, or an
 * object with some of its exports.
 *
 * @example
 * ```ts ignore
 * import * as telemetry from "npm:@opentelemetry/api@1";
 * import { connect } from "@gotalk/gotalk";
 *
 * await using peer = await connect("tcp://localhost:1234", { telemetry });
 * ```
 */
export interface Telemetry {
  /** Creates tracers, and joins spans and contexts. */
  readonly trace: TraceApi;
  /** Knows what is active. */
  readonly context: ContextApi;
  /** Creates meters; without it, nothing is measured. */
  readonly metrics?: MetricsApi | undefined;
  /** Reads a `tracestate`; without it, none is passed to spans. */
  createTraceState?(text: string): TraceState;
}

/** The part of OpenTelemetry that creates tracers. */
export interface TraceApi {
  /** Returns a tracer. */
  getTracer(name: string, version?: string): Tracer;
  /** Returns a context in which a span is active. */
  setSpan(context: unknown, span: unknown): unknown;
  /** Returns a context in which a span of another process is active. */
  setSpanContext(context: unknown, span: SpanContext): unknown;
}

/** The part of OpenTelemetry that knows which context is active. */
export interface ContextApi {
  /** Returns the active context. */
  active(): unknown;
  /** Runs a function in a context. */
  with(context: unknown, run: () => void): void;
}

/** An OpenTelemetry tracer. */
export interface Tracer {
  /** Starts a span. */
  startSpan(
    name: string,
    options?: {
      readonly kind?: number;
      readonly attributes?: Attributes;
    },
    context?: unknown,
  ): Span;
}

/** An OpenTelemetry span. */
export interface Span {
  /** Returns what identifies the span in other processes. */
  spanContext?(): SpanContext;
  /** Sets the status: 1 for success, 2 for an error. */
  setStatus(
    status: { readonly code: number; readonly message?: string },
  ): unknown;
  /** Records an exception. */
  recordException(exception: Error | string): void;
  /** Ends the span. */
  end(): void;
}

/** What identifies a span in other processes. */
export interface SpanContext {
  /** The ID of the trace: 32 hexadecimal digits. */
  readonly traceId: string;
  /** The ID of the span: 16 hexadecimal digits. */
  readonly spanId: string;
  /** Flags of the trace: 1 if it is recorded. */
  readonly traceFlags: number;
  /** Whether the span is of another process. */
  readonly isRemote?: boolean;
  /** What tracing systems pass along: a {@linkcode TraceState}. */
  readonly traceState?: unknown;
}

/** What tracing systems pass along with a trace. */
export interface TraceState {
  /** Returns it as text. */
  serialize(): string;
}

/** The part of OpenTelemetry that creates meters. */
export interface MetricsApi {
  /** Returns a meter. */
  getMeter(name: string, version?: string): Meter;
}

/** What describes an instrument. */
export interface InstrumentOptions {
  /** The unit of the values, such as `By`. */
  readonly unit?: string;
  /** What the values mean, for people. */
  readonly description?: string;
}

/** An OpenTelemetry meter. */
export interface Meter {
  /** Creates an instrument for durations. */
  createHistogram(name: string, options?: InstrumentOptions): {
    record(value: number, attributes?: Attributes): void;
  };
  /** Creates an instrument that adds up. */
  createCounter(name: string, options?: InstrumentOptions): {
    add(value: number, attributes?: Attributes): void;
  };
  /** Creates an instrument that is read: a sum that only grows. */
  createObservableCounter(
    name: string,
    options?: InstrumentOptions,
  ): ObservableInstrument;
  /** Creates an instrument that is read: a sum that grows and shrinks. */
  createObservableUpDownCounter(
    name: string,
    options?: InstrumentOptions,
  ): ObservableInstrument;
}

/** An instrument that is read when metrics are exported. */
export interface ObservableInstrument {
  /** Adds a function that reads it. */
  addCallback(
    callback: (
      result: { observe(value: number, attributes?: Attributes): void },
    ) => void,
  ): void;
}
