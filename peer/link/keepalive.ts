/**
 * Keepalive: heartbeats, and the detection of a silent or crawling remote peer.
 *
 * @module
 */

import type { ProtocolError } from "../../codec/mod.ts";
import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import { timeoutError, Watchdog } from "./watchdog.ts";

/** A load of 1 in a heartbeat. */
const FULL_LOAD = 0xffff;

/** How a keepalive acts on its connection. */
export interface KeepaliveOptions {
  /** The local peer's role. */
  readonly role: "initiator" | "acceptor";
  /** Returns the load, 0 to 1. */
  readonly load: () => number;
  /** Sends a heartbeat. */
  readonly beat: (load: number, time: number) => void;
  /** Ends the conversation: the remote peer is silent or too slow. */
  readonly expired: (error: ProtocolError) => void;
}

/**
 * Sends heartbeats, and notices if the remote peer falls silent or crawls.
 *
 * An acceptor expects messages all the time. An initiator does so only once it
 * has received a heartbeat (heartbeat/armed): servers of the Go implementation
 * send none.
 */
export class Keepalive {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #options: KeepaliveOptions;
  readonly #heartbeat: Watchdog;
  readonly #silence: Watchdog;
  /** Runs while a message has arrived in part; created with the first that does. */
  #progress: Watchdog | undefined;
  #armed: boolean;
  /** Bytes received since the arrival of the current message was last checked. */
  #arrived = 0;
  #arriving = false;

  /** Creates a keepalive that is not started. */
  constructor(clock: Clock, limits: Limits, options: KeepaliveOptions) {
    this.#clock = clock;
    this.#limits = limits;
    this.#options = options;
    this.#armed = options.role === "acceptor";
    this.#heartbeat = new Watchdog(clock, () => this.#beat());
    // heartbeat/timeout
    this.#silence = new Watchdog(
      clock,
      () =>
        options.expired(
          timeoutError(`received nothing for ${limits.receiveTimeout} ms`),
        ),
    );
  }

  /** Starts with a first heartbeat, once both versions are known (heartbeat/first). */
  start(): void {
    if (this.#limits.heartbeatInterval !== Infinity) this.#beat();
    this.received(0, false, false);
  }

  /** Records received bytes: whether they completed messages, and whether they end within one. */
  received(bytes: number, incomplete: boolean, completed: boolean): void {
    // heartbeat/restart
    if (this.#armed) this.#silence.reset(this.#limits.receiveTimeout);
    this.#arrived += bytes;
    if (incomplete === this.#arriving && !(incomplete && completed)) return;
    this.#arriving = incomplete;
    this.#arrived = 0;
    if (!incomplete) return this.#progress?.suspend();
    this.#progress ??= new Watchdog(this.#clock, () => this.#checkProgress());
    this.#progress.reset(this.#limits.progressTimeout);
  }

  /** Records a heartbeat of the remote peer. */
  heartbeatReceived(): void {
    this.#armed = true;
  }

  /** Expects nothing while the local peer does not read from the connection. */
  pause(): void {
    this.#silence.suspend();
    this.#progress?.suspend();
  }

  /** Ends a {@linkcode pause}. */
  resume(): void {
    this.received(0, false, false);
  }

  /** Cancels all timers. */
  stop(): void {
    this.#heartbeat.stop();
    this.#silence.stop();
    this.#progress?.stop();
  }

  #beat(): void {
    const time = Math.floor(this.#clock.date() / 1000) >>> 0;
    const load = Math.round(loadShare(this.#options.load) * FULL_LOAD);
    this.#options.beat(load, time);
    // heartbeat/interval
    this.#heartbeat.reset(this.#limits.heartbeatInterval);
  }

  /** Ends the conversation if the current message arrives too slowly (limits/slow-message). */
  #checkProgress(): void {
    const { minReceiveBytesPerSecond, progressTimeout } = this.#limits;
    if (this.#arrived < minReceiveBytesPerSecond * progressTimeout / 1000) {
      return this.#options.expired(
        timeoutError(
          `received ${this.#arrived} bytes of a message in ${progressTimeout} ms, ` +
            `wanted at least ${minReceiveBytesPerSecond} bytes per second`,
        ),
      );
    }
    this.#arrived = 0;
    this.#progress?.reset(progressTimeout);
  }
}

/** The load from 0 to 1; 0 if the application cannot measure it (heartbeat/values). */
function loadShare(load: () => number): number {
  try {
    return Math.min(1, Math.max(0, load() || 0));
  } catch {
    return 0;
  }
}
