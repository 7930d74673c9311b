/**
 * The life cycle of a WebSocket channel: that of any channel, except that both
 * directions end at once, with a code and a reason.
 *
 * @module
 */

import {
  type Carrier,
  CarrierChannel,
  checkCloseOptions,
} from "../carrier_channel.ts";
import type {
  BufferObserver,
  Channel,
  ChannelEnd,
  ChannelInfo,
  CloseOptions,
} from "../channel.ts";
import type { ChannelClock } from "../clock.ts";
import type { WriteUnits } from "../write_units.ts";
import {
  type CloseStatus,
  closeStatus,
  remoteCloseError,
} from "./_close_status.ts";
import type { Merging } from "./_merging.ts";

/**
 * A carrier of WebSocket messages. Its `end` sends a close, and waits for the
 * close of the remote side as long as that can still arrive.
 */
export interface WebSocketCarrier extends Carrier {
  /** Whether units that leave together become one message. */
  readonly merging: Merging;
  /** Whether the remote side has closed, with {@linkcode finalStatus}. */
  readonly remoteClosed: boolean;
  /** The status that {@linkcode end} sends. */
  localStatus: CloseStatus;
  /**
   * The status at the end: that of the remote side, or else the one that the
   * local side closed with because of an error.
   */
  readonly finalStatus: CloseStatus;
  /**
   * Resolves when the remote side has closed or is gone; rejects when the
   * channel must end at once.
   */
  readonly ended: Promise<void>;
  /** Resolves when all resources have been released. */
  readonly released: Promise<unknown>;
}

/** A channel on a {@linkcode WebSocketCarrier}. */
export class WebSocketChannel implements Channel {
  readonly info: ChannelInfo;
  readonly halfClose: boolean = false;
  readonly closed: Promise<ChannelEnd>;
  readonly #carrier: WebSocketCarrier;
  readonly #life: CarrierChannel;
  #closing: Promise<unknown> | undefined;

  constructor(
    carrier: WebSocketCarrier,
    info: ChannelInfo,
    clock?: ChannelClock,
  ) {
    this.info = info;
    this.#carrier = carrier;
    this.#life = new CarrierChannel(carrier, info, clock);
    this.closed = this.#whenClosed();
    // There is no half-close: a close of the remote side ends the local
    // direction as well (websocket/close-frame).
    carrier.ended.then(
      () => this.#life.closeWrite(),
      (error) => this.#life.abort(error),
    );
  }

  get bytesTaken(): number {
    return this.#life.bytesTaken;
  }

  get wholeUnits(): boolean {
    return this.#life.wholeUnits;
  }

  get remoteEnd(): Error | undefined {
    const { remoteClosed, finalStatus } = this.#carrier;
    return remoteClosed ? remoteCloseError(finalStatus) : undefined;
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#life.readable;
  }

  read(): Promise<Uint8Array | null> {
    return this.#life.read();
  }

  readQueued(): Uint8Array | undefined {
    return this.#life.readQueued();
  }

  write(units: WriteUnits): Promise<void> {
    return this.#life.write(units);
  }

  mergeUnits(): void {
    this.#carrier.merging.allow();
  }

  recycle(chunk: Uint8Array): void {
    this.#life.recycle(chunk);
  }

  observeBuffers(observer: BufferObserver): void {
    this.#life.observeBuffers(observer);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  async close(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    if (this.#closing === undefined) {
      this.#carrier.localStatus = closeStatus(options);
      this.#closing = this.#life.close(options);
    }
    await this.closed;
  }

  abort(reason?: unknown): void {
    this.#life.abort(reason);
  }

  async #whenClosed(): Promise<ChannelEnd> {
    const { clean, error } = await this.#life.closed;
    await this.#carrier.released;
    const { code, reason } = this.#carrier.finalStatus;
    return { clean, code, reason, error };
  }
}
