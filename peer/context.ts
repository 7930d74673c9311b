/**
 * The context in which a handler runs.
 *
 * @module
 */

import type { JsonLimits } from "../codec/payload.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import type { AnyContract, Contract } from "./contract.ts";
import type { Remote } from "./remote.ts";

/** The methods that only the responder may call. */
interface Controls {
  abort(context: RequestContext, reason: unknown): void;
  recycled(context: RequestContext): Uint8Array<ArrayBuffer> | undefined;
  jsonLimits(context: RequestContext): JsonLimits | undefined;
  takeInput(context: RequestContext): Uint8Array<ArrayBuffer>;
  setInput(context: RequestContext, payload: Uint8Array<ArrayBuffer>): void;
  id(context: RequestContext): number;
}

let controls: Controls;

const NO_INPUT = new Uint8Array(0);

/**
 * The context of one incoming request or notification. `Called` is the contract
 * of the remote peer that sent it, and `Auth` the type of its identity.
 */
export class RequestContext<
  Called extends Contract = AnyContract,
  Auth = unknown,
> {
  /**
   * The remote peer that sent it; a handler may send it requests and
   * notifications.
   */
  readonly peer: Remote<Called, Auth>;
  /** The operation, or the name of the notification. */
  readonly operation: string;
  #controller: AbortController | undefined;
  #reason: { readonly value: unknown } | undefined;
  #recycled: Uint8Array<ArrayBuffer> | undefined;
  readonly #jsonLimits: JsonLimits | undefined;
  readonly #id: number;
  /** The payload of a stream request that is its input. */
  #input: Uint8Array<ArrayBuffer> = NO_INPUT;

  static {
    controls = {
      abort(context, reason) {
        context.#reason ??= { value: reason };
        context.#controller?.abort(reason);
      },
      recycled: (context) => context.#recycled,
      jsonLimits: (context) => context.#jsonLimits,
      takeInput(context) {
        const payload = context.#input;
        context.#input = NO_INPUT;
        return payload;
      },
      setInput(context, payload) {
        context.#input = payload;
      },
      id: (context) => context.#id,
    };
  }

  /** Creates the context of one request or notification, whose JSON has limits. Requests have an ID. */
  constructor(
    peer: Remote<Called, Auth>,
    operation: string,
    jsonLimits?: JsonLimits,
    id = -1,
  ) {
    this.peer = peer;
    this.operation = operation;
    this.#jsonLimits = jsonLimits;
    this.#id = id;
  }

  /**
   * The identity of the remote peer: what `login`, or the server's
   * `authenticate`, returned for this connection.
   */
  get auth(): Auth {
    return this.peer.auth;
  }

  /** The channel and its remote end. */
  get info(): ChannelInfo {
    // A request arrives over a connection, so there is one.
    return this.peer.info!;
  }

  /**
   * Recycles the memory of the input once the request has been answered: the
   * next large payload is read into it. For handlers of bytes that keep no
   * reference to the input; the result may be the input or a view of it.
   *
   * Allocating memory for each large payload takes longer than receiving it.
   * Only buffers of 64 KiB or more are recycled. A recycled buffer is detached,
   * so a reference that is kept against the rule sees an empty array, never
   * bytes of another request.
   */
  recycle(input: Uint8Array<ArrayBuffer>): void {
    this.#recycled = input;
  }

  /**
   * Aborts when the remote peer cancels the request, with a `CancelledError`, or
   * the result can no longer reach it. Created on first access.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) {
        this.#controller.abort(this.#reason.value);
      }
    }
    return this.#controller.signal;
  }
}

/** The context of a stream request whose handler takes an input. */
export interface StreamContext<
  Called extends Contract = AnyContract,
  Auth = unknown,
  Input = unknown,
> extends RequestContext<Called, Auth> {
  /** The input, which the caller gives besides the data. */
  readonly input: Input;
}

/** The context of a handler of values. */
export interface ValuesContext<
  Called extends Contract = AnyContract,
  Auth = unknown,
  Value = unknown,
> extends RequestContext<Called, Auth> {
  /**
   * The values that the caller sends, which can be iterated once. The iteration
   * ends when the caller has sent all; it throws if the caller cancels the call,
   * and a `ValidationError` or `LimitError` for an invalid value.
   */
  readonly values: AsyncIterable<Value>;
}

/**
 * Aborts the signal of a context: nobody waits for the handler's result any
 * more.
 */
export function abortContext(context: RequestContext, reason: unknown): void {
  controls.abort(context, reason);
}

/** Returns the ID of the request; -1 for a notification. */
export function requestIdOf(context: RequestContext): number {
  return controls.id(context);
}

/** Returns the limits for JSON in the payload. */
export function jsonLimits(context: RequestContext): JsonLimits | undefined {
  return controls.jsonLimits(context);
}

/** Sets the payload of a stream request that is its input. */
export function setStreamInput(
  context: RequestContext,
  payload: Uint8Array<ArrayBuffer>,
): void {
  controls.setInput(context, payload);
}

/** Returns the payload of a stream request that is its input, once. */
export function takeStreamInput(
  context: RequestContext,
): Uint8Array<ArrayBuffer> {
  return controls.takeInput(context);
}

/** Returns what the handler passed to `recycle`. */
export function recycledInput(
  context: RequestContext,
): Uint8Array<ArrayBuffer> | undefined {
  return controls.recycled(context);
}
