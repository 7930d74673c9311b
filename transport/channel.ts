/**
 * The contract of a channel: a reliable, ordered stream of bytes in both
 * directions, over any transport.
 *
 * @module
 */

import type { WriteUnits } from "./write_units.ts";

/** Information about a channel and its two sides. */
export interface ChannelInfo {
  /** The kind of transport that carries the bytes. */
  readonly transport:
    | "tcp"
    | "tls"
    | "unix"
    | "websocket"
    | "memory"
    | "streams"
    | "port"
    | "http";
  /** Address of the local side, as a URL where one exists. */
  readonly local?: string | undefined;
  /** Address of the remote side, as a URL where one exists. */
  readonly remote?: string | undefined;
  /** Whether the connection is encrypted or local to the machine. */
  readonly secure: boolean;
  /** The HTTP request that opened an accepted WebSocket, or that is the call. */
  readonly request?: Request | undefined;
}

/** Options of {@linkcode Channel.close}. */
export interface CloseOptions {
  /**
   * Code of the ProtocolError that was sent or received before. A WebSocket
   * closes with 4000 plus the code.
   */
  readonly code?: number | undefined;
  /** A short reason for humans. A WebSocket sends it, cut to 123 bytes. */
  readonly reason?: string | undefined;
  /**
   * How long closing waits in addition for the remote side to end, in
   * milliseconds; 0 by default. For bytes that the transport has taken, but
   * that a slow remote side has not read yet.
   */
  readonly linger?: number | undefined;
}

/** How a channel ended. */
export interface ChannelEnd {
  /**
   * Whether the remote side closed cleanly, after all of its bytes had
   * arrived.
   */
  readonly clean: boolean;
  /** The close code of a WebSocket; `undefined` for other channels. */
  readonly code?: number | undefined;
  /**
   * The close reason of a WebSocket, unchanged: any text, which only
   * `quoteName` of the codec makes safe to print. `undefined` for other
   * channels.
   */
  readonly reason?: string | undefined;
  /** The error that broke the channel; `undefined` if there was none. */
  readonly error?: unknown;
}

/** Receives how much memory the bytes in a channel take. */
export interface BufferObserver {
  /**
   * The channel holds `change` bytes of memory more, or fewer if it is negative:
   * of received bytes, or of bytes that it has not sent yet.
   */
  bufferChanged(change: number, kind: "received" | "unsent"): void;
  /**
   * Called with every received message while the unread ones take more than half
   * of the memory that they may take. More may come without a round of the event
   * loop in between, so only what {@linkcode Channel.readQueued} returns is read
   * early enough.
   */
  crowded?(): void;
}

/**
 * A reliable, ordered stream of bytes in both directions, with backpressure in
 * both directions.
 *
 * Reading returns a stream of bytes: chunk boundaries carry no information
 * about messages or write units. Writing takes write units, which a WebSocket
 * sends as one message each and other channels send as plain bytes.
 *
 * All channels share this behaviour, and one test suite checks each point for
 * each kind of channel:
 *
 * - `read` returns chunks in order, then `null` once the remote side has ended
 *   its direction. It rejects if the channel is broken or aborted. Only one
 *   read may be pending. The caller owns the chunk. After `close` on the local
 *   side, it returns `null`.
 * - `write` resolves once the channel can take more, and rejects if the channel
 *   cannot deliver. Only one write may be pending. The units must not change
 *   until it settles. `bytesTaken` grows meanwhile, unless the remote side takes
 *   nothing.
 * - `closeWrite` ends the local direction: the remote side reads all written
 *   bytes, then `null`, and can continue to write. On a transport without
 *   half-close it does nothing, and `halfClose` is false.
 * - `close` delivers all written bytes, then ends both directions, within a
 *   bounded time after the transport has taken the last of them, or has taken
 *   none for a while.
 * - `abort` ends both directions at once. Pending reads and writes reject with
 *   the reason.
 * - `close`, `closeWrite` and `abort` can be called in any order, any number of
 *   times and at any moment, and never throw or reject. `closed` always
 *   resolves eventually, and never rejects.
 */
