/**
 * A peer that connects again when its connection ends.
 *
 * @module
 */

import { bytes, json, type PayloadCodec, text } from "../../codec/mod.ts";
import type { Channel } from "../../transport/channel.ts";
import { noConnection, OfflineQueue } from "./_offline_queue.ts";
import { Reconnector } from "./_reconnector.ts";
import type { CallOptions, RequestOptions } from "../call_options.ts";
import { type Clock, systemClock } from "../clock.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import type {
  AnyContract,
  Contract,
  Input,
  NotificationName,
  OperationName,
  Output,
} from "../contract.ts";
import type { Peer, StreamPair } from "../peer.ts";
import type { PeerOptions } from "../peer_options.ts";
import { validate } from "../standard_schema.ts";

/** Something that happened to the connection of a {@linkcode ReconnectingPeer}. */
export type ConnectionEvent =
  /** A connection is being opened; attempts are counted from the last that succeeded. */
  | { readonly type: "connecting"; readonly attempt: number }
  /** There is a connection, and what waited is sent. */
  | { readonly type: "connected"; readonly peer: Peer }
  /** There is no connection; it will be tried again after so many milliseconds. */
  | {
    readonly type: "waiting";
    readonly delay: number;
    readonly error: unknown;
  }
  /** No more attempts are made. */
  | { readonly type: "closed"; readonly error: unknown };

/** How a connection is kept. */
export interface ReconnectOptions extends PeerOptions {
  /** The longest wait after a connection has ended or one attempt failed, in milliseconds; 500 by default. It doubles with each further failure. */
  readonly initialDelay?: number | undefined;
  /** The longest wait at all, in milliseconds; 30,000 by default. */
  readonly maxDelay?: number | undefined;
  /** After how many failures in a row no more attempts are made; no limit by default. */
  readonly maxAttempts?: number | undefined;
  /** How many calls and notifications wait for a connection at the most; 100 by default. */
  readonly maxQueuedCalls?: number | undefined;
  /** How many bytes of payload these may have together; 1 MiB by default. */
  readonly maxQueuedBytes?: number | undefined;
  /**
   * Runs on each new connection before anything that waits is sent: to log in or subscribe. When it fails,
   * the connection is closed and tried again, and it counts as one of `maxAttempts`.
   */
  readonly onConnect?: ((peer: Peer) => unknown) | undefined;
  /** Hears what happens to the connection. What it throws is ignored. */
  readonly onConnectionEvent?: ((event: ConnectionEvent) => void) | undefined;
}

/** How a call over connections that come and go is made. */
export interface ReconnectingCallOptions {
  /** Whether it does no harm to carry the request out twice; then it is repeated also when its outcome is unknown. */
  readonly idempotent?: boolean | undefined;
}

/**
 * A peer for as long as it is wanted, over one connection after the other.
 *
 * When the connection ends, or cannot be opened, it tries again after a random wait, up to a bound that
 * doubles with each failure. Calls made meanwhile wait, up to a limit. A call that was not sent when its
 * connection ended is sent over the next one; one whose outcome is unknown is never repeated, unless it
 * is marked as idempotent.
 *
 * @example
 * ```ts
 * import { Handlers, Peer, ReconnectingPeer } from "@gotalk/gotalk/peer";
 * import { type Channel, memoryPair } from "@gotalk/gotalk/transport";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("ping", () => "pong");
 * function open(): Channel {
 *   const [here, there] = memoryPair();
 *   new Peer(there, { handlers, role: "acceptor" });
 *   return here;
 * }
 *
 * await using peer = new ReconnectingPeer(open);
 * assertEquals(await peer.request("ping"), "pong");
 * ```
 */
