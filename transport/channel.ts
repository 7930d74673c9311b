/**
 * The contract of a channel: bytes both ways between two ends, whatever carries them.
 *
 * @module
 */

import type { WriteUnits } from "./write_units.ts";

/** What is known of a channel and of its other end. */
export interface ChannelInfo {
  /** What carries the bytes. */
  readonly transport:
    | "tcp"
    | "tls"
    | "unix"
    | "websocket"
    | "memory"
    | "streams"
    | "port";
  /** Address of this end, as a URL where there is one. */
  readonly local?: string | undefined;
  /** Address of the other end, as a URL where there is one. */
  readonly remote?: string | undefined;
  /** Whether nobody between the ends can read or change the bytes. */
  readonly secure: boolean;
  /** The HTTP request that opened a WebSocket that was accepted here. */
  readonly request?: Request | undefined;
}

/** Why a channel is closed. */
export interface CloseOptions {
  /** Code of the ProtocolError that was sent or received before; a WebSocket closes with 4000 + code. */
  readonly code?: number | undefined;
  /** A short reason for humans; a WebSocket sends it, cut to 123 bytes. */
  readonly reason?: string | undefined;
}

/** How a channel ended. */
export interface ChannelEnd {
  /** Whether the other end closed in order, after everything that it sent had arrived. */
  readonly clean: boolean;
  /** The close code of a WebSocket; `undefined` for other channels. */
  readonly code?: number | undefined;
  /** The close reason of a WebSocket; `undefined` for other channels. */
  readonly reason?: string | undefined;
  /** What broke the channel; `undefined` when nothing did. */
  readonly error?: unknown;
}

/**
 * Bytes both ways, reliable and in order, with backpressure both ways.
 *
 * What is read is a stream of bytes: chunks say nothing about messages or write units. What is written
 * is write units, which a WebSocket sends as one message each and other channels as plain bytes.
 *
 * Every channel behaves the same in these points, and one suite of tests checks each of them:
 *
 * - `read` gives chunks in order, then `null` once the other end has closed its side; it rejects when
 *   the channel is broken or aborted. One read at a time. A chunk belongs to the caller.
 *   After `close` at this end, it gives `null`.
 * - `write` resolves once the channel can take more, and rejects when the channel cannot deliver. One
 *   write at a time; the units must not be changed until it settles.
 * - `closeWrite` ends this side: the other end reads all that was written, then `null`, and can go on
 *   writing. Where the transport has no half-close, it does nothing and `halfClose` is false.
 * - `close` delivers what was written, then ends both directions, within a bounded time.
 * - `abort` ends both directions at once; a pending read or write rejects with the reason.
 * - `close`, `closeWrite` and `abort` can be called in any order, any number of times, at any moment,
 *   and never throw or reject; `closed` always resolves in the end, and never rejects.
 */
export interface Channel {
  /** What is known of the channel and of its other end. */
  readonly info: ChannelInfo;
  /** Whether {@linkcode closeWrite} reaches the other end. */
  readonly halfClose: boolean;
  /** Resolves when both directions have ended. */
  readonly closed: Promise<ChannelEnd>;
  /** The bytes from the other end as a stream; reading it takes the place of {@linkcode read}. */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * The next chunk from the other end; `null` after the last. A channel may read into the memory that it
   * is offered, and then gives a view of it.
   */
  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null>;
  /**
   * Gives back a chunk that nobody looks at any more, so that its memory can be read into again. It is
   * never needed, but reading many bytes is faster with it. At most once a chunk.
   */
  recycle?(chunk: Uint8Array): void;
  /** Sends write units; resolves when there is room for more. */
  write(units: WriteUnits): Promise<void>;
  /** Ends this side after what was written. */
  closeWrite(): Promise<void>;
  /** Ends both sides after what was written; resolves when the channel has ended. */
  close(options?: CloseOptions): Promise<void>;
  /** Ends both sides at once. */
  abort(reason?: unknown): void;
}

/** Accepts channels that others open. */
export interface Listener extends AsyncIterable<Channel>, AsyncDisposable {
  /** Where it listens, as a URL that a client can open. */
  readonly address: string;
  /** The next channel; `null` once the listener is closed. Rejects when accepting one failed; the next call tries again. */
  accept(): Promise<Channel | null>;
  /** Stops listening; channels that were accepted live on. */
  close(): void;
}

/** The stream of a channel's chunks: what the `readable` of a channel is made with. */
export function readableFrom(
  channel: Pick<Channel, "read" | "abort">,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const chunk = await channel.read();
      if (chunk === null) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: (reason) => channel.abort(reason),
  }, { highWaterMark: 0 });
}
