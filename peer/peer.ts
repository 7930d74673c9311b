/**
 * One side of a conversation.
 *
 * @module
 */

import { bytes, json, type PayloadCodec, text } from "../codec/mod.ts";
import type { Channel, ChannelInfo } from "../transport/channel.ts";
import { Conversation } from "./_conversation.ts";
import type { CallOptions, RequestOptions } from "./call_options.ts";
import type {
  AnyContract,
  Contract,
  Input,
  NotificationName,
  OperationName,
  Output,
} from "./contract.ts";
import type { CloseInfo, PeerState, PeerStats } from "./events.ts";
import type { PeerOptions } from "./peer_options.ts";
import { validate } from "./standard_schema.ts";
import { traceCall, type Tracer } from "./tracer.ts";

/** A stream request: what is written is its input, what is read its answer. */
export interface StreamPair {
  /**
   * The parts of the answer, as bytes: their bounds mean nothing, and large ones that wait come together.
   *
   * A reader that brings its own memory (`getReader({ mode: "byob" })`) makes no garbage, however much it
   * reads.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Takes the parts of the input; closing it ends the input. */
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * One side of a conversation over a channel: it asks, answers, notifies and streams.
 *
 * Both sides are alike; who connected matters only for what is expected of heartbeats. Every call
 * settles: with its answer, an `OperationError` or `RetryError` that the other side gave, the reason of
 * its signal, a `TimeoutError`, or a `ConnectionClosedError` that says whether the request can have been
 * carried out. No request is sent twice unless the other side asked for it with a RetryResult.
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
export class Peer<Remote extends Contract = AnyContract>
  implements AsyncDisposable {
  readonly #conversation: Conversation;
  readonly #tracer: Tracer | undefined;
  #controller: AbortController | undefined;

  /** Begins a conversation over a channel: sends the version, and reads what comes. */
  constructor(channel: Channel, options: PeerOptions = {}) {
    this.#tracer = options.tracer;
    this.#conversation = new Conversation(
      this as unknown as Peer,
      channel,
      options,
    );
  }

  /** Who the other side is, as `login` found once it has succeeded, or `authenticate` of the server. */
  get auth(): unknown {
    return this.#conversation.auth;
  }

  /** What is known of the channel and of its other end. */
  get info(): ChannelInfo {
    return this.#conversation.channel.info;
  }

  /** Where the conversation stands. */
  get state(): PeerState {
    return this.#conversation.state;
  }

  /** What was counted since the conversation began. */
  get stats(): PeerStats {
    return this.#conversation.stats;
  }

  /**
   * Resolves when the other side has said that it speaks this version, and has logged in if it has to;
   * rejects with what ended the conversation before that. Nothing that comes behind a login is acted on
   * before those who wait for this have heard of it.
   */
  get opened(): Promise<void> {
    return this.#conversation.opened;
  }

  /** Resolves when the conversation has ended, however it did; never rejects. */
  get closed(): Promise<CloseInfo> {
    return this.#conversation.closed;
  }

  /** Aborts when the conversation has ended. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      void this.closed.then(({ error }) => controller.abort(error));
    }
    return this.#controller.signal;
  }

  /**
   * Asks for an operation: JSON in, JSON out.
   *
   * @throws {OperationError} when the other side answers with an error.
   * @throws {RetryError} when it asks to try again later, and the call does not or no more.
   * @throws {ConnectionClosedError} when the connection ends first.
   * @throws {ValidationError} when the input is no JSON, or the answer is none or not what was wanted.
   */
  request<
    Name extends OperationName<Remote>,
    Answer extends Output<Remote, Name> = Output<Remote, Name>,
  >(
    operation: Name,
    input?: Input<Remote, Name>,
    options?: RequestOptions<Answer>,
  ): Promise<Answer> {
    const answer = this.#request(operation, input, json, options);
    const schema = options?.output;
    return (schema === undefined
      ? answer
      : answer.then((value) =>
        validate(schema, value, "output", operation, "remote")
      )) as Promise<Answer>;
  }

  /** Asks for an operation: text in, text out. Errors as those of {@linkcode request}. */
  requestText(
    operation: string,
    input: string,
    options?: CallOptions,
  ): Promise<string> {
    return this.#request(operation, input, text, options);
  }

  /**
   * Asks for an operation: bytes in, bytes out. Errors as those of {@linkcode request}.
   *
   * The input must not be changed until the call has settled. The answer can be a view of a larger
   * buffer; copy it to keep a small one for long.
   */
  requestBytes(
    operation: string,
    input: Uint8Array,
    options?: CallOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#request(operation, input, bytes, options) as Promise<
      Uint8Array<ArrayBuffer>
    >;
  }

  /**
   * Gives back the memory of an answer that nobody looks at any more, no call that has not settled either:
   * the next large payload is read into it. Handlers do the same by their context.
   *
   * It is never needed, but new memory for each large payload costs more time than to receive it. Only
   * memory of 64 KiB or more is taken back, and it is detached then.
   */
  recycle(answer: Uint8Array<ArrayBuffer>): void {
    this.#conversation.recycle(answer);
  }

  /**
   * Opens a stream request: bytes as they come, both ways.
   *
   * The request is sent with the first part that is written, or without data when the answer is read
   * first. Errors as those of {@linkcode request} break both streams. Breaking off the input (`abort`)
   * gives the call up, since version 1 has no message that would tell the other side.
   */
  stream(operation: string, options?: CallOptions): StreamPair {
    return this.#conversation.calls.stream(operation, options);
  }

  /**
   * Tells something that is not answered: JSON. Resolves when there is room for more to be sent.
   *
   * @throws {ConnectionClosedError} when the connection has ended, or is ending.
   */
  notify<Name extends NotificationName<Remote>>(
    name: Name,
    value?: Remote["notifications"][Name],
  ): Promise<void> {
    return this.#conversation.notify(name, value, json);
  }

  /** Tells something that is not answered: bytes, which must not be changed until they were sent. */
  notifyBytes(name: string, payload: Uint8Array): Promise<void> {
    return this.#conversation.notify(name, payload, bytes);
  }

  /**
   * Lets running calls of both sides finish, refuses new ones, then closes.
   *
   * Bounded by `timeout` milliseconds, `closeTimeout` by default: what has not settled then is ended.
   */
  drain(options: { readonly timeout?: number } = {}): Promise<void> {
    const { limits } = this.#conversation;
    return this.#conversation.drain(options.timeout ?? limits.closeTimeout);
  }

  /** Delivers what was sent, ends the connection, and settles every call. Never rejects. */
  close(): Promise<void> {
    return this.#conversation.close();
  }

  /** Ends the connection at once, and settles every call. */
  abort(
    reason: unknown = new DOMException(
      "The connection was aborted",
      "AbortError",
    ),
  ): void {
    this.#conversation.abort(reason);
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #request<T>(
    operation: string,
    input: T,
    codec: PayloadCodec<T>,
    options: CallOptions | undefined,
  ): Promise<T> {
    let payload;
    try {
      payload = codec.encode(input, { operation });
    } catch (error) {
      return Promise.reject(error);
    }
    const { calls } = this.#conversation;
    const tracer = this.#tracer;
    return tracer === undefined
      ? calls.single(operation, payload, codec, options)
      : traceCall(
        tracer,
        operation,
        () => calls.single(operation, payload, codec, options),
      );
  }
}
