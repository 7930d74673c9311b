/**
 * Telemetry that records spans and measurements.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type {
  Attributes,
  Meter,
  ObservableInstrument,
  Span,
  SpanContext,
  Telemetry,
  Tracer,
} from "../telemetry.ts";

/** A span that was started. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: number | undefined;
  readonly attributes: Attributes;
  readonly context: SpanContext;
  /** The ID of the parent; `undefined` for the root of a trace. */
  readonly parent: string | undefined;
  status: number | undefined;
  exceptions: number;
  ended: number;
}

/** A context: that of the active span, if any. */
interface Context {
  readonly span?: SpanContext;
}

/** Telemetry of one process. */
export class RecordingTelemetry implements Telemetry {
  readonly spans: RecordedSpan[] = [];
  /** What was recorded, as `instrument value attributes`. */
  readonly records: string[] = [];
  /** The `tracestate` of new traces; "" for none. */
  state = "";
  readonly #callbacks = new Map<
    string,
    Parameters<ObservableInstrument["addCallback"]>[0]
  >();
  readonly #storage = new AsyncLocalStorage<Context>();
  readonly #prefix: string;

  /** Creates telemetry whose IDs begin with a hexadecimal digit. */
  constructor(digit: string) {
    this.#prefix = digit;
  }

  readonly context: Telemetry["context"] = {
    active: () => this.#storage.getStore() ?? {},
    with: (context, run) => this.#storage.run(context as Context, run),
  };

  readonly trace: Telemetry["trace"] = {
    getTracer: () => this.#tracer,
    setSpan: (_, span) => ({ span: (span as Span).spanContext!() }),
    setSpanContext: (_, span) => ({ span }),
  };

  readonly metrics: Telemetry["metrics"] = { getMeter: () => this.#meter };

  createTraceState(text: string): { serialize(): string } {
    return { serialize: () => text };
  }

  /** Reads what is only read on demand: sums, as `instrument value attributes`. */
  read(name: string): string[] {
    const found: string[] = [];
    this.#callbacks.get(name)!({
      observe: (value, attributes = {}) =>
        void found.push([name, value, ...Object.values(attributes)].join(" ")),
    });
    return found;
  }

  readonly #tracer: Tracer = {
    startSpan: (name, { kind, attributes = {} } = {}, context) => {
      const parent = (context as Context).span;
      const number = String(this.spans.length + 1);
      const recorded: RecordedSpan = {
        name,
        kind,
        attributes,
        context: {
          traceId: parent?.traceId ?? this.#prefix + number.padStart(31, "0"),
          spanId: this.#prefix + number.padStart(15, "0"),
          traceFlags: 1,
          traceState: parent === undefined
            ? { serialize: () => this.state }
            : parent.traceState,
        },
        parent: parent?.spanId,
        status: undefined,
        exceptions: 0,
        ended: 0,
      };
      this.spans.push(recorded);
      return {
        spanContext: () => recorded.context,
        setStatus: ({ code }) => recorded.status = code,
        recordException: () => void recorded.exceptions++,
        end: () => void recorded.ended++,
      };
    },
  };

  readonly #meter: Meter = {
    createHistogram: (name) => ({
      record: (value, attributes = {}) => this.#record(name, value, attributes),
    }),
    createCounter: (name) => ({
      add: (value, attributes = {}) => this.#record(name, value, attributes),
    }),
    createObservableCounter: (name) => this.#observable(name),
    createObservableUpDownCounter: (name) => this.#observable(name),
  };

  #record(name: string, value: number, attributes: Attributes): void {
    this.records.push([name, value, ...Object.values(attributes)].join(" "));
  }

  #observable(name: string): ObservableInstrument {
    return {
      addCallback: (callback) => void this.#callbacks.set(name, callback),
    };
  }
}
