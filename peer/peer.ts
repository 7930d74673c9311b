/**
 * A peer: one end of a conversation.
 *
 * @module
 */

import { bytes, json, type PayloadCodec, text } from "../codec/mod.ts";
import type { ByteSource } from "../quoting/byte_source.ts";
import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import type { Channel, ChannelInfo } from "../transport/channel.ts";
import { Conversation } from "./_conversation.ts";
import { endSignal } from "./abort.ts";
import {
  CALL_OPTIONS,
  type CallOptions,
  checkStreamOptions,
  REQUEST_OPTIONS,
  type RequestOptions,
  type ValuesOptions,
} from "./call_options.ts";
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
} from "./contract.ts";
import { checkDrainOptions, type DrainOptions } from "./drain_options.ts";
import type { CloseInfo, PeerState, PeerStats } from "./peer_state.ts";
import { newPeerId } from "./peer_id.ts";
import { PEER_OPTIONS, type PeerOptions } from "./peer_options.ts";
import type { Remote } from "./remote.ts";
import type { StreamPair } from "./stream_pair.ts";
import type { Requestor } from "./requestor/requestor.ts";
import { validate } from "./standard_schema.ts";
import { passOn } from "./unsent.ts";
import { type FormedStreamOptions, formOf } from "./stream_form.ts";
import { callForValues, type Values } from "./values.ts";

/** Returns the requestor of a peer; `undefined` for other remotes. Internal to the package. */
export let requestorOf: (remote: object) => Requestor | undefined;

/**
 * One end of a conversation over a channel: sends and handles requests, streams
 * and notifications.
 *
 * Both ends are alike; which one connected matters only for heartbeats. Every
 * call settles: with its result, with an `OperationError` or `RetryError` from
 * the remote peer, with the reason of its signal, with a `TimeoutError`, with a
 * `LimitError` or `ValidationError`, or with a `ConnectionClosedError` that reports whether the request may have been
 * carried out. No request is sent twice unless the remote peer requested it
 * with a RetryResult.
 *
 * @example Two peers in one program
 * ```ts
 * import { Handlers, Peer } from "@gotalk/gotalk/peer";
 * import { memoryPair } from "@gotalk/gotalk/transport";
 * import { assertEquals } from "@std/assert";
 *
 * const [left, right] = memoryPair();
 * const handlers = new Handlers().handle("double", (n: number) => n * 2);
 * await using server = new Peer(right, { handlers, role: "acceptor" });
 * await using client = new Peer(left);
 *
 * assertEquals(await client.request("double", 21), 42);
 * assertEquals(server.state, "open");
 * ```
 */
