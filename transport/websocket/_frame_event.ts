/**
 * What a reader of WebSocket frames returns and throws.
 *
 * @module
 */

/** A piece of a message's data, as it arrived. */
export interface DataEvent {
  /** The kind of the event. */
  readonly kind: "data";
  /** A view of the pushed chunk, unmasked in place; empty only at an end. */
  readonly bytes: Uint8Array;
  /** Whether the message is text, not binary. */
  readonly text: boolean;
  /** Whether the message ends with this piece. */
  readonly end: boolean;
}

/** A ping, which requires a pong, or a pong. */
export interface PingEvent {
  /** The kind of the event. */
  readonly kind: "ping" | "pong";
  /** The payload, 0 to 125 bytes; a copy that the receiver may keep. */
  readonly bytes: Uint8Array;
}

/** A close frame; nothing follows. */
export interface CloseEvent {
  /** The kind of the event. */
  readonly kind: "close";
  /** The close code, or 1005 if the frame had none. */
  readonly code: number;
  /** The reason; often empty. */
  readonly reason: string;
}

/** An event that `FrameReader.read` returns. */
export type FrameEvent = DataEvent | PingEvent | CloseEvent;

/** The remote side broke the protocol or exceeded a limit. */
export class FrameError extends Error {
  /** `"FrameError"`. */
  override readonly name = "FrameError";
  /** The code to close with: 1002, 1007 or 1009. */
  readonly closeCode: number;

  /** An error with the code to close with. */
  constructor(closeCode: number, message: string) {
    super(message);
    this.closeCode = closeCode;
  }
}
