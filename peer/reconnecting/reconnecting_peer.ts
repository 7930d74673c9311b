/**
 * A peer that connects again when its connection ends.
 *
 * @module
 */

import type { ByteSource } from "../../quoting/byte_source.ts";
import { type OptionNames, pickOptions } from "../../quoting/option_names.ts";
import { endSignal } from "../abort.ts";
import { bytes, json, type PayloadCodec, text } from "../../codec/mod.ts";
import type { Channel, ChannelInfo } from "../../transport/channel.ts";
import {
  CALL_OPTIONS,
  type CallOptions,
  checkCallOptions,
  checkStreamOptions,
  REQUEST_OPTIONS,
  type RequestOptions,
  type ValuesOptions,
} from "../call_options.ts";
import type { Clock } from "../clock.ts";
import type {
  AnyContract,
  CallArguments,
  Contract,
  Input,
  NotificationArguments,
  NotificationName,
  NotificationValue,
  OperationName,
  Output,
  SectionOf,
  SentValues,
  StreamArguments,
  StreamName,
  ValuesArguments,
  ValuesName,
  YieldOf,
} from "../contract.ts";
import { type Counters, NO_COUNTERS, sum, totalStats } from "../counters.ts";
import { checkDrainOptions, type DrainOptions } from "../drain_options.ts";
import type { CloseInfo, PeerState, PeerStats } from "../peer_state.ts";
import { guardedClock } from "../guarded_clock.ts";
import { checkedLimits, type Limits } from "../limits.ts";
import { Observers } from "../observers.ts";
import type { Peer } from "../peer.ts";
import { newPeerId } from "../peer_id.ts";
import type { Remote } from "../remote.ts";
import type { StreamPair } from "../stream_pair.ts";
import { validate } from "../standard_schema.ts";
import { FORM, type FormedStreamOptions, formOf } from "../stream_form.ts";
import { reportUnsent } from "../unsent.ts";
import { callForValues, type Values } from "../values.ts";
import { activeContext } from "../tracing.ts";
import { deferredStream } from "./deferred_stream.ts";
import { OfflineQueue } from "./_offline_queue.ts";
import { Reconnector } from "./_reconnector.ts";
import { RepeatedCalls } from "./_repeated_calls.ts";
import {
  checkReconnectOptions,
  type ReconnectOptions,
} from "./reconnect_options.ts";

