/**
 * The life of a WebSocket channel: that of any channel, but both directions end at once, with a code
 * and a reason.
 *
 * @module
 */

import { type Carrier, CarrierChannel } from "../carrier_channel.ts";
import type {
  Channel,
  ChannelEnd,
  ChannelInfo,
  CloseOptions,
} from "../channel.ts";
import type { WriteUnits } from "../write_units.ts";

/** What a WebSocket closes with. */
export interface CloseMark {
  /** The close code; 1005 stands for a close without one, 1006 for an end without a close. */
  readonly code: number;
  /** The reason; often empty. */
  readonly reason: string;
}

/** The conversation is over. */
export const DONE: CloseMark = { code: 1000, reason: "" };

/** Nobody closed. */
export const NOT_CLOSED: CloseMark = { code: 1006, reason: "" };

/** What carries the messages. `end` closes, and waits for the other end's close as long as that is worth it. */
export interface WebSocketCarrier extends Carrier {
  /** What {@linkcode end} is to close with. */
  closing: CloseMark;
  /** What it ended with: the other end's close, or else what this end had to object to. */
  readonly ending: CloseMark;
  /** Resolves when the other end has closed or is gone; rejects when the channel is to end at once. */
  readonly ended: Promise<void>;
  /** Resolves when everything has been let go of. */
  readonly released: Promise<unknown>;
}

/** What a channel closes with that is closed by its owner. */
export function closeMark({ code, reason = "" }: CloseOptions): CloseMark {
  if (code === undefined) return { code: DONE.code, reason };
  return { code: code >= 0 && code <= 999 ? 4000 + code : 4000, reason };
}

/**
 * Why the other end closed, when it was not the orderly end of a conversation: it did not get on with
 * what it got, and may not have dealt with it.
 */
export function objection({ code, reason }: CloseMark): Error | undefined {
  if (ORDERLY.has(code) || code >= 3000) return undefined;
  if (code === NOT_CLOSED.code) {
    return new Error("The WebSocket broke: it ended without a close");
  }
  const why = reason === "" ? "no reason" : JSON.stringify(reason);
  return new Error(
    `The WebSocket broke: the other end closed it with ${code} and ${why}`,
  );
}

/** Done, going away, and no code. */
const ORDERLY: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/** A channel on a WebSocket. */
export class WebSocketChannel implements Channel {
  readonly info: ChannelInfo;
  readonly halfClose: boolean = false;
  readonly closed: Promise<ChannelEnd>;
  readonly #carrier: WebSocketCarrier;
  readonly #life: CarrierChannel;
  #closing: Promise<unknown> | undefined;

  constructor(carrier: WebSocketCarrier, info: ChannelInfo) {
    this.info = info;
    this.#carrier = carrier;
    this.#life = new CarrierChannel(carrier, info);
    this.closed = this.#whenClosed();
    // There is no half-close: when the other end has closed, this side has ended as well.
    carrier.ended.then(
      () => this.#life.closeWrite(),
      (error) => this.#life.abort(error),
    );
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#life.readable;
  }

  read(): Promise<Uint8Array | null> {
    return this.#life.read();
  }

  write(units: WriteUnits): Promise<void> {
    return this.#life.write(units);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  async close(options: CloseOptions = {}): Promise<void> {
    if (this.#closing === undefined) {
      this.#carrier.closing = closeMark(options);
      this.#closing = this.#life.close();
    }
    await this.closed;
  }

  abort(reason?: unknown): void {
    this.#life.abort(reason);
  }

  async #whenClosed(): Promise<ChannelEnd> {
    const { clean, error } = await this.#life.closed;
    await this.#carrier.released;
    const { code, reason } = this.#carrier.ending;
    return { clean, code, reason, error };
  }
}
