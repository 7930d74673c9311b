/**
 * The interface to a remote peer.
 *
 * @module
 */

import type { ByteSource } from "../quoting/byte_source.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import type {
  CallOptions,
  RequestOptions,
  ValuesOptions,
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
  StreamArguments,
  StreamName,
  ValuesArguments,
  ValuesName,
  YieldOf,
} from "./contract.ts";
import type { DrainOptions } from "./drain_options.ts";
import type { StreamPair } from "./stream_pair.ts";
import type { Values } from "./values.ts";
import type { CloseInfo, PeerState, PeerStats } from "./peer_state.ts";

/**
 * Everything a program can do with a remote peer: send requests, streams and
 * notifications to it, and end the conversation.
 *
 * `Peer` implements it for one connection and `ReconnectingPeer` for a sequence
 * of connections, so code written against `Remote` runs with both. Handlers
 * receive one as `context.peer`.
 *
 * @example
 * ```ts
 * import { Handlers, Peer, type Remote } from "@gotalk/gotalk/peer";
 * import { memoryPair } from "@gotalk/gotalk/transport";
 * import { assertEquals } from "@std/assert";
 *
 * async function greet(remote: Remote): Promise<unknown> {
 *   return await remote.request("greet", "Rasmus");
 * }
 *
 * const [left, right] = memoryPair();
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = new Peer(right, { handlers, role: "acceptor" });
 * await using client = new Peer(left);
 * assertEquals(await greet(client), "Hello Rasmus");
 * assertEquals(server.stats.messagesIn > 0, true);
 * ```
 */
export interface Remote<
  Offered extends Contract = AnyContract,
  Auth = unknown,
> extends AsyncDisposable {
  /**
   * The number of the peer, unique within the process: for logs. Each
   * connection of a `ReconnectingPeer` has a peer, and a number, of its own.
   */
  readonly id: number;
  /**
   * The identity of the remote peer: what `login` returned once it succeeded,
   * or what the server's `authenticate` returned; `undefined` otherwise.
   */
  readonly auth: Auth;
  /**
   * The channel and its remote end; `undefined` while a `ReconnectingPeer` has
   * no connection.
   */
  readonly info: ChannelInfo | undefined;
  /** The state of the conversation. */
  readonly state: PeerState;
  /** Counters since the conversation began. */
  readonly stats: PeerStats;
  /** Aborts when the conversation has ended. */
  readonly signal: AbortSignal;
  /** Resolves when the conversation has ended, for any reason. Never rejects. */
  readonly closed: Promise<CloseInfo>;

  /**
   * Sends a request with a JSON payload and returns the JSON result.
   *
   * @throws {OperationError} If the remote peer answers with an error.
   * @throws {RetryError} If it answers with a RetryResult and the call's retry
   * policy is exhausted or off.
   * @throws {ConnectionClosedError} If the connection ends first.
   * @throws {LimitError} If the result exceeds `maxPayloadBytes`, the name is
   * too long, or the queue of a `ReconnectingPeer` is full.
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

  /** Sends a request with a text payload and returns the text of the result. Rejects like {@linkcode request}. */
  requestText(
    operation: OperationName<Offered>,
    input: string,
    options?: CallOptions,
  ): Promise<string>;

  /**
   * Sends a request with a payload of bytes and returns the bytes of the
   * result. Rejects like {@linkcode request}.
   *
   * The input must not change until the call has settled. The result may be a
   * view into a larger buffer; copy a small result that you keep.
   */
  requestBytes(
    operation: OperationName<Offered>,
    input: ByteSource,
    options?: CallOptions,
  ): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Opens a stream request: bytes in both directions, as they arrive.
   *
   * The request is sent with the first chunk that is written, or without data
   * if the answer is read first. Failures, such as those of {@linkcode request},
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

  /**
   * Requests values, and returns them as they arrive: `for await` each. The
   * request is sent when the iteration begins, and its data stays open, unless
   * `values` are sent, while the values are wanted.
   *
   * Leaving the loop cancels the call, which stops its handler; if the remote
   * peer knows no cancels, the request's data ends, at which a handler of a
   * subscription stops. A slow loop holds the remote peer back.
   *
   * The iteration throws the errors of {@linkcode request}.
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

  /** Sends a notification with a text payload. Resolves and rejects like {@linkcode notify}. */
  notifyText(name: NotificationName<Offered>, value: string): Promise<void>;

  /**
   * Sends a notification with a payload of bytes, which must not change until
   * they are sent. Resolves and rejects like {@linkcode notify}.
   */
  notifyBytes(
    name: NotificationName<Offered>,
    payload: ByteSource,
  ): Promise<void>;

  /**
   * Refuses new calls from either peer, waits until running ones and the
   * handlers of notifications have settled, then closes. A handler may begin a
   * drain, but must not await it.
   */
  drain(options?: DrainOptions): Promise<void>;

  /** Flushes the write queue, ends the connection, and settles every call. Never rejects. */
  close(): Promise<void>;

  /** Ends the connection at once, and settles every call. */
  abort(reason?: unknown): void;
}
