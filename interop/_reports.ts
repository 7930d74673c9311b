/**
 * What adapters are told, and what they report, as `conformance/adapters/README.md` defines it.
 *
 * @module
 */

/** What carries the connections of these tests. */
export type Transport = "tcp" | "websocket";

/** The options of a connection; what is absent is as the implementation has it. */
export interface ConnectionOptions {
  readonly streams?: boolean;
  readonly maxConcurrentRequests?: number;
  readonly maxConcurrentStreams?: number;
  readonly overloadWait?: readonly [min: number, max: number];
  readonly heartbeatInterval?: number;
  readonly readTimeout?: number;
}

/** A notification that came in. */
export interface Note {
  readonly name: string;
  readonly payload: Uint8Array;
}

/** What is known of a connection. */
export interface ConnectionReport {
  readonly state: "connecting" | "open" | "closed";
  readonly code?: number;
  readonly message?: string;
  readonly notes: readonly Note[];
  readonly heartbeats: readonly {
    readonly load: number;
    readonly time: number;
  }[];
}

/** What became of a call. */
export interface CallReport {
  readonly outcome:
    | "result"
    | "stream"
    | "error"
    | "retry"
    | "closed"
    | "failed"
    | "pending";
  readonly payload?: Uint8Array;
  readonly parts?: readonly Uint8Array[];
  readonly ended?: boolean;
  readonly wait?: number;
  readonly message?: string;
}

/** How an adapter makes a single request. */
export interface RequestOptions {
  /** Whether the implementation asks again by itself after a RetryResult. */
  readonly retry?: boolean;
  /** Only gotalk.js: whether the payload is handed over as text, so that a text message carries it. */
  readonly text?: boolean;
}