export interface Channel {
  /** Information about the channel and its two sides. */
  readonly info: ChannelInfo;
  /** Whether {@linkcode closeWrite} reaches the remote side. */
  readonly halfClose: boolean;
  /** Resolves once both directions have ended. */
  readonly closed: Promise<ChannelEnd>;
  /**
   * Number of bytes that the transport has taken from all writes so far.
   *
   * It grows during a pending write, so that a slow write can be told from one
   * that is stuck. What it counts in addition, such as the frames of a
   * WebSocket, differs from transport to transport.
   */
  readonly bytesTaken: number;
  /**
   * Whether the transport counts a unit in {@linkcode bytesTaken} only once all
   * of it has left, and delivers it only once all of it has arrived, as the
   * WebSocket of a runtime does; `false` if absent. Then nothing can be seen of
   * a large unit that is under way.
   */
  readonly wholeUnits?: boolean;
  /**
   * How the remote side ended the conversation, for transports that carry more
   * than the end itself: a WebSocket has a code and a reason. `undefined` until
   * the end has arrived.
   */
  readonly remoteEnd?: Error | undefined;
  /**
   * What the remote side does not take although it can be written to, such as
   * calls by a server over HTTP, and the reason for the errors of those that the
   * application makes; nothing if absent.
   */
  readonly refuses?: {
    readonly what: "calls" | "calls and notifications";
    readonly reason: Error;
  } | undefined;
  /**
   * Receives the request ID of a stream before it is written, if its data stays
   * open, without any, until the answer is complete or not wanted any more. For
   * channels that otherwise send the data of a stream as a whole.
   */
  streamStaysOpen?(id: number): void;
  /** The received bytes as a stream; an alternative to {@linkcode read}. */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * Reads the next chunk; `null` after the last one.
   *
   * @param into Memory that the channel may read into, in which case the chunk
   * is a view of it.
   */
  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null>;
  /**
   * Returns the next chunk without waiting; `undefined` if none is queued, if a
   * read is pending, or if the channel has ended.
   *
   * For channels that queue what arrives because they cannot hold the remote
   * side back, and call {@linkcode BufferObserver.crowded}.
   */
  readQueued?(): Uint8Array | undefined;
  /**
   * Returns the memory of a chunk to the channel, which may read into it again.
   *
   * Optional for the caller, but it makes reading large volumes faster. Nothing
   * may use the chunk afterwards, and each chunk may be recycled only once.
   */
  recycle?(chunk: Uint8Array): void;
  /**
   * Reports the memory of received bytes that wait to be read, and of written
   * bytes that wait in the program after their write has resolved: at once what
   * waits already, then changes, also while nobody reads or writes. The sum is 0
   * again once the channel has ended.
   *
   * For channels that queue what arrives because they cannot hold the remote
   * side back, such as the WebSocket of a runtime and message ports. Others do
   * without it, or report nothing: on them, bytes wait in the system.
   */
  observeBuffers?(observer: BufferObserver): void;
  /**
   * Sends units that leave together as one message from now on: the remote side
   * reads messages as one byte stream. For channels that keep units apart, such
   * as WebSockets, unless their options say otherwise.
   */
  mergeUnits?(): void;
  /** Sends write units; resolves once the channel can take more. */
  write(units: WriteUnits): Promise<void>;
  /** Ends the local direction after all written bytes. */
  closeWrite(): Promise<void>;
  /** Ends both directions after all written bytes; resolves at the end. */
  close(options?: CloseOptions): Promise<void>;
  /** Ends both directions at once. */
  abort(reason?: unknown): void;
}

/** Accepts incoming channels. */
export interface Listener extends AsyncIterable<Channel>, AsyncDisposable {
  /** The address it listens on, as a URL for clients. */
  readonly address: string;
  /**
   * Accepts the next channel; resolves with `null` once the listener is closed.
   * Rejects if accepting fails; the next call tries again. A connection that its
   * client has ended before it is accepted is skipped.
   */
  accept(): Promise<Channel | null>;
  /**
   * Uses another certificate and key, in PEM, for connections that are accepted
   * from now on; present on listeners with TLS. Others stay open. If it
   * rejects because the certificate is invalid, the current one stays in use.
   */
  renewCertificate?(
    certificate: { readonly cert: string; readonly key: string },
  ): Promise<void>;
  /** Stops listening. Accepted channels stay open. */
  close(): void;
}

/**
 * Returns the `readable` of a channel: a stream of the chunks that its `read`
 * returns. Cancelling the stream aborts the channel.
 *
 * @example
 * ```ts
 * import { memoryPair, readableFrom } from "@gotalk/gotalk/transport";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = memoryPair();
 * await a.close();
 * assertEquals(await Array.fromAsync(readableFrom(b)), []);
 * ```
 */
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

/**
 * Iterates over the channels that a listener accepts until it is closed; throws
 * if accepting fails.
 */
export async function* acceptedChannels(
  listener: Pick<Listener, "accept">,
): AsyncGenerator<Channel, void, void> {
  for (let channel; (channel = await listener.accept()) !== null;) {
    yield channel;
  }
}
