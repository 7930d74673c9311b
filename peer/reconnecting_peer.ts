/**
 * A peer that connects again when its connection ends.
 *
 * @module
 */

import {
  bytes,
  json,
  LimitError,
  type PayloadCodec,
  quoteName,
  text,
} from "../codec/mod.ts";
import type { Channel } from "../transport/channel.ts";
import type { CallOptions, RequestOptions } from "./call_options.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  ConnectionClosedError,
  isConnectionClosedError,
} from "./connection_closed_error.ts";
import type {
  AnyContract,
  Contract,
  Input,
  NotificationName,
  OperationName,
  Output,
} from "./contract.ts";
import { Peer, type StreamPair } from "./peer.ts";
import type { PeerOptions } from "./peer_options.ts";
import { validate } from "./standard_schema.ts";

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
  /** The longest wait after the first failure, in milliseconds; 500 by default. It doubles with each further one. */
  readonly firstDelay?: number | undefined;
  /** The longest wait at all, in milliseconds; 30,000 by default. */
  readonly lastDelay?: number | undefined;
  /** How many attempts in a row may fail; no limit by default. */
  readonly maxAttempts?: number | undefined;
  /** How many calls and notifications wait for a connection at the most; 100 by default. */
  readonly maxWaiting?: number | undefined;
  /** How many bytes of payload these may have together; 1 MiB by default. */
  readonly maxWaitingBytes?: number | undefined;
  /** Runs on each new connection before anything that waits is sent: to authenticate or subscribe. When it fails, the connection is closed and tried again. */
  readonly onConnect?: ((peer: Peer) => void | Promise<void>) | undefined;
  /** Hears what happens to the connection. What it throws is ignored. */
  readonly observeConnection?: ((event: ConnectionEvent) => void) | undefined;
}

/** How a call over connections that come and go is made. */
export interface ReconnectingCallOptions {
  /** Whether it does no harm to carry the request out twice; then it is repeated also when its outcome is unknown. */
  readonly idempotent?: boolean | undefined;
}

/** Who waits for a connection. */
interface Waiter {
  readonly bytes: number;
  readonly resolve: (peer: Peer) => void;
  readonly reject: (error: unknown) => void;
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
  readonly #open: (signal: AbortSignal) => Channel | Promise<Channel>;
  readonly #options: ReconnectOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<Waiter>();
  #waitingBytes = 0;
  #peer: Peer | undefined;
  #run: Promise<void>;

  /** Begins to connect. `open` opens a channel; it may reject, and should heed the signal. */
  constructor(
    open: (signal: AbortSignal) => Channel | Promise<Channel>,
    options: ReconnectOptions = {},
  ) {
    this.#open = open;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#run = this.#keepConnected();
  }

  /** The peer of the current connection; `undefined` while there is none. */
  get current(): Peer | undefined {
    return this.#peer;
  }

