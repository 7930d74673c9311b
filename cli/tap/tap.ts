/**
 * What a tap is, and its options.
 *
 * @module
 */

import type { Message } from "@gotalk/gotalk/codec";

/** Options of `openTap`. */
export interface TapOptions {
  /**
   * The address to listen at: `tcp://host:port`, `unix:/path` or
   * `ws://host:port`; port 0 chooses a free port.
   */
  readonly listen: string;
  /** The address to connect to: `tcp:`, `tls:` or `unix:`, or `ws:` or `wss:`. */
  readonly target: string;
  /** Writes a line. */
  readonly print: (line: string) => void;
  /** Receives what is printed, with the messages themselves. */
  readonly onEntry?: ((entry: TapEntry) => void) | undefined;
  /** Whether a message is printed; all are by default. */
  readonly shows?: ((message: Message) => boolean) | undefined;
  /** The number of payload bytes shown; 64 by default, 0 for none. */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * Where the bytes of each connection are recorded, if they are. A path that
   * ends in `.pcap` is that of one capture of all connections, with the times,
   * without TLS and WebSocket frames. To any other, the number of the connection
   * and `.sent` or `.received` are appended.
   */
  readonly record?: string | undefined;
  /** Certificates in PEM to trust for a target with `tls:` or `wss:`. */
  readonly caCerts?: readonly string[] | undefined;
}

/** What a tap prints as one line. */
export interface TapEntry {
  /** The number of the connection. */
  readonly connection: number;
  /** The time since the connection was opened, in milliseconds. */
  readonly time: number;
  /** The peer that sent it: `>` for the one that connected, `<` for the target, `#` for the tap itself. */
  readonly by: ">" | "<" | "#";
  /** What is printed. */
  readonly text: string;
  /** The message, if it is one. */
  readonly message?: Message;
}

/** A tap. Disposing of it closes it and its connections. */
export interface Tap extends AsyncDisposable {
  /** The address at which it listens. */
  readonly address: string;
}
