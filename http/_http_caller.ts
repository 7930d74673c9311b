/**
 * The caller of a call that is served without a conversation, as handlers see it.
 *
 * @module
 */

import { endSignal } from "../peer/abort.ts";
import {
  type CloseInfo,
  type DrainOptions,
  Peer,
  type PeerOptions,
  type PeerState,
  type PeerStats,
  type Remote,
  type StreamPair,
} from "../peer/mod.ts";
import { newPeerId } from "../peer/peer_id.ts";
import type { Values } from "../peer/values.ts";
import { type Carrier, CarrierChannel } from "../transport/carrier_channel.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import { REFUSES } from "./_call_channel.ts";

/** The call of a caller. */
export interface CallerCall {
  /** What is counted of it. */
  readonly stats: PeerStats;
  /** Waits until it has been answered. */
  drain(options: DrainOptions): Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
  /** Ends it for a reason. */
  abort(reason: unknown): void;
}

/** A caller that takes nothing but its result. */
export class HttpCaller implements Remote {
  readonly auth: unknown;
  readonly info: ChannelInfo;
  readonly #call: CallerCall;
  readonly #options: PeerOptions;
  #id: number | undefined;
  #closing: PromiseWithResolvers<CloseInfo> | undefined;
  #signal: AbortSignal | undefined;
  #peer: Peer | undefined;
  /** How the call has ended; `undefined` before. */
  closeInfo: CloseInfo | undefined;

  /** Creates the caller of a call. */
  constructor(
    call: CallerCall,
    info: ChannelInfo,
    auth: unknown,
    options: PeerOptions,
  ) {
    this.#call = call;
    this.info = info;
    this.auth = auth;
    this.#options = options;
  }

  get id(): number {
    return this.#id ??= newPeerId();
  }

  get state(): PeerState {
    return this.closeInfo === undefined ? "open" : "closed";
  }

  get stats(): PeerStats {
    return this.#call.stats;
  }

  get closed(): Promise<CloseInfo> {
    this.#closing ??= Promise.withResolvers();
    if (this.closeInfo !== undefined) this.#closing.resolve(this.closeInfo);
    return this.#closing.promise;
  }

  get signal(): AbortSignal {
    return this.#signal ??= endSignal(this);
  }

  request(...given: unknown[]): Promise<never> {
    return this.#refused("request", given);
  }

  requestText(...given: unknown[]): Promise<never> {
    return this.#refused("requestText", given);
  }

  requestBytes(...given: unknown[]): Promise<never> {
    return this.#refused("requestBytes", given);
  }

  stream(...given: unknown[]): StreamPair {
    return this.#refused("stream", given);
  }

  values<Value>(...given: unknown[]): Values<Value> {
    return this.#refused("values", given);
  }

  notify(...given: unknown[]): Promise<void> {
    return this.#refused("notify", given);
  }

  notifyText(...given: unknown[]): Promise<void> {
    return this.#refused("notifyText", given);
  }

  notifyBytes(...given: unknown[]): Promise<void> {
    return this.#refused("notifyBytes", given);
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    await this.#call.drain(options);
  }

  close(): Promise<void> {
    return this.#call.close();
  }

  abort(reason?: unknown): void {
    this.#call.abort(
      reason ?? new DOMException("The connection was aborted", "AbortError"),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Records that the call has ended. */
  ended(error: unknown): void {
    const clean = error === undefined;
    this.closeInfo = { clean, error, channel: { clean, error } };
    this.#closing?.resolve(this.closeInfo);
    this.#peer?.abort(REFUSES.reason);
  }

  /**
   * Calls a method of a peer that refuses all calls: few handlers call back, so
   * that it need not be cheap.
   */
  #refused<Outcome>(method: keyof Peer, given: unknown[]): Outcome {
    const { clock, limits, random, telemetry } = this.#options;
    const peer = this.#peer ??= new Peer(new RefusingChannel(this.info), {
      clock,
      random,
      telemetry,
      limits: {
        ...limits,
        handshakeTimeout: Infinity,
        receiveTimeout: Infinity,
      },
    });
    if (this.closeInfo !== undefined) peer.abort(REFUSES.reason);
    return Reflect.apply(peer[method] as never, peer, given);
  }
}

/** A channel to nobody. */
class RefusingChannel extends CarrierChannel {
  readonly refuses = REFUSES;

  constructor(info: ChannelInfo) {
    super(new Nothing(), info);
  }
}

class Nothing implements Carrier {
  readonly #end = Promise.withResolvers<null>();
  readonly bytesTaken = 0;

  read(): Promise<null> {
    return this.#end.promise;
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  release(): void {
    this.#end.resolve(null);
  }
}