  /** Resolves when no more attempts are made; never rejects. */
  get closed(): Promise<void> {
    return this.#run;
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
  async stream(
    operation: string,
    options: CallOptions = {},
  ): Promise<StreamPair> {
    const peer = await this.#connected(operation, 0, options);
    return peer.stream(operation, options);
  }

  /** As `Peer.notify`, once there is a connection. */
  async notify<Name extends NotificationName<Remote>>(
    name: Name,
    value?: Remote["notifications"][Name],
  ): Promise<void> {
    await this.notifyBytes(name, json.encode(value, { operation: name }));
  }

  /** As `Peer.notifyBytes`, once there is a connection. */
  async notifyBytes(name: string, payload: Uint8Array): Promise<void> {
    const peer = await this.#connected(name, payload.byteLength, {});
    await peer.notifyBytes(name, payload);
  }

  /** Makes no more attempts, ends the connection, and settles every call. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("the peer was closed"));
    await this.#peer?.close();
    await this.#run;
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
    const { timeout = Infinity } = options;
    const due = this.#clock.now() + timeout;
    for (;;) {
      const left = {
        ...options,
        timeout: Math.max(0, due - this.#clock.now()),
      };
      const peer = await this.#connected(operation, payload.byteLength, left);
      try {
        left.timeout = Math.max(0, due - this.#clock.now());
        return codec.decode(await peer.requestBytes(operation, payload, left), {
          operation,
        });
      } catch (error) {
        const repeat = isConnectionClosedError(error) &&
          !this.#stop.signal.aborted &&
          (error.outcome === "not-sent" || options.idempotent === true);
        if (!repeat) throw error;
        // The peer ends before it is known here to have ended.
        if (this.#peer === peer) this.#peer = undefined;
      }
    }
  }

  /** The peer of the current connection, or of the next one. */
  #connected(
    operation: string,
    size: number,
    options: CallOptions,
  ): Promise<Peer> {
    const { signal, timeout = Infinity } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#peer?.state === "open") return Promise.resolve(this.#peer);
    if (this.#stop.signal.aborted) {
      return Promise.reject(
        this.#closedError(operation, this.#stop.signal.reason),
      );
    }
    const { maxWaiting = 100, maxWaitingBytes = 1024 * 1024 } = this.#options;
    if (
      this.#waiting.size >= maxWaiting ||
      this.#waitingBytes + size > maxWaitingBytes
    ) {
      return Promise.reject(
        new LimitError(
          `Cannot send ${
            quoteName(operation)
          }: ${this.#waiting.size} calls with ${this.#waitingBytes} bytes wait for a connection, wanted at most ${maxWaiting} with ${maxWaitingBytes}`,
          {
            code: this.#waiting.size >= maxWaiting
              ? "maxWaiting"
              : "maxWaitingBytes",
          },
        ),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<Peer>();
    const waiter: Waiter = { bytes: size, resolve, reject };
    const giveUp = () => reject(signal?.reason);
    const timer = timeout === Infinity ? undefined : this.#clock.schedule(
      () => reject(this.#timedOut(operation, timeout)),
      timeout,
    );
    signal?.addEventListener("abort", giveUp);
    this.#waiting.add(waiter);
    this.#waitingBytes += size;
    return promise.finally(() => {
      this.#waiting.delete(waiter);
      this.#waitingBytes -= size;
      if (timer !== undefined) this.#clock.cancel(timer);
      signal?.removeEventListener("abort", giveUp);
    });
  }

  async #keepConnected(): Promise<void> {
    const { maxAttempts = Infinity, observeConnection } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    let error: unknown;
    while (!signal.aborted && failures < maxAttempts) {
      tell(observeConnection, { type: "connecting", attempt: failures + 1 });
      const peer = await this.#attempt((reason) => error = reason);
      if (peer !== undefined) {
        failures = 0;
        tell(observeConnection, { type: "connected", peer });
        for (const waiter of this.#waiting) waiter.resolve(peer);
        error = (await peer.closed).error;
        this.#peer = undefined;
      }
      if (signal.aborted) break;
      const delay = this.#delay(failures++);
      tell(observeConnection, { type: "waiting", delay, error });
      await this.#sleep(delay);
    }
    const reason = signal.aborted ? signal.reason : error;
    this.#stop.abort(reason);
    for (const waiter of this.#waiting) {
      waiter.reject(this.#closedError("a call", reason));
    }
    tell(observeConnection, { type: "closed", error: reason });
  }

  /** Opens a connection and makes it ready; `undefined` when that fails. */
  async #attempt(failed: (error: unknown) => void): Promise<Peer | undefined> {
    let peer: Peer | undefined;
    try {
      const channel = await this.#open(this.#stop.signal);
      peer = new Peer(channel, { ...this.#options, role: "initiator" });
      this.#stop.signal.throwIfAborted();
      await peer.opened;
      await this.#options.onConnect?.(peer);
      this.#stop.signal.throwIfAborted();
      return this.#peer = peer;
    } catch (error) {
      failed(error);
      await peer?.close();
      return undefined;
    }
  }

  /** How long to wait: any time up to a bound, so that clients of a server that fell do not all return at once. */
  #delay(failures: number): number {
    const { firstDelay = 500, lastDelay = 30_000 } = this.#options;
    return this.#random() * Math.min(lastDelay, firstDelay * 2 ** failures);
  }

  async #sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, delay);
    const wake = () => resolve();
    this.#stop.signal.addEventListener("abort", wake);
    await promise;
    this.#stop.signal.removeEventListener("abort", wake);
    this.#clock.cancel(timer);
  }

  #closedError(operation: string, cause: unknown): ConnectionClosedError {
    return new ConnectionClosedError(
      `Cannot finish ${
        quoteName(operation)
      }: there will be no connection, the request was not sent`,
      { outcome: "not-sent", cause },
    );
  }

  #timedOut(operation: string, timeout: number): DOMException {
    return new DOMException(
      `Cannot finish ${
        quoteName(operation)
      }: there was no connection within ${timeout} ms, the request was not sent`,
      "TimeoutError",
    );
  }
}

/** Tells a hook, whose failure must not end the attempts. */
function tell(
  hook: ((event: ConnectionEvent) => void) | undefined,
  event: ConnectionEvent,
): void {
  try {
    hook?.(event);
  } catch {
    // The hook is the application's, and so is its failure.
  }
}
