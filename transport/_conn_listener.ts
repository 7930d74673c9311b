/**
 * Listeners on a `Deno.Listener`.
 *
 * @module
 */

import { acceptedBy } from "./accepted.ts";
import type { Channel, Listener } from "./channel.ts";

/** Accepts connections and makes channels of them. */
export class ConnListener<C extends Deno.Conn> implements Listener {
  readonly address: string;
  readonly #listener: Deno.Listener<C>;
  readonly #channel: (conn: C) => Channel;
  readonly #onClose: (() => void) | undefined;
  #closed = false;

  constructor(
    address: string,
    listener: Deno.Listener<C>,
    channel: (conn: C) => Channel,
    onClose?: () => void,
  ) {
    this.address = address;
    this.#listener = listener;
    this.#channel = channel;
    this.#onClose = onClose;
  }

  async accept(): Promise<Channel | null> {
    if (this.#closed) return null;
    try {
      return this.#channel(await this.#listener.accept());
    } catch (cause) {
      // Closing the listener makes the pending call fail. (The check above narrows the field's type.)
      if (this.#closed as boolean) return null;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot accept on ${this.address}: ${why}`, { cause });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    this.#onClose?.();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedBy(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
