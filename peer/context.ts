/**
 * What a handler knows about the request that it handles.
 *
 * @module
 */

import type { Peer } from "./peer.ts";

/** What a handler knows about the request or notification that it handles. */
export class RequestContext {
  /** The peer that received it; a handler can ask and notify the other side through it. */
  readonly peer: Peer;
  /** The operation, or the name of the notification. */
  readonly operation: string;
  #controller: AbortController | undefined;
  #reason: { readonly value: unknown } | undefined;
  #recycled: Uint8Array<ArrayBuffer> | undefined;

  /** Creates the context of one request. */
  constructor(peer: Peer, operation: string) {
    this.peer = peer;
    this.operation = operation;
  }

  /** Who the other side is: what `login`, or `authenticate` of the server, returned for this connection. */
  get auth(): unknown {
    return this.peer.auth;
  }

  /**
   * Gives the memory of the input back once the request has been answered, so that the next large input is
   * read into it. For handlers of bytes, which keep no part of them; the answer may be the input, or in it.
   *
   * New memory for each large payload costs more time than to receive it. Only memory of 64 KiB or more is
   * taken back. It is detached then: an array that was kept against the rule is empty, and never changes
   * behind its owner's back.
   */
  recycle(input: Uint8Array<ArrayBuffer>): void {
    this.#recycled = input;
  }

  /** What was given to {@linkcode recycle}. */
  get recycled(): Uint8Array<ArrayBuffer> | undefined {
    return this.#recycled;
  }

  /** Aborts when the answer cannot reach the other side any more. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) {
        this.#controller.abort(this.#reason.value);
      }
    }
    return this.#controller.signal;
  }

  /** Tells the handler that its answer is not wanted any more. */
  abort(reason: unknown): void {
    this.#reason ??= { value: reason };
    this.#controller?.abort(reason);
  }
}
