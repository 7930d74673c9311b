/**
 * Whether both sides are alive.
 *
 * @module
 */

import { ProtocolError, ProtocolErrorCode } from "../../codec/mod.ts";
import { Deadline } from "./watchdog.ts";
import type { Wire } from "./_wire.ts";

/** A load of 1, as a heartbeat writes it. */
const FULL_LOAD = 0xffff;

/**
 * Sends heartbeats, and notices when the other side falls silent or crawls.
 *
 * A side that accepted the connection expects to hear something all the time. A side that connected
 * does so only once it has seen a heartbeat, since servers of the Go implementation send none.
 */
export class Liveness {
  readonly #wire: Wire;
  readonly #load: () => number;
  readonly #heartbeat: Deadline;
  readonly #silence: Deadline;
  /** Runs while a message has arrived in part; made with the first that does. */
  #progress: Deadline | undefined;
  #expectsHeartbeats: boolean;
  /** Bytes received since the message that is arriving was looked at last. */
  #arrived = 0;
  #arriving = false;

  constructor(wire: Wire, role: "initiator" | "acceptor", load: () => number) {
    const { clock, limits } = wire;
    this.#wire = wire;
    this.#load = load;
    this.#expectsHeartbeats = role === "acceptor";
    this.#heartbeat = new Deadline(clock, () => this.#beat());
    this.#silence = new Deadline(
      clock,
      () =>
        wire.fail(
          timeout(`nothing was received for ${limits.receiveTimeout} ms`),
        ),
    );
  }

  /** Begins, with a first heartbeat, once both versions are known. */
  start(): void {
    if (this.#wire.limits.heartbeatInterval !== Infinity) this.#beat();
    this.received(0, false, false);
  }

  /** Bytes came that completed messages or did not; `incomplete` says whether they end within another. */
  received(bytes: number, incomplete: boolean, completed: boolean): void {
    if (this.#expectsHeartbeats) {
      this.#silence.extend(this.#wire.limits.receiveTimeout);
    }
    this.#arrived += bytes;
    if (incomplete === this.#arriving && !(incomplete && completed)) return;
    this.#arriving = incomplete;
    this.#arrived = 0;
    if (!incomplete) return this.#progress?.suspend();
    const { clock, limits } = this.#wire;
    this.#progress ??= new Deadline(clock, () => this.#checkProgress());
    this.#progress.extend(limits.progressTimeout);
  }

  /** A heartbeat came. */
  heard(): void {
    this.#expectsHeartbeats = true;
  }

  /** This side takes nothing from the connection for a while, and so cannot expect anything. */
  pause(): void {
    this.#silence.suspend();
    this.#progress?.suspend();
  }

  /** This side takes bytes again. */
  resume(): void {
    this.#arriving = false;
    this.received(0, false, false);
  }

  /** Ends all timers. */
  stop(): void {
    this.#heartbeat.clear();
    this.#silence.clear();
    this.#progress?.clear();
  }

  #beat(): void {
    const time = Math.floor(this.#wire.clock.date() / 1000) >>> 0;
    const load = Math.round(share(this.#load) * FULL_LOAD);
    this.#wire.send({ kind: "Heartbeat", load, time });
    this.#wire.rest();
    this.#heartbeat.extend(this.#wire.limits.heartbeatInterval);
  }

  #checkProgress(): void {
    const { minReceiveBytesPerSecond, progressTimeout } = this.#wire.limits;
    if (this.#arrived < minReceiveBytesPerSecond * progressTimeout / 1000) {
      const rate =
        `${this.#arrived} bytes of a message came in ${progressTimeout} ms`;
      return this.#wire.fail(
        timeout(`${rate}, wanted ${minReceiveBytesPerSecond} bytes per second`),
      );
    }
    this.#arrived = 0;
    this.#progress?.extend(progressTimeout);
  }
}

/** The load as a number from 0 to 1; a failure to measure it counts as idle. */
function share(load: () => number): number {
  try {
    return Math.min(1, Math.max(0, load() || 0));
  } catch {
    return 0;
  }
}

/** The error of a side that took too long. */
export function timeout(what: string): ProtocolError {
  return new ProtocolError(`Cannot go on with the conversation: ${what}`, {
    code: ProtocolErrorCode.timeout,
    reason: "timeout",
  });
}
