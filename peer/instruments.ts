/**
 * What is measured of all peers that share an OpenTelemetry API.
 * Internal to the package.
 *
 * @module
 */

import { type Counters, NO_COUNTERS, sum } from "./counters.ts";
import type { DropReason } from "./events.ts";
import { callHook, type HookFailures, synchronous } from "./hooks.ts";
import type { PeerStats } from "./peer_state.ts";
import type {
  Attributes,
  Meter,
  ObservableInstrument,
  Telemetry,
  Tracer,
} from "./telemetry.ts";

/** The name under which the instruments are known. */
const SCOPE = "@gotalk/gotalk";

/** A connection that is measured. */
export interface Measured {
  readonly stats: PeerStats;
  readonly link: {
    /** The write queue. */
    readonly writer: { readonly queuedBytes: number };
  };
}

type Direction = "receive" | "transmit";

const known = new WeakMap<Telemetry, Instruments>();

/** The tracer and the meter's instruments of an API, for all peers that have it. */
export class Instruments {
  /** Creates spans; `undefined` if the API failed. */
  tracer: Tracer | undefined;
  #durations:
    | Record<"client" | "server", ReturnType<Meter["createHistogram"]>>
    | undefined;
  #drops: ReturnType<Meter["createCounter"]> | undefined;
  readonly #open = new Set<Measured>();
  /** What was counted of connections that have ended. */
  #past = NO_COUNTERS;

  /** Returns the instruments of an API. */
  static of(api: Telemetry, failures: HookFailures): Instruments {
    let instruments = known.get(api);
    if (instruments === undefined) {
      known.set(api, instruments = new Instruments(api, failures));
    }
    return instruments;
  }

  private constructor(api: Telemetry, failures: HookFailures) {
    callHook("telemetry", failures, () => {
      this.tracer = synchronous(api.trace.getTracer(SCOPE));
    });
    callHook("telemetry", failures, () => {
      const meter = synchronous(api.metrics?.getMeter(SCOPE));
      if (meter !== undefined) this.#measureBy(meter);
    });
  }

  /** Begins to measure a connection. */
  opened(connection: Measured): void {
    this.#open.add(connection);
  }

  /** Ends to measure a connection. */
  closed(connection: Measured): void {
    this.#open.delete(connection);
    this.#past = sum(this.#past, connection.stats);
  }

  /** Records the duration of a call or of a handler. */
  measured(
    kind: "client" | "server",
    operation: string,
    seconds: number,
    error: unknown,
  ): void {
    const attributes: Attributes = {
      "rpc.system": "gotalk",
      "rpc.method": operation,
    };
    if (error !== undefined) attributes["error.type"] = typeOf(error);
    this.#durations?.[kind].record(seconds, attributes);
  }

  /** Counts a message that was dropped. */
  dropped(reason: DropReason): void {
    this.#drops?.add(1, { reason });
  }

  #measureBy(meter: Meter): void {
    const duration = (side: string) =>
      synchronous(
        meter.createHistogram(`rpc.${side}.call.duration`, { unit: "s" }),
      );
    this.#durations = {
      client: duration("client"),
      server: duration("server"),
    };
    this.#drops = synchronous(meter.createCounter("gotalk.drops", {
      unit: "{message}",
      description: "Messages of remote peers that were dropped",
    }));
    this.#observe(meter, "gotalk.io", "By", "Bytes of connections", {
      receive: ({ bytesIn }) => bytesIn,
      transmit: ({ bytesOut }) => bytesOut,
    });
    this.#observe(meter, "gotalk.messages", "{message}", "Messages", {
      receive: ({ messagesIn }) => messagesIn,
      transmit: ({ messagesOut }) => messagesOut,
    });
    const gauge = (
      name: string,
      unit: string,
      description: string,
      value: (connection: Measured) => number,
    ) =>
      read(
        meter.createObservableUpDownCounter(name, { unit, description }),
        (result) => {
          let sum = 0;
          for (const connection of this.#open) sum += value(connection);
          result.observe(sum);
        },
      );
    gauge("gotalk.connections", "{connection}", "Open connections", () => 1);
    gauge(
      "gotalk.calls.pending",
      "{call}",
      "Calls that have not settled",
      ({ stats }) => stats.pending,
    );
    gauge(
      "gotalk.requests.running",
      "{request}",
      "Incoming requests that are being handled",
      ({ stats }) => stats.running,
    );
    gauge(
      "gotalk.write_queue.size",
      "By",
      "Bytes that wait to be written",
      ({ link }) => link.writer.queuedBytes,
    );
  }

  #observe(
    meter: Meter,
    name: string,
    unit: string,
    description: string,
    values: Record<Direction, (sums: Counters) => number>,
  ): void {
    read(
      meter.createObservableCounter(name, { unit, description }),
      (result) => {
        let sums = this.#past;
        for (const { stats } of this.#open) sums = sum(sums, stats);
        for (const direction of ["receive", "transmit"] as const) {
          const attributes = { "network.io.direction": direction };
          result.observe(values[direction](sums), attributes);
        }
      },
    );
  }
}

/** Lets a function read an instrument. */
function read(
  instrument: ObservableInstrument,
  callback: Parameters<ObservableInstrument["addCallback"]>[0],
): void {
  synchronous(synchronous(instrument).addCallback(callback));
}

/** Names the kind of an error. */
function typeOf(error: unknown): string {
  return error instanceof Error ? error.name : "_OTHER";
}