/**
 * A peer over a sequence of connections.
 *
 * When the connection ends or cannot be opened, it connects again after a random
 * delay whose bound doubles with each failure and each connection that does not
 * last, until it is closed or a failure is final (see `isFinalFailure`). Calls
 * made meanwhile are queued, up to a limit of their number and of their time. A
 * call that was not sent when its connection ended is sent over the next one; a
 * call whose outcome is unknown is repeated only if it is marked as idempotent
 * (close/in-doubt). Once the server refuses calls because it drains, they are
 * made over the next connection, while running ones finish over the old one.
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
export class ReconnectingPeer<
  Offered extends Contract = AnyContract,
  Auth = unknown,
> implements Remote<Offered, Auth | undefined> {
  /**
   * The number of the peer, unique within the process: for logs. Those of its
   * connections have others.
   */
  readonly id: number = newPeerId();
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #queue: OfflineQueue;
  readonly #calls: RepeatedCalls;
  readonly #reconnector: Reconnector;
  /** What was counted on connections that have ended. */
  #past: Counters = NO_COUNTERS;
  /** Observes what happens while there is no connection. */
  readonly #hooks: Observers;
  #signal: AbortSignal | undefined;

  /**
   * Begins to connect. `open` opens a channel; it may reject, and should respect
   * the signal.
   *
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   */
  constructor(
    open: (signal: AbortSignal) => Channel | Promise<Channel>,
    options: ReconnectOptions = {},
  ) {
    checkReconnectOptions(options);
    const hooks = this.#hooks = new Observers(this, options.onEvent, undefined);
    this.#clock = guardedClock(options.clock, hooks);
    this.#limits = checkedLimits(options.limits);
    this.#queue = new OfflineQueue(
      this.#clock,
      options,
      () => this.#reconnector.failure,
      () => activeContext(options.telemetry, hooks),
    );
    this.#reconnector = new Reconnector(open, options, {
      ready: (peer) => this.#queue.start(peer),
      ended: (peer) => this.#past = sum(this.#past, peer.stats),
    }, { hooks, remote: this, clock: this.#clock });
    this.#calls = new RepeatedCalls(
      this.#clock,
      this.#queue,
      this.#reconnector,
      options.maxCallAttempts,
    );
    const { signal } = this.#reconnector;
    signal.addEventListener("abort", () => this.#queue.fail(signal.reason));
  }

  /** The peer of the current connection while it accepts calls; `undefined` while there is none. */
  get current(): Peer | undefined {
    return this.#reconnector.peer;
  }

  /** The identity of the remote peer of the current connection; `undefined` while there is none. */
  get auth(): Auth | undefined {
    return this.#reconnector.connection?.auth as Auth | undefined;
  }

  /** The channel of the current connection; `undefined` while there is none. */
  get info(): ChannelInfo | undefined {
    return this.#reconnector.connection?.info;
  }

  /**
   * The state of the peer over all its connections: `"open"` while it has one
   * that takes calls, `"opening"` while it awaits the next one. Otherwise no
   * further one follows and calls are rejected: it is `"draining"` or
   * `"closing"` once `drain`, `close` or a final failure has ended it, and
   * `"closed"` once the last connection has ended.
   */
  get state(): PeerState {
    return this.#reconnector.state;
  }

  /** Counters of all connections together. Queued calls count as pending. */
  get stats(): PeerStats {
    const total = totalStats(this.#past, this.#reconnector.connections);
    const { roundTripTime, clockOffset } = this.current?.stats ?? {};
    const pending = total.pending + this.#queue.size;
    const unsent = total.unsent + this.#hooks.unsent;
    return { ...total, unsent, pending, roundTripTime, clockOffset };
  }

  /**
   * Resolves when the last connection has ended and no further one follows.
   * Never rejects. It is clean after `close` and `drain`, unless the connection
   * that they ended failed; earlier failures do not count.
   */
  get closed(): Promise<CloseInfo> {
    return this.#reconnector.closed;
  }

  /** Aborts when the last connection has ended and no further one follows. */
  get signal(): AbortSignal {
    return this.#signal ??= endSignal(this.#reconnector);
  }

  /** Cannot be called. Lets a peer with any contract be passed as a `Remote`. */
  request(this: never): never;
  /** Does the same as `Peer.request`, over the current connection or the next one. */
  request<
    Name extends OperationName<Offered>,
    Result extends Output<Offered, Name> = Output<Offered, Name>,
  >(
    operation: Name,
    ...args: CallArguments<Input<Offered, Name>, RequestOptions<Result>>
  ): Promise<Result>;
  request(
    operation?: string,
    input?: unknown,
    options: RequestOptions = {},
  ): Promise<unknown> {
    const result = this.#request(
      operation!,
      input,
      json,
      options,
      REQUEST_OPTIONS,
    );
    // The request is rejected if they are no object.
    const output = options?.output;
    return output === undefined
      ? result
      : result.then((value) =>
        validate(output, value, "output", operation!, "remote")
      );
  }

  /** Does the same as `Peer.requestText`, over the current connection or the next one. */
  requestText(
    operation: OperationName<Offered>,
    input: string,
    options: CallOptions = {},
  ): Promise<string> {
    return this.#request(operation, input, text, options);
  }

  /** Does the same as `Peer.requestBytes`, over the current connection or the next one. */
  requestBytes(
    operation: OperationName<Offered>,
    input: ByteSource,
    options: CallOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#request(operation, input, bytes, options) as Promise<
      Uint8Array<ArrayBuffer>
    >;
  }

  /** Cannot be called. Lets a peer with any contract be passed as a `Remote`. */
  stream(this: never): never;
  /**
   * Does the same as `Peer.stream`, over the current connection or the next one.
   * The streams end with their connection, also if they were not used when the
   * remote peer began to drain: they fail as not sent. A stream that is opened
   * while there is no connection does not read into buffers of the reader.
   */
  stream<Name extends StreamName<Offered>>(
    operation: Name,
    ...options: StreamArguments<
      SectionOf<Offered, "streams">[Name],
      CallOptions
    >
  ): StreamPair;
  stream(operation?: string, options: FormedStreamOptions = {}): StreamPair {
    const { peer } = this.#reconnector;
    if (peer !== undefined) return peer.stream(operation!, options as never);
    checkStreamOptions(options);
    const formed = formOf(operation!, options);
    const abandoned = new AbortController();
    const signals = [abandoned.signal];
    if (options.signal) signals.push(options.signal);
    const opening = this.#calls.over(
      operation!,
      formed[FORM]?.input?.byteLength ?? 0,
      { ...formed, signal: AbortSignal.any(signals) },
      (peer, left) =>
        peer.stream(operation!, { ...left, signal: options.signal } as never),
    );
    return deferredStream(opening, (reason) => abandoned.abort(reason));
  }

  /** Cannot be called. Lets a peer with any contract be passed as a `Remote`. */
  values(this: never): never;
  /** Does the same as `Peer.values`, over the current connection or the next one. The values end with their connection. */
  values<
    Name extends ValuesName<Offered>,
    Value extends YieldOf<SectionOf<Offered, "values">[Name]> = YieldOf<
      SectionOf<Offered, "values">[Name]
    >,
  >(
    operation: Name,
    ...args: ValuesArguments<
      SectionOf<Offered, "values">[Name],
      ValuesOptions<Value>
    >
  ): Values<Value>;
  values(
    operation?: string,
    input?: unknown,
    options: ValuesOptions & SentValues<unknown> = {},
  ): Values<unknown> {
    return callForValues(
      operation!,
      json.encode(input, { operation: operation! }),
      options,
      this.#limits,
      (formed) => this.stream(operation as never, formed as never),
      (error) => this.#hooks.hookFailed("values", error),
    );
  }

  /** Cannot be called. Lets a peer with any contract be passed as a `Remote`. */
  notify(this: never): never;
  /** Does the same as `Peer.notify`, over the current connection or the next one. */
  notify<Name extends NotificationName<Offered>>(
    name: Name,
    ...value: NotificationArguments<NotificationValue<Offered, Name>>
  ): Promise<void>;
  notify(name?: NotificationName<Offered>, value?: unknown): Promise<void> {
    return this.#notify(name!, value, json);
  }

  /** Does the same as `Peer.notifyText`, over the current connection or the next one. */
  notifyText(name: NotificationName<Offered>, value: string): Promise<void> {
    return this.#notify(name, value, text);
  }

  /** Does the same as `Peer.notifyBytes`, over the current connection or the next one. */
  notifyBytes(
    name: NotificationName<Offered>,
    payload: ByteSource,
  ): Promise<void> {
    return this.#notify(name, payload, bytes);
  }

  /**
   * Opens no further connections and drains the current one. Queued calls fail.
   *
   * @throws {TypeError} If a time is not a number of at least 0.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrainOptions(options);
    await this.#reconnector.close(
      new Error("the peer is draining"),
      undefined,
      (peer) => peer.drain(options),
      "draining",
    );
  }

  /** Opens no further connections, ends the current one, and settles every call. Never rejects. */
  close(): Promise<void> {
    return this.#reconnector.close(
      new Error("the peer was closed"),
      undefined,
      (peer) => peer.close(),
    );
  }

  /** Opens no further connections, ends the current one at once, and settles every call. */
  abort(reason?: unknown): void {
    const error = reason ??
      new DOMException("The connection was aborted", "AbortError");
    void this.#reconnector.close(error, error, (peer) => peer.abort(error));
  }

  /** Does the same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #request<T, Given>(
    operation: string,
    input: Given,
    codec: PayloadCodec<T, Given>,
    options: CallOptions,
    names: OptionNames<CallOptions> = CALL_OPTIONS,
  ): Promise<T> {
    checkCallOptions(options, names);
    const payload = codec.encode(input, { operation });
    const result = await this.#calls.over(
      operation,
      payload.byteLength,
      pickOptions(options, CALL_OPTIONS),
      (peer, left) => peer.requestBytes(operation, payload, left),
    );
    return codec.decode(result, { operation }, this.#limits);
  }

  #notify<Given>(
    name: string,
    value: Given,
    codec: Pick<PayloadCodec<unknown, Given>, "encode">,
  ): Promise<void> {
    return reportUnsent(name, this.#hooks, () => {
      const payload = codec.encode(value, { operation: name });
      const send = (peer: Peer) => peer.notifyBytes(name, payload);
      return this.#calls.over(name, payload.byteLength, {}, send);
    });
  }
}
