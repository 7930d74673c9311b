/**
 * A peer whose other side a test plays by hand, in virtual time.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ScriptedChannel } from "./scripted_channel.ts";
import { settled, VirtualClock } from "./virtual_clock.ts";
import type { PeerEvent } from "../events.ts";
import { Peer } from "../peer.ts";
import type { PeerOptions } from "../peer_options.ts";

/** How a scripted peer is set up: as any peer, and a little more. */
export interface ScriptedPeerOptions extends PeerOptions {
  /** Whether the versions are exchanged at once; they are by default. */
  readonly handshake?: boolean;
  /** Whether the channel can end one direction only; it can by default. */
  readonly halfClose?: boolean;
}

/**
 * A peer, and the other end of its channel.
 *
 * It sends no heartbeats, and puts no bound on its writes, unless the limits ask for that. Disposing aborts what is still open, and checks
 * that no timer is left behind.
 */
export class ScriptedPeer implements AsyncDisposable {
  /** The peer under test. */
  readonly peer: Peer;
  /** Its channel. */
  readonly channel: ScriptedChannel;
  /** Its clock. */
  readonly clock: VirtualClock = new VirtualClock();
  /** What was observed of it, but for its states. */
  readonly events: PeerEvent[] = [];
  /** The states that it went through. */
  readonly states: string[] = [];

  private constructor(options: ScriptedPeerOptions) {
    const { handshake: _, halfClose = true, ...peerOptions } = options;
    this.channel = new ScriptedChannel({ halfClose });
    this.peer = new Peer(this.channel, {
      clock: this.clock,
      random: () => 0.5,
      ...peerOptions,
      limits: {
        heartbeatInterval: Infinity,
        writeTimeout: Infinity,
        ...options.limits,
      },
      onEvent: (event) => {
        options.onEvent?.(event);
        if (event.type === "state") this.states.push(event.state);
        else this.events.push(event);
      },
    });
  }

  /** Sets up a peer and exchanges the versions. */
  static async open(options: ScriptedPeerOptions = {}): Promise<ScriptedPeer> {
    const script = new ScriptedPeer(options);
    if (options.handshake === false) return script;
    await settled();
    assertEquals(script.heard(), "01");
    await script.say("01");
    return script;
  }

  /** The other side writes one chunk, and everything that follows from it happens. */
  async say(bytes: string): Promise<void> {
    this.channel.send(bytes);
    await settled();
  }

  /** The other side ends its direction. */
  async end(): Promise<void> {
    this.channel.end();
    await settled();
  }

  /** What the peer wrote since this was asked last. */
  heard(): string {
    return this.channel.take();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer.abort();
    await this.peer.closed;
    await settled();
    assertEquals(this.clock.timers, 0, "timers are left behind");
  }
}

/** What became of a promise so far; looking at it also observes a rejection. */
export class Watched<T> {
  /** Whether it has settled, and how. */
  state: "pending" | "resolved" | "rejected" = "pending";
  /** What it resolved to. */
  value: T | undefined;
  /** What it was rejected with. */
  error: unknown;

  /** Watches a promise. */
  constructor(promise: Promise<T>) {
    promise.then((value) => {
      this.state = "resolved";
      this.value = value;
    }, (error) => {
      this.state = "rejected";
      this.error = error;
    });
  }

  /** The error that it was rejected with, which must be one that the guard knows. */
  rejection<E>(guard: (value: unknown) => value is E): E {
    if (this.state === "rejected" && guard(this.error)) return this.error;
    throw new Error(`It is ${this.state}, wanted a rejection of another kind`, {
      cause: this.error,
    });
  }
}

/** Watches a promise. */
export function watch<T>(promise: Promise<T>): Watched<T> {
  return new Watched(promise);
}