export class Peer<Offered extends Contract = AnyContract, Auth = unknown>
  implements Remote<Offered, Auth> {
  /** The number of the peer, unique within the process: for logs. */
  readonly id: number = newPeerId();
  readonly #conversation: Conversation;
  #signal: AbortSignal | undefined;

  static {
    requestorOf = (remote) =>
      #conversation in remote ? remote.#conversation.requestor : undefined;
  }

  /**
   * Begins a conversation over a channel: sends the version and starts to read.
   *
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   */
  constructor(channel: Channel, options: PeerOptions = {}) {
    checkOptionNames(options, PEER_OPTIONS);
    const remote = this as unknown as Remote;
    this.#conversation = new Conversation(remote, channel, options);
  }

  /** The identity of the remote peer: what `login`, or the server's `authenticate`, returned; `undefined` otherwise. */
  get auth(): Auth {
    return this.#conversation.auth as Auth;
  }

  /** The channel and its remote end. */
  get info(): ChannelInfo {
    return this.#conversation.link.channel.info;
  }

  /** The state of the conversation. */
  get state(): PeerState {
    return this.#conversation.state;
  }

  /** Counters since the conversation began. */
  get stats(): PeerStats {
    return this.#conversation.stats;
  }

  /**
   * Resolves when the remote peer has sent a version that the local peer speaks,
   * and has logged in if it must. Rejects with what ended the conversation
   * before that. Messages that follow a login are handled after code that
   * awaits this promise has run.
   */
  get opened(): Promise<void> {
    return this.#conversation.opened;
  }

  /** Resolves when the conversation has ended, for any reason. Never rejects. */
  get closed(): Promise<CloseInfo> {
    return this.#conversation.closed;
  }

  /** Aborts when the conversation has ended. */
  get signal(): AbortSignal {
    return this.#signal ??= endSignal(this.#conversation);
  }

  /** Cannot be called. Lets a peer with any contract be passed as a `Remote`. */
  request(this: never): never;
  /**
   * Sends a request with a JSON payload and returns the JSON result.
   *
   * @throws {OperationError} If the remote peer answers with an error.
   * @throws {RetryError} If it answers with a RetryResult and the call's retry
   * policy is exhausted or off.
   * @throws {ConnectionClosedError} If the connection ends first.
   * @throws {LimitError} If the result exceeds `maxPayloadBytes`, `maxJsonBytes`
   * `maxJsonDepth` or `maxJsonKeys`, or the name is too long.
   * @throws {ValidationError} If the input cannot be encoded as JSON, or the
   * result is not JSON or fails validation.
   */
  request<
    Name extends OperationName<Offered>,
    Result extends Output<Offered, Name> = Output<Offered, Name>,
  >(
    operation: Name,
    ...args: CallArguments<Input<Offered, Name>, RequestOptions<Result>>
  ): Promise<Result>;
  // The arguments in an array would be an allocation for each request.
  request(
    operation?: string,
    input?: unknown,
    options?: RequestOptions,
  ): Promise<unknown> {
    const result = this.#request(
      operation!,
      input,
      json,
      options,
      REQUEST_OPTIONS,
    );
    const schema = options?.output;
    if (schema === undefined) return result;
    return result.then((value) =>
      validate(schema, value, "output", operation!, "remote")
    );
  }

  /** Sends a request with a text payload and returns the text of the result. Rejects like {@linkcode request}. */
  requestText(
    operation: OperationName<Offered>,
    input: string,
    options?: CallOptions,
  ): Promise<string> {
    return this.#request(operation, input, text, options);
  }

  /**
   * Sends a request with a payload of bytes and returns the bytes of the result.
   * Rejects like {@linkcode request}.
   *
   * The input must not change until the call has settled. The result may be a
   * view into a larger buffer; copy a small result that you keep.
   */
  requestBytes(
    operation: OperationName<Offered>,
    input: ByteSource,
    options?: CallOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#request(operation, input, bytes, options) as Promise<
      Uint8Array<ArrayBuffer>
    >;
  }

  /**
   * Recycles the memory of a result that no code refers to any more, pending
   * calls included: the next large payload is read into it.
   *
   * Optional. Allocating memory for each large payload takes longer than
   * receiving it. Only buffers of 64 KiB or more are recycled; they are
   * detached. Handlers use `context.recycle`.
   */
  recycle(result: Uint8Array<ArrayBuffer>): void {
    this.#conversation.link.recycle(result);
  }

  /** Cannot be called. Lets a peer with any contract be passed as a `Remote`. */
  stream(this: never): never;
  /**
   * Opens a stream request: bytes in both directions, as they arrive.
   *
   * The request is sent with the first chunk that is written, or without data if
   * the answer is read first. Failures, such as those of {@linkcode request},
   * error both streams. Aborting the writable cancels the call, and so does
   * cancelling the readable, unless a writer holds the writable, which then stays
   * usable: the rest of the answer is dropped, and the cancel follows the
   * request's data. Handlers of a remote peer that knows no cancels are not
   * notified, but the data ends if the readable is cancelled and nobody writes.
   */
  stream<Name extends StreamName<Offered>>(
    operation: Name,
    ...options: StreamArguments<
      SectionOf<Offered, "streams">[Name],
      CallOptions
    >
  ): StreamPair;
  stream(operation?: string, options?: FormedStreamOptions): StreamPair {
    const { link, requestor } = this.#conversation;
    // Before the span begins, which nothing would end.
    if (options !== undefined) checkStreamOptions(options);
    const formed = formOf(operation!, options);
    const traced = link.tracing?.start("client", operation!);
    return requestor.stream(operation!, formed, traced);
  }

  /** Cannot be called. Lets a peer with any contract be passed as a `Remote`. */
  values(this: never): never;
  /**
   * Requests values, and returns them as they arrive: `for await` each. The
   * request is sent when the iteration begins, and its data stays open, unless
   * `values` are sent, while the values are wanted.
   *
   * Leaving the loop cancels the call, which stops its handler; if the remote
   * peer knows no cancels, the request's data ends, at which a handler of a
   * subscription stops. A slow loop holds the remote peer back. The
   * iteration throws the errors of {@linkcode request}.
   */
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
    const { limits, observers } = this.#conversation.link;
    return callForValues(
      operation!,
      json.encode(input, { operation: operation! }),
      options,
      limits,
      (formed) => this.stream(operation as never, formed as never),
      (error) => observers.hookFailed("values", error),
    );
  }

  /** Cannot be called. Lets a peer with any contract be passed as a `Remote`. */
  notify(this: never): never;
  /**
   * Sends a notification with a JSON payload. Resolves when more can be sent.
   *
   * A program that does not wait need not handle the errors of a remote peer
   * that has left or is too slow: they cause no unhandled rejection. A
   * notification that is dropped for a full write queue is counted in
   * {@linkcode stats} and reported as the event `unsent`. To send one to many
   * peers, use `broadcast`.
   *
   * @throws {ConnectionClosedError} If the connection has ended or is ending.
   * @throws {LimitError} If the write queue is full; the notification is dropped.
   * @throws {ValidationError} If the value cannot be encoded as JSON.
   */
  notify<Name extends NotificationName<Offered>>(
    name: Name,
    ...value: NotificationArguments<NotificationValue<Offered, Name>>
  ): Promise<void>;
  notify(name?: string, value?: unknown): Promise<void> {
    return this.#notify(name!, value, json);
  }

  /** Sends a notification with a text payload. Resolves and rejects like {@linkcode notify}. */
  notifyText(name: NotificationName<Offered>, value: string): Promise<void> {
    return this.#notify(name, value, text);
  }

  /** Sends a notification with a payload of bytes, which must not change until they are sent. */
  notifyBytes(
    name: NotificationName<Offered>,
    payload: ByteSource,
  ): Promise<void> {
    return this.#notify(name, payload, bytes);
  }

  /**
   * Refuses new calls from either peer, waits until running ones and the handlers
   * of notifications have settled, then closes. Waits for the latter also if the
   * connection ends.
   *
   * While handlers run, the local peer may still make calls; while its calls are
   * outstanding, it handles what the remote peer requests. A handler may begin a
   * drain, and its result is sent, but it must not await the drain, which waits
   * for it.
   *
   * @throws {TypeError} If an option is of the wrong kind.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrainOptions(options);
    await this.#conversation.drain(options);
  }

  /** Flushes the write queue, ends the connection, and settles every call. Never rejects. */
  close(): Promise<void> {
    return this.#conversation.close();
  }

  /** Ends the connection at once, and settles every call. */
  abort(reason?: unknown): void {
    this.#conversation.abort(
      reason ?? new DOMException("The connection was aborted", "AbortError"),
    );
  }

  /** Does the same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #notify<T, Given>(
    name: string,
    value: Given,
    codec: PayloadCodec<T, Given>,
  ): Promise<void> {
    const { link, requestor } = this.#conversation;
    const traced = link.tracing?.start("producer", name);
    const sent = requestor.notify(name, value, codec);
    return traced === undefined ? sent : passOn(sent, traced.until(sent));
  }

  #request<T, Given>(
    operation: string,
    input: Given,
    codec: PayloadCodec<T, Given>,
    options: CallOptions | undefined,
    names: OptionNames<CallOptions> = CALL_OPTIONS,
  ): Promise<T> {
    let payload;
    try {
      if (options !== undefined) checkOptionNames(options, names);
      payload = codec.encode(input, { operation });
    } catch (error) {
      return Promise.reject(error);
    }
    const { link, requestor } = this.#conversation;
    const traced = link.tracing?.start("client", operation);
    if (!traced) return requestor.single(operation, payload, codec, options);
    return traced.until(
      requestor.single(operation, payload, codec, options, traced.trace),
    );
  }
}
