/**
 * A listener whose channels require a handshake.
 *
 * @module
 */

import { acceptedChannels, type Channel, type Listener } from "./channel.ts";
import { type ChannelClock, systemTimers } from "./clock.ts";

/**
 * Connections in their handshake, or waiting for `accept`, at most. Further
 * ones wait in the queue of the system.
 */
export const MAX_PENDING_HANDSHAKES = 1_024;

/** A pending call of `accept`. */
type PendingAccept = Pick<
  PromiseWithResolvers<Channel | null>,
  "resolve" | "reject"
>;

/** Accepts connections while `accept` is pending; handshakes run concurrently. */
export class HandshakeListener implements Listener {
  readonly address: string;
  readonly renewCertificate?: NonNullable<Listener["renewCertificate"]>;
  readonly #below: Listener;
  readonly #handshake: (below: Channel) => Promise<Channel | undefined>;
  readonly #timeout: number;
  readonly #clock: ChannelClock;
  /** Connections in their handshake. */
  readonly #handshakes = new Set<Channel>();
  /** Channels that no `accept` has returned yet. */
  readonly #ready: Channel[] = [];
  readonly #waiting: PendingAccept[] = [];
  #accepting = false;
  #closed = false;

  /**
   * A listener on another one.
   *
   * @param handshake Performs the handshake; `undefined` if it was refused.
   * @param timeout How long a handshake may take, in milliseconds.
   */
  constructor(
    address: string,
    below: Listener,
    handshake: (below: Channel) => Promise<Channel | undefined>,
    timeout: number,
    clock: ChannelClock = systemTimers,
  ) {
    this.address = address;
    this.#below = below;
    if (below.renewCertificate !== undefined) {
      this.renewCertificate = below.renewCertificate.bind(below);
    }
    this.#handshake = handshake;
    this.#timeout = timeout;
    this.#clock = clock;
  }

  accept(): Promise<Channel | null> {
    const channel = this.#ready.shift();
    if (channel !== undefined) return Promise.resolve(channel);
    if (this.#closed) return Promise.resolve(null);
    const { promise, resolve, reject } = Promise.withResolvers<
      Channel | null
    >();
    this.#waiting.push({ resolve, reject });
    void this.#acceptBelow();
    return promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#below.close();
    for (const { resolve } of this.#waiting.splice(0)) resolve(null);
    const unseen = [...this.#handshakes, ...this.#ready.splice(0)];
    for (const channel of unseen) {
      channel.abort(new Error("The listener was closed"));
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedChannels(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  async #acceptBelow(): Promise<void> {
    if (this.#accepting) return;
    this.#accepting = true;
    while (
      !this.#closed && this.#waiting.length > 0 &&
      this.#handshakes.size + this.#ready.length < MAX_PENDING_HANDSHAKES
    ) {
      try {
        const below = await this.#below.accept();
        if (below !== null) void this.#performHandshake(below);
      } catch (error) {
        this.#waiting.shift()?.reject(error);
      }
    }
    this.#accepting = false;
  }

  async #performHandshake(below: Channel): Promise<void> {
    this.#handshakes.add(below);
    const expire = () => below.abort(new Error("The handshake took too long"));
    const timer = this.#clock.schedule(expire, this.#timeout);
    try {
      // The decision of the application may outlast the connection.
      const gone = below.closed.then(() => undefined);
      const channel = await Promise.race([this.#handshake(below), gone]);
      if (channel !== undefined) this.#deliver(channel);
    } catch (error) {
      // The client disconnected, or the handshake timed out.
      below.abort(error);
    } finally {
      this.#clock.cancel(timer);
      this.#handshakes.delete(below);
      void this.#acceptBelow();
    }
  }

  #deliver(channel: Channel): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting.resolve(channel);
    else if (this.#closed) channel.abort();
    else this.#ready.push(channel);
  }
}
