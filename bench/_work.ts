/**
 * The protocol between the benchmark and its worker processes: a line of JSON
 * for each unit of work, and a line of JSON for its answer.
 *
 * @module
 */

/**
 * Return the ports on which the server listens, by service name. For servers.
 */
export interface PortsWork {
  readonly kind: "ports";
}

/**
 * The transport: TCP, TCP with a client without extensions, WebSocket between
 * programs, or WebSocket to a server under `Deno.serve`, with one message for
 * each write unit or, as peers agree by default, one for each batch.
 */
export type Transport =
  | "tcp"
  | "tcp-uncredited"
  | "websocket"
  | "upgrade"
  | "upgrade-merged";

/**
 * Open connections for later work. For clients, like all further kinds of work
 * except `memory`.
 */
export interface ConnectWork {
  readonly kind: "connect";
  readonly transport: Transport;
  readonly ports: Figures;
  readonly connections: number;
}

/**
 * Echo payloads, with `inFlight` calls at a time on each connection: `rate`, in
 * calls per second.
 */
export interface CallsWork {
  readonly kind: "calls";
  readonly size: number;
  readonly inFlight: number;
  readonly seconds: number;
  /** Whether client and server recycle the memory of payloads. */
  readonly recycles: boolean;
}

/** Send notifications: `rate`, in received notifications per second. */
export interface NotificationsWork {
  readonly kind: "notifications";
  readonly size: number;
  readonly seconds: number;
}

/**
 * Send bytes to the server (`upload`) or to the client (`download`): `rate`, in
 * MB (10⁶ bytes) per second.
 */
export interface TransferWork {
  readonly kind: "upload" | "download";
  readonly bytes: number;
  readonly chunk: number;
  /**
   * Whether the receiver reads into its own buffer, with a reader in "byob"
   * mode.
   */
  readonly byob: boolean;
}

/**
 * Measure the latency of small calls, one after another, without load
 * (`alone50`, `alone99`) and during a bulk transfer (`loaded50`, `loaded99`), in
 * microseconds.
 */
export interface LatencyWork {
  readonly kind: "latency";
  readonly direction: "upload" | "download";
  readonly size: number;
  readonly chunk: number;
  readonly seconds: number;
}

/**
 * Return the memory of the process, in bytes: `resident` now, and the `peak` so
 * far.
 */
export interface MemoryWork {
  readonly kind: "memory";
}

/** Work that a process performs and measures. */
export type Work =
  | PortsWork
  | ConnectWork
  | CallsWork
  | NotificationsWork
  | TransferWork
  | LatencyWork
  | MemoryWork;

/** Measured values, by name. */
export type Figures = Readonly<Record<string, number>>;

/** The answer to one unit of work. */
export type Answer = { readonly figures: Figures } | { readonly error: string };

/** The functions that perform the kinds of work that a process supports. */
export type WorkHandlers = {
  readonly [Kind in Work["kind"]]?: (
    work: Extract<Work, { readonly kind: Kind }>,
  ) => Figures | Promise<Figures>;
};