export class ReconnectingPeer<Remote extends Contract = AnyContract>
  implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #queue: OfflineQueue;
  readonly #reconnector: Reconnector;

  /** Begins to connect. `open` opens a channel; it may reject, and should heed the signal. */
  constructor(
    open: (signal: AbortSignal) => Channel | Promise<Channel>,
    options: ReconnectOptions = {},
  ) {
    const { maxQueuedCalls = 100, maxQueuedBytes = 1024 * 1024 } = options;
    this.#clock = options.clock ?? systemClock;
    this.#queue = new OfflineQueue(this.#clock, maxQueuedCalls, maxQueuedBytes);
    this.#reconnector = new Reconnector(
      open,
      options,
      (peer) => this.#queue.start(peer),
    );
    const { signal } = this.#reconnector;
    signal.addEventListener("abort", () => this.#queue.fail(signal.reason));
  }

  /** The peer of the current connection; `undefined` while there is none. */
  get current(): Peer | undefined {
    return this.#reconnector.peer;
  }

  /** Resolves when no more attempts are made; never rejects. */
  get closed(): Promise<void> {
    return this.#reconnector.finished;
  }

  /** As `Peer.request`, over whichever connection there is. */
  request<Name extends OperationName<Remote>>(
    operation: Name,
    input?: Input<Remote, Name>,
    options: RequestOptions<Output<Remote, Name>> & ReconnectingCallOptions =
      {},
  ): Promise<Output<Remote, Name>> {
    const { output } = options;
    const answer = this.#request(operation, input, json, options);
    return (output === undefined
      ? answer
      : answer.then((value) =>
        validate(output, value, "output", operation, "remote")
      )) as Promise<
        Output<Remote, Name>
      >;
  }

  /** As `Peer.requestText`, over whichever connection there is. */
  requestText(
    operation: string,
    input: string,
    options: CallOptions & ReconnectingCallOptions = {},
  ): Promise<string> {
    return this.#request(operation, input, text, options);
  }

  /** As `Peer.requestBytes`, over whichever connection there is. */
  requestBytes(
    operation: string,
    input: Uint8Array,
    options: CallOptions & ReconnectingCallOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#request(operation, input, bytes, options) as Promise<
      Uint8Array<ArrayBuffer>
    >;
  }

  /** As `Peer.stream`, once there is a connection; a stream ends with its connection. */
  stream(operation: string, options: CallOptions = {}): Promise<StreamPair> {
    return this.#over(
      operation,
      0,
      options,
      (peer, left) => peer.stream(operation, left),
    );
  }

  /** As `Peer.notify`, once there is a connection. */
  async notify<Name extends NotificationName<Remote>>(
    name: Name,
    value?: Remote["notifications"][Name],
  ): Promise<void> {
    await this.notifyBytes(name, json.encode(value, { operation: name }));
  }

  /** As `Peer.notifyBytes`, once there is a connection. */
  notifyBytes(name: string, payload: Uint8Array): Promise<void> {
    return this.#over(
      name,
      payload.byteLength,
      {},
      (peer) => peer.notifyBytes(name, payload),
    );
  }

  /** Makes no more attempts, ends the connection, and settles every call. */
  close(): Promise<void> {
    return this.#reconnector.close(new Error("the peer was closed"));
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #request<T>(
    operation: string,
    input: T,
    codec: PayloadCodec<T>,
    options: CallOptions & ReconnectingCallOptions,
  ): Promise<T> {
    const payload = codec.encode(input, { operation });
    const answer = await this.#over(
      operation,
      payload.byteLength,
      options,
      (peer, left) => peer.requestBytes(operation, payload, left),
    );
    return codec.decode(answer, { operation });
  }

  /** Does something over the current connection or the next, and again over another one when that does no harm. */
  async #over<T>(
    operation: string,
    size: number,
    options: CallOptions & ReconnectingCallOptions,
    use: (peer: Peer, left: CallOptions) => T | Promise<T>,
  ): Promise<T> {
    const due = this.#clock.now() + (options.timeout ?? Infinity);
    for (;;) {
      let used: Peer | undefined;
      try {
        return await this.#whenConnected(operation, size, {
          ...options,
          timeout: this.#until(due),
        }, (peer) => {
          used = peer;
          return use(peer, { ...options, timeout: this.#until(due) });
        });
      } catch (error) {
        const repeat = isConnectionClosedError(error) &&
          !this.#reconnector.signal.aborted &&
          (error.outcome === "not-sent" || options.idempotent === true);
        if (!repeat) throw error;
        this.#reconnector.spent(used);
      }
    }
  }

  #whenConnected<T>(
    operation: string,
    size: number,
    options: CallOptions,
    use: (peer: Peer) => T | Promise<T>,
  ): Promise<T> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const { peer, signal } = this.#reconnector;
    if (signal.aborted) {
      return Promise.reject(noConnection(operation, signal.reason));
    }
    return peer?.state === "open"
      ? Promise.resolve(use(peer))
      : this.#queue.wait(operation, size, options, use);
  }

  #until(due: number): number {
    return Math.max(0, due - this.#clock.now());
  }
}
