/**
 * What the processes of the harness are asked to do: one JSON line each, answered by another.
 *
 * @module
 */

/** Tell on which ports the server listens, by the names of their services. For servers. */
export interface PortsWork {
  readonly kind: "ports";
}

/**
 * What carries the bytes: TCP, WebSocket from program to program, or WebSocket to a server under
 * `Deno.serve`, with a message for each write unit or one for all that leave together.
 */
export type Transport = "tcp" | "websocket" | "upgrade" | "upgrade-merged";

/** Open connections, which later work uses. For clients, as all that follows but memory. */
export interface ConnectWork {
  readonly kind: "connect";
  readonly transport: Transport;
  readonly ports: Figures;
  readonly connections: number;
}

/** Echo payloads, so many at a time on each connection: `rate`, in calls per second. */
export interface CallsWork {
  readonly kind: "calls";
  readonly size: number;
  readonly inFlight: number;
  readonly seconds: number;
  /** Whether both sides give the memory of payloads back once they are done with them. */
  readonly recycles: boolean;
}

/** Send notifications: `rate`, in those that arrived per second. */
export interface NotificationsWork {
  readonly kind: "notifications";
  readonly size: number;
  readonly seconds: number;
}

/** Send bytes one way, towards the server (`upload`) or the client: `rate`, in MB (10⁶ bytes) per second. */
export interface TransferWork {
  readonly kind: "upload" | "download";
  readonly bytes: number;
  readonly chunk: number;
  /** Whether who reads brings the memory, by a reader of the mode "byob". */
  readonly byob: boolean;
}

/**
 * Time small calls, one after the other, alone and beside a bulk upload: `alone50`, `alone99`,
 * `beside50` and `beside99`, in microseconds.
 */
export interface LatencyWork {
  readonly kind: "latency";
  readonly size: number;
  readonly chunk: number;
  readonly seconds: number;
}

/** Tell how much memory the process has: `resident` now, and `peak` at most until now, in bytes. */
export interface MemoryWork {
  readonly kind: "memory";
}

/** Something that a process does, and measures. */
export type Work =
  | PortsWork
  | ConnectWork
  | CallsWork
  | NotificationsWork
  | TransferWork
  | LatencyWork
  | MemoryWork;

/** What was measured. */
export type Figures = Readonly<Record<string, number>>;

/** The answer to a line of work. */
export type Answer = { readonly figures: Figures } | { readonly error: string };

/** The kinds of work that a process can do, and how. */
export type Skills = {
  readonly [Kind in Work["kind"]]?: (
    work: Extract<Work, { readonly kind: Kind }>,
  ) => Figures | Promise<Figures>;
};
