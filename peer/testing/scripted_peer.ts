/**
 * A peer in virtual time whose remote peer is scripted by a test.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ScriptedChannel } from "./scripted_channel.ts";
import { settled, VirtualClock } from "./virtual_clock.ts";
import type { PeerEventDetails } from "../events.ts";
import { MemoryBudget, memoryTotal } from "../memory_budget.ts";
import { Peer } from "../peer.ts";
import type { PeerOptions } from "../peer_options.ts";

/** Options of a scripted peer. */
export interface ScriptedPeerOptions extends PeerOptions {
  /** Whether to exchange versions first; `true` by default. */
  readonly handshake?: boolean;
  /** Whether the directions of the channel can end separately; `true` by default. */
  readonly halfClose?: boolean;
  /** What the channel does when it is to merge units; by default it has none that could be merged. */
  readonly mergeUnits?: () => void;
  /** Whether the channel behaves like the WebSocket of a runtime; `false` by default. */
  readonly wholeUnits?: boolean;
}

/**
 * A peer, and the remote end of its channel.
 *
 * It sends no heartbeats and has no write timeout unless its limits set them.
 * Disposing it aborts the peer and checks that no timer and no held memory is
 * left.
 */
export class ScriptedPeer implements AsyncDisposable {
  /** The peer under test. */
  readonly peer: Peer;
  /** Its channel. */
  readonly channel: ScriptedChannel;
  /** Its clock. */
  readonly clock: VirtualClock = new VirtualClock();
  /** What it holds. */
  readonly memory: MemoryBudget;
  /** Its events, except for changes of state. */
  readonly events: PeerEventDetails[] = [];
  /** Its states, in order. */
  readonly states: string[] = [];

  private constructor(options: ScriptedPeerOptions) {
    const {
      handshake: _,
      halfClose = true,
      mergeUnits,
      wholeUnits = false,
      ...peerOptions
    } = options;
    this.channel = new ScriptedChannel({ halfClose });
    this.channel.wholeUnits = wholeUnits;
    if (mergeUnits !== undefined) this.channel.mergeUnits = mergeUnits;
    this.memory = options.memory ?? new MemoryBudget();
    this.peer = new Peer(this.channel, {
      clock: this.clock,
      random: () => 0.5,
      ...peerOptions,
      memory: this.memory,
      limits: {
        heartbeatInterval: Infinity,
        writeTimeout: Infinity,
        ...options.limits,
      },
      onEvent: (event) => {
        const { peer, ...details } = event;
        if (peer !== this.peer) throw new Error("an event of another peer");
        if (details.type === "state") this.states.push(details.state);
        else this.events.push(details);
        return options.onEvent?.(event);
      },
    });
  }

  /** Creates a peer and exchanges the versions. */
  static async open(options: ScriptedPeerOptions = {}): Promise<ScriptedPeer> {
    const script = new ScriptedPeer(options);
    if (options.handshake === false) return script;
    await settled();
    assertEquals(script.heard(), "01");
    await script.say("01");
    return script;
  }

  /** Sends one chunk from the remote end, and waits until it has been processed. */
  async say(bytes: string): Promise<void> {
    this.channel.send(bytes);
    // The peer lets callers see their answers before it handles what follows.
    for (let before = -1; before !== this.peer.stats.messagesIn;) {
      before = this.peer.stats.messagesIn;
      await settled();
    }
  }

  /** Waits until streams whose answers are read have been opened without data. */
  async opened(): Promise<void> {
    await this.clock.advance(25);
  }

  /** Ends the remote direction, and waits until that has been processed. */
  async end(): Promise<void> {
    this.channel.end();
    await settled();
  }

  /** Returns the bytes that the peer has written since the last call. */
  heard(): string {
    return this.channel.take();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer.abort();
    await this.peer.closed;
    await settled();
    assertEquals(this.clock.timers, 0, "timers are left");
    assertReleased(this.memory);
  }
}

/** Asserts that nothing is held once all peers have closed, except for handlers that are running. */
export function assertReleased(memory: MemoryBudget, where = ""): void {
  const { heldBytes, workingBytes } = memoryTotal(memory);
  assertEquals(heldBytes - workingBytes, 0, `memory is held ${where}`);
}

/** The state of a promise. A rejection counts as handled. */
export class Watched<T> {
  /** Whether the promise has settled, and how. */
  state: "pending" | "resolved" | "rejected" = "pending";
  /** The value of a resolved promise. */
  value: T | undefined;
  /** The error of a rejected promise. */
  error: unknown;

  /** Records the state of a promise. */
  constructor(promise: Promise<T>) {
    promise.then((value) => {
      this.state = "resolved";
      this.value = value;
    }, (error) => {
      this.state = "rejected";
      this.error = error;
    });
  }

  /**
   * Returns the error of a rejected promise.
   *
   * @throws {Error} If the promise is not rejected, or `guard` does not accept
   * its error.
   */
  rejection<E>(guard: (value: unknown) => value is E): E {
    if (this.state === "rejected" && guard(this.error)) return this.error;
    throw new Error(
      `Cannot get the rejection: the promise is ${this.state}, wanted an error that the guard accepts`,
      {
        cause: this.error,
      },
    );
  }
}

/** Records the state of a promise from now on. */
export function watch<T>(promise: Promise<T>): Watched<T> {
  return new Watched(promise);
}
