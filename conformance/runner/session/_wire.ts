/**
 * What carries a conversation between the runner and an implementation.
 *
 * @module
 */

import type { Transport } from "../cases/case.ts";

/** Something that arrived. */
export type Arrival =
  /** Bytes; on WebSocket a whole message, of this type. */
  | {
    readonly type: "bytes";
    readonly bytes: Uint8Array;
    readonly frame?: "binary" | "text";
  }
  /** A control frame of WebSocket. */
  | {
    readonly type: "control";
    readonly frame: "ping" | "pong";
    readonly bytes: Uint8Array;
  }
  /** Something that WebSocket does not allow. */
  | { readonly type: "fault"; readonly why: string }
  /** The end, the last thing that arrives. */
  | {
    readonly type: "end";
    readonly how: "end of file" | "reset" | "close";
    /** The close code of a WebSocket. */
    readonly code?: number;
  };

/** A frame to send over WebSocket. */
export interface OutgoingFrame {
  /** What it is. */
  readonly type: "binary" | "text" | "ping" | "pong";
  /** What it carries. */
  readonly bytes: Uint8Array;
  /** Whether no more fragments of the message follow. */
  readonly fin: boolean;
}

/** What a WebSocket was asked for with: the headers, their names in lower case. */
export type UpgradeHeaders = Readonly<Record<string, string | undefined>>;

/**
 * The runner's end of one connection.
 *
 * Reading goes on whatever becomes of writing: an implementation that ends a connection may have said
 * why before, and a write that fails must not hide that.
 */
export interface Wire {
  /** What carries the bytes. */
  readonly transport: Transport;
  /** What the implementation asked for a WebSocket with, where it did. */
  readonly headers?: UpgradeHeaders | undefined;
  /** Begins to read, and hands over what arrives. */
  start(listener: (arrival: Arrival) => void): void;
  /** Sends bytes in one piece; resolves when there is room for more, rejects when they cannot be sent. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends a frame, on WebSocket only. */
  frame?(frame: OutgoingFrame): Promise<void>;
  /** Reads no more until {@linkcode resume}. */
  hold(): void;
  /** Reads on. */
  resume(): void;
  /** Ends the runner's direction, where the transport can. */
  half?(): Promise<void>;
  /** Ends the connection in order; what the implementation still sends is read. */
  end(code?: number): Promise<void>;
  /** Ends the connection at once and without order. */
  reset(): void;
  /** Lets go of the connection; resolves when nothing of it is open any more. */
  destroy(): Promise<void>;
}
