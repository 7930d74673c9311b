/**
 * Listeners on a `Deno.Listener`.
 *
 * @module
 */

import { describeFailure } from "../quoting/quote.ts";
import { AcceptFailures, isConnectionFailure } from "./accept_failures.ts";
import { acceptedChannels, type Channel, type Listener } from "./channel.ts";
import { type ChannelClock, systemTimers } from "./clock.ts";
import { type RefusalObserver, Refusals } from "./refusals.ts";
import { TIME_BETWEEN_POLLS, turns } from "./turns.ts";

/** Accepts connections and wraps each in a channel. */
export class ConnListener<C extends Deno.Conn> implements Listener {
  readonly address: string;
  readonly #listener: Deno.Listener<C>;
  readonly #channel: (conn: C) => Channel;
  readonly #refusals: Refusals;
  readonly #clock: ChannelClock;
  readonly #failures = new AcceptFailures();
  #closed = false;

  constructor(
    address: string,
    listener: Deno.Listener<C>,
    channel: (conn: C) => Channel,
    onRefused: RefusalObserver | undefined,
    clock: ChannelClock = systemTimers,
  ) {
    this.address = address;
    this.#listener = listener;
    this.#channel = channel;
    this.#refusals = new Refusals(onRefused);
    this.#clock = clock;
  }

  async accept(): Promise<Channel | null> {
    while (!this.#closed) {
      // Connections that have already arrived are accepted without a round of
      // the event loop: clients that connect faster than that would starve the
      // connections that are open.
      if (turns.look() >= TIME_BETWEEN_POLLS) {
        await turns.next(turns.virtualTime + 1);
        if (this.#closed as boolean) return null;
      }
      try {
        const channel = await this.#acceptOne();
        this.#failures.reset();
        return channel;
      } catch (cause) {
        // Closing the listener makes the pending call fail. (The loop narrows
        // the type of the field.)
        if (this.#closed as boolean) return null;
        const why = describeFailure(cause);
        const error = new Error(
          `Cannot accept on ${this.address}: ${why}`,
          { cause },
        );
        if (!isConnectionFailure(cause)) throw error;
        this.#refusals.lost(error, undefined);
        await this.#sleep(this.#failures.delayAfter(cause));
      }
    }
    return null;
  }

  async #acceptOne(): Promise<Channel> {
    const conn = await this.#listener.accept();
    try {
      return this.#channel(conn);
    } catch (error) {
      conn.close();
      throw error;
    }
  }

  #sleep(delay: number): Promise<void> | undefined {
    if (delay === 0) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock.schedule(resolve, delay);
    return promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedChannels(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
