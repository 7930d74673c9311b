/**
 * What handlers receive with a request.
 * Internal to the package.
 *
 * @module
 */

import type { ChannelInfo } from "../../transport/channel.ts";
import type { Remote } from "../../peer/remote.ts";

const controllers = new WeakMap<RequestContext, AbortController>();
const inputs = new WeakMap<RequestContext, Uint8Array<ArrayBuffer>>();

/** The context of a request or notification. */
export class RequestContext {
  readonly peer: Remote;
  readonly operation: string;
  readonly signal: AbortSignal;

  constructor(peer: Remote, operation: string) {
    const controller = new AbortController();
    controllers.set(this, controller);
    this.signal = controller.signal;
    this.peer = peer;
    this.operation = operation;
  }

  get auth(): unknown {
    return this.peer.auth;
  }

  get info(): ChannelInfo | undefined {
    return this.peer.info;
  }

  /** Without effect: payloads of a page are not used again. */
  recycle(): void {}
}

/** Aborts the signal of a context. */
export function abortContext(context: RequestContext, reason: unknown): void {
  controllers.get(context)!.abort(reason);
}

/** Returns `undefined`: a page trusts its server. */
export function jsonLimits(): undefined {}

/** Keeps the input of a stream request. */
export function setStreamInput(
  context: RequestContext,
  payload: Uint8Array<ArrayBuffer>,
): void {
  inputs.set(context, payload);
}

/** Returns the input of a stream request. */
export function takeStreamInput(
  context: RequestContext,
): Uint8Array<ArrayBuffer> {
  return inputs.get(context)!;
}
