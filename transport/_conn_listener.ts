/**
 * Listeners on a `Deno.Listener`.
 *
 * @module
 */

import { describeFailure } from "../quoting/quote.ts";
import { acceptedChannels, type Channel, type Listener } from "./channel.ts";

/** Accepts connections and wraps each in a channel. */
export class ConnListener<C extends Deno.Conn> implements Listener {
  readonly address: string;
  readonly #listener: Deno.Listener<C>;
  readonly #channel: (conn: C) => Channel;
  #closed = false;

  constructor(
    address: string,
    listener: Deno.Listener<C>,
    channel: (conn: C) => Channel,
  ) {
    this.address = address;
    this.#listener = listener;
    this.#channel = channel;
  }

  async accept(): Promise<Channel | null> {
    if (this.#closed) return null;
    try {
      return this.#channel(await this.#listener.accept());
    } catch (cause) {
      // Closing the listener makes the pending call fail. (The check above
      // narrows the type of the field.)
      if (this.#closed as boolean) return null;
      const why = describeFailure(cause);
      throw new Error(`Cannot accept on ${this.address}: ${why}`, { cause });
    }
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
