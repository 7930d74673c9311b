/**
 * A listener whose channels require a handshake.
 *
 * @module
 */

import {
  acceptedChannels,
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  type Listener,
} from "./channel.ts";
import { type ChannelClock, systemTimers } from "./clock.ts";
import { type RefusalObserver, Refusals } from "./refusals.ts";

/** A pending call of `accept`. */
type PendingAccept = Pick<
  PromiseWithResolvers<Channel | null>,
  "resolve" | "reject"
>;

/** Reports why a connection is refused; only the first report counts. */
export type ReportRefusal = (reason: unknown, info?: ChannelInfo) => void;

/**
 * Performs the handshake on a connection; returns `undefined` if it is refused,
 * which it has reported.
 */
export type Handshake = (
  below: Channel,
  report: ReportRefusal,
) => Promise<Channel | undefined>;

/** What bounds the handshakes of a {@linkcode HandshakeListener}. */
export interface HandshakeBounds {
  /**
   * Maximum number of connections in their handshake, or waiting for `accept`;
   * 1,024 by default.
   */
  readonly maxPendingHandshakes?: number | undefined;
  /** How long a handshake may take, in milliseconds; 5,000 by default. */
  readonly upgradeTimeout?: number | undefined;
  /** Receives refusals. */
  readonly onRefused?: RefusalObserver | undefined;
}

/** Accepts connections while `accept` is pending; handshakes run concurrently. */
export class HandshakeListener implements Listener {
  readonly address: string;
  readonly renewCertificate?: NonNullable<Listener["renewCertificate"]>;
  readonly #below: Listener;
  readonly #handshake: Handshake;
  readonly #maxPending: number;
  readonly #timeout: number;
  readonly #clock: ChannelClock;
  readonly #refusals: Refusals;
  /** Connections in their handshake, the oldest first, and what ends each. */
  readonly #handshakes = new Map<Channel, (reason: Error) => void>();
  /** Channels that no `accept` has returned yet. */
  readonly #ready: Channel[] = [];
  readonly #waiting: PendingAccept[] = [];
  #accepting = false;
  #closed = false;

  /**
   * A listener on another one.
   *
   * @throws {RangeError} If `maxPendingHandshakes` is less than 1.
   */
  constructor(
    address: string,
    below: Listener,
    handshake: Handshake,
    { maxPendingHandshakes = 1_024, upgradeTimeout = 5_000, onRefused }:
      HandshakeBounds,
    clock: ChannelClock = systemTimers,
  ) {
    if (!(maxPendingHandshakes >= 1)) {
      below.close();
      throw new RangeError(
        `Cannot set maxPendingHandshakes: got ${maxPendingHandshakes}, wanted a number of at least 1`,
      );
    }
    this.address = address;
    this.#below = below;
    if (below.renewCertificate !== undefined) {
      this.renewCertificate = below.renewCertificate.bind(below);
    }
    this.#handshake = handshake;
    this.#maxPending = maxPendingHandshakes;
    this.#timeout = upgradeTimeout;
    this.#clock = clock;
    this.#refusals = new Refusals(onRefused);
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
    const unseen = [...this.#handshakes.keys(), ...this.#ready.splice(0)];
    for (const channel of unseen) channel.abort(closedListener());
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
      this.#ready.length < this.#maxPending
    ) {
      try {
        const below = await this.#below.accept();
        if (below === null) return this.close();
        if (this.#closed) return below.abort(closedListener());
        this.#makeRoom();
        void this.#performHandshake(below);
      } catch (error) {
        this.#waiting.shift()?.reject(error);
      }
    }
    this.#accepting = false;
  }

  /**
   * Ends the oldest handshakes until there is room for another one: clients that
   * stay silent must not keep others out.
   */
  #makeRoom(): void {
    for (const [below, end] of this.#handshakes) {
      const pending = this.#handshakes.size + this.#ready.length;
      if (pending < this.#maxPending) return;
      this.#handshakes.delete(below);
      end(
        new Error(
          `Cannot accept a connection: ${pending} handshakes are pending, wanted at most ${this.#maxPending}, and this one is the oldest`,
        ),
      );
    }
  }

  async #performHandshake(below: Channel): Promise<void> {
    let reported = false;
    const report: ReportRefusal = (reason, info = below.info) => {
      if (!reported && !this.#closed) this.#refusals.refused(reason, info);
      reported = true;
    };
    const end = (reason: Error) => {
      report(reason);
      below.abort(reason);
    };
    this.#handshakes.set(below, end);
    const expire = () =>
      end(
        new Error(
          `Cannot accept a connection: the handshake took longer than ${this.#timeout} ms`,
        ),
      );
    const timer = this.#clock.schedule(expire, this.#timeout);
    try {
      // The decision of the application may outlast the connection.
      const channel = await Promise.race([
        this.#handshake(below, report),
        endOf(below),
      ]);
      if (channel !== undefined) this.#deliver(channel);
    } catch (error) {
      if (!reported && !this.#closed) this.#refusals.failed(error, below.info);
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

function closedListener(): Error {
  return new Error("The listener was closed");
}

/**
 * Rejects once a connection has ended. Not in a closure, which would live as
 * long as the connection (connections-idle).
 */
function endOf(below: Channel): Promise<never> {
  return below.closed.then(rejectWithError);
}

function rejectWithError({ error }: ChannelEnd): Promise<never> {
  return Promise.reject(error);
}
