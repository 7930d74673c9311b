/**
 * Keepalive: heartbeats, and the detection of a remote peer that is silent or too slow.
 *
 * @module
 */

import type { ProtocolError } from "../../codec/mod.ts";
import { timeToTake } from "../../transport/slowest_rate.ts";
import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import { type HookFailures, numberFrom } from "../hooks.ts";
import { timeoutError, Watchdog } from "./watchdog.ts";

/** A load of 1 in a heartbeat. */
const FULL_LOAD = 0xffff;

/** A wait for a turn of this length, in milliseconds, holds up streams. */
const LONG_WAIT = 1_000;

/**
 * The time until heartbeats follow the end of the remote direction, in
 * milliseconds. A peer that has left rejects the first, so that the second one
 * fails: what runs for it need not wait for two of the usual intervals.
 */
const TIME_TO_PROBE = 1_000;

/** The link that a keepalive watches. */
export interface KeepaliveLink {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly observers: HookFailures;
  /** Sends a heartbeat. */
  sendHeartbeat(load: number, time: number): void;
  /** Ends the conversation: the remote peer is silent or too slow. */
  fail(error: ProtocolError): void;
}

/**
 * Sends heartbeats, and notices if the remote peer is silent or too slow.
 *
 * An acceptor expects messages all the time. An initiator does so only once it
 * has received a heartbeat (heartbeat/armed): servers of the Go implementation
 * send none.
 */
export class Keepalive {
  readonly #link: KeepaliveLink;
  readonly #load: () => number;
  readonly #heartbeat: Watchdog;
  readonly #silence: Watchdog;
  /** Runs while a message has arrived in part; created with the first that does. */
  #progress: Watchdog | undefined;
  #armed: boolean;
  /** Bytes received since the arrival of the current message was last checked. */
  #arrived = 0;
  #arriving = false;
  /** Heartbeats that follow soon. */
  #probes = 0;
  /** Bytes of the current message that may be arriving although none of them is seen. */
  #unseen = 0;
  /** Number of times that the local peer has stopped or resumed reading, or that a message has taken long to arrive. */
  interruptions = 0;

  /** Creates a keepalive that is not started. `load` returns the load, 0 to 1. */
  constructor(
    link: KeepaliveLink,
    role: "initiator" | "acceptor",
    load: () => number,
  ) {
    this.#link = link;
    this.#load = load;
    this.#armed = role === "acceptor";
    this.#heartbeat = new Watchdog(link.clock, () => this.#beat());
    this.#silence = new Watchdog(link.clock, () => this.#fallenSilent());
  }

  /** Starts with a first heartbeat, once both versions are known (heartbeat/first). */
  start(): void {
    if (this.#link.limits.heartbeatInterval !== Infinity) this.#beat();
    this.received(0, false, false);
  }

  /** Whether a message has arrived in part. */
  get arriving(): boolean {
    return this.#arriving;
  }

  /**
   * Records received bytes: whether they completed messages, and whether they
   * end within one, of which `unseen` bytes are delivered only once all of them
   * have arrived.
   */
  received(
    bytes: number,
    incomplete: boolean,
    completed: boolean,
    unseen = 0,
  ): void {
    const { receiveTimeout, progressTimeout } = this.#link.limits;
    const extension = unseen === 0 ? 0 : timeToTake(unseen);
    // heartbeat/restart
    if (this.#armed) this.#silence.reset(receiveTimeout + extension);
    this.#arrived += bytes;
    if (
      incomplete === this.#arriving && !(incomplete && completed) &&
      unseen === this.#unseen
    ) return;
    this.#arriving = incomplete;
    this.#unseen = unseen;
    this.#arrived = 0;
    if (!incomplete) return void this.#progress?.suspend();
    this.#progress ??= new Watchdog(
      this.#link.clock,
      () => this.#checkProgress(),
    );
    this.#progress.reset(progressTimeout + extension);
  }

  /** Records a heartbeat of the remote peer. */
  heartbeatReceived(): void {
    this.#armed = true;
  }

  /**
   * Stops the time while the local peer waits for its turn, possibly within a
   * chunk that has completed a message. Returns what continues it. The current
   * message has no more time than before (limits/slow-message).
   */
  hold(isWithinChunk: boolean): () => void {
    const { clock } = this.#link;
    const began = clock.now();
    this.#silence.suspend();
    const left = this.#progress?.left ?? Infinity;
    this.#progress?.suspend();
    return () => {
      if (clock.now() - began >= LONG_WAIT) this.interruptions++;
      this.#resetSilence();
      // The end of the chunk begins the next message.
      if (!isWithinChunk) this.#progress?.reset(left);
    };
  }

  /** Expects nothing while the local peer does not read from the connection. */
  pause(): void {
    this.interruptions++;
    this.#silence.suspend();
    this.#progress?.suspend();
  }

  /** Expects nothing more, and finds out soon whether the remote peer has left, or still reads. */
  inputEnded(): void {
    this.pause();
    const { heartbeatInterval } = this.#link.limits;
    if (heartbeatInterval === Infinity) return;
    this.#probes = 1;
    this.#heartbeat.reset(Math.min(heartbeatInterval, TIME_TO_PROBE));
  }

  /** Ends a {@linkcode pause}. */
  resume(): void {
    this.interruptions++;
    this.received(0, false, false);
  }

  /** Cancels all timers. */
  stop(): void {
    this.#heartbeat.stop();
    this.#silence.stop();
    this.#progress?.stop();
  }

  #fallenSilent(): void {
    const { receiveTimeout } = this.#link.limits;
    this.#link.fail(timeoutError(`received nothing for ${receiveTimeout} ms`));
  }

  #resetSilence(): void {
    if (!this.#armed) return;
    const extension = this.#unseen === 0 ? 0 : timeToTake(this.#unseen);
    this.#silence.reset(this.#link.limits.receiveTimeout + extension);
  }

  #beat(): void {
    const time = Math.floor(this.#link.clock.date() / 1000) >>> 0;
    const load = Math.round(this.#loadShare() * FULL_LOAD);
    this.#link.sendHeartbeat(load, time);
    const interval = this.#untilNextBeat();
    // heartbeat/interval
    this.#heartbeat.reset(interval);
  }

  #untilNextBeat(): number {
    const { heartbeatInterval } = this.#link.limits;
    if (this.#probes === 0) return heartbeatInterval;
    this.#probes--;
    return Math.min(heartbeatInterval, TIME_TO_PROBE);
  }

  /** The load from 0 to 1; 0 if the application cannot measure it (heartbeat/values). */
  #loadShare(): number {
    const load = numberFrom("load", this.#link.observers, this.#load) ?? 0;
    return Math.min(1, Math.max(0, load));
  }

  /** Ends the conversation if the current message arrives too slowly (limits/slow-message). */
  #checkProgress(): void {
    const { minReceiveBytesPerSecond, progressTimeout } = this.#link.limits;
    if (this.#arrived < minReceiveBytesPerSecond * progressTimeout / 1000) {
      return this.#link.fail(
        timeoutError(
          `received ${this.#arrived} bytes of a message in ${progressTimeout} ms, ` +
            `wanted at least ${minReceiveBytesPerSecond} bytes per second`,
        ),
      );
    }
    this.#arrived = 0;
    this.interruptions++;
    this.#progress?.reset(progressTimeout);
  }
}
