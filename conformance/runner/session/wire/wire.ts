/**
 * The contracts of a wire, the runner's end of one connection, and of a
 * listener that accepts wires.
 *
 * @module
 */

import type { Transport } from "../../cases/case.ts";

/** Bytes that arrived; over WebSocket, one whole message. */
export interface BytesArrival {
  readonly type: "bytes";
  readonly bytes: Uint8Array;
  /** The type of the WebSocket message. */
  readonly frame?: "binary" | "text";
}

/** A WebSocket control frame that arrived. */
export interface ControlArrival {
  readonly type: "control";
  readonly frame: "ping" | "pong";
  readonly bytes: Uint8Array;
}

/** A violation of the WebSocket protocol. */
export interface ViolationArrival {
  readonly type: "violation";
  readonly why: string;
}

/** The end of the connection, always the last arrival. */
export interface EndArrival {
  readonly type: "end";
  readonly how: "end of file" | "reset" | "close";
  /** The WebSocket close code. */
  readonly code?: number;
}

/** Anything that arrives on a wire. */
export type Arrival =
  | BytesArrival
  | ControlArrival
  | ViolationArrival
  | EndArrival;

/** A WebSocket frame to send. */
export interface OutgoingFrame {
  readonly type: "binary" | "text" | "ping" | "pong";
  readonly bytes: Uint8Array;
  /** Whether this is the last fragment of its message. */
  readonly fin: boolean;
}

/** The headers of a WebSocket upgrade request, with names in lower case. */
export type UpgradeHeaders = Readonly<Record<string, string | undefined>>;

/**
 * The runner's end of one connection.
 *
 * Reading continues after a write has failed: an implementation that ends a
 * connection may have sent the reason first, and a failed write must not hide
 * it.
 */
export interface Wire {
  /** The transport that carries the bytes. */
  readonly transport: Transport;
  /** The headers of the implementation's upgrade request, if it made one. */
  readonly headers?: UpgradeHeaders | undefined;
  /** Starts reading and passes each arrival to the listener. */
  start(listener: (arrival: Arrival) => void): void;
  /**
   * Sends bytes in one piece. Resolves when there is room for more, rejects
   * when the bytes cannot be sent.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends a frame; WebSocket only. */
  frame?(frame: OutgoingFrame): Promise<void>;
  /** Sends bytes below the frames; only where a case has written the HTTP request. */
  raw?(bytes: Uint8Array): Promise<void>;
  /** Stops reading until {@linkcode resume}. */
  hold(): void;
  /** Continues reading. */
  resume(): void;
  /** Ends the runner's direction, where the transport supports it. */
  half?(): Promise<void>;
  /** Ends the connection in order; what the implementation still sends is read. */
  end(code?: number): Promise<void>;
  /** Ends the connection abruptly. */
  reset(): void;
  /** Releases the connection; resolves when nothing of it is open. */
  destroy(): Promise<void>;
}

/** Accepts connections from an implementation. */
export interface WireListener {
  /** The address that the implementation connects to. */
  readonly address: string;
  /** Returns the next connection; rejects once the listener is closed. */
  accept(): Promise<Wire>;
  /** Stops listening and drops connections that were not accepted. */
  close(): Promise<void>;
}
