/**
 * The other processes that share the rooms.
 *
 * @module
 */

import type { Remote } from "../peer/mod.ts";
import { printFirstFailure } from "../transport/refusals.ts";
import type { AllOptions } from "./rooms_options.ts";
import { Calls } from "./_calls.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  MESSAGES_VERSION,
} from "./_message.ts";
import type { RoomState } from "./_room_state.ts";
import type { BackPlane, BackPlaneSubscription } from "./back_plane.ts";
import type { Member } from "./member.ts";

/** What is done with what other processes send. */
export interface Local<Data> {
  /** The rooms that are open here. */
  readonly rooms: ReadonlyMap<string, RoomState<Data>>;
  /** Finds a member of this process. */
  readonly find: (room: string, id: string) => Remote | undefined;
  /** Passes a notification of another process on. */
  readonly notified: (
    state: RoomState<Data>,
    name: string,
    payload: Uint8Array,
    except: string | undefined,
  ) => void;
}

/**
 * Talks with the other processes: about notifications, about who is there, and
 * about requests to members. Without a back-plane there are none.
 */
export class Processes<Data> {
  /** Names this process on the back-plane. */
  readonly own: string = randomName();
  readonly calls: Calls;
  readonly #local: Local<Data>;
  readonly #options: AllOptions;
  readonly #backPlane: BackPlane | undefined;
  readonly #mailbox: BackPlaneSubscription | undefined;
  /** Ends each wait that goes on. */
  readonly #waits = new Set<() => void>();
  #timer: unknown;
  #closed = false;
  #unpublished = 0;
  #malformed = 0;

  constructor(options: AllOptions, local: Local<Data>) {
    this.#options = options;
    this.#local = local;
    this.#backPlane = options.backPlane;
    this.calls = new Calls({
      process: this.own,
      clock: options.clock,
      answerTimeout: options.answerTimeout,
      interval: options.presenceInterval,
      expiry: options.presenceExpiry,
      send: (process, message, payload) =>
        this.#send(mailboxOf(process), message, payload),
      find: local.find,
    });
    this.#mailbox = this.#subscribe(
      mailboxOf(this.own),
      (bytes) => this.#receive(undefined, bytes),
    );
  }

  /** Number of messages that the back-plane did not take. */
  get unpublished(): number {
    return this.#unpublished;
  }

  /** Number of messages that were not understood. */
  get malformed(): number {
    return this.#malformed;
  }

  /**
   * Returns an ID for a peer of this process. Those of others do not help to guess
   * it: who knows one could request something of that member.
   */
  newMemberId(): string {
    return `${this.own}.${randomName()}`;
  }

  /** Shares a room that has been opened here. */
  open(state: RoomState<Data>): void {
    if (this.#backPlane === undefined) return;
    state.subscription = this.#subscribe(
      topicOf(state.name),
      (bytes) => this.#receive(state, bytes),
    );
    state.ready = this.#ready(state.subscription!);
    state.known = this.#known(state);
    this.#timer ??= this.#scheduleTick();
  }

  /**
   * Publishes on the topic of a room. Returns whether other processes may
   * receive it.
   */
  publish(room: string, message: Message, payload?: Uint8Array): boolean {
    if (this.#backPlane === undefined) return true;
    try {
      return this.#send(topicOf(room), message, payload);
    } catch {
      // Too large, which `#send` has counted.
      return false;
    }
  }

  /** Ends everything. `rooms` have no members any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const end of this.#waits) end();
    this.calls.close();
    this.#options.clock.cancel(this.#timer);
    this.#mailbox?.close();
    try {
      await this.#backPlane?.close();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Subscribes to a topic. What fails later is printed, and ends nothing. */
  #subscribe(
    topic: string,
    receive: (bytes: Uint8Array) => void,
  ): BackPlaneSubscription | undefined {
    const subscription = this.#backPlane?.subscribe(topic, receive);
    if (subscription === undefined) return undefined;
    return {
      ready: Promise.resolve(subscription.ready)
        .catch((error) => this.#failed(error)),
      close: () => {
        try {
          subscription.close();
        } catch (error) {
          this.#failed(error);
        }
      },
    };
  }

  /** Prints the first failure of a back-plane that breaks its contract. */
  #failed(error: unknown): void {
    printFirstFailure("backPlane", this.#backPlane!, error);
  }

  /** Publishes all members that a room has here. */
  announce(state: RoomState<Data>): void {
    for (const part of state.states()) this.publish(state.name, part);
  }

  /** Resolves once a subscription receives, or after `answerTimeout`. */
  async #ready({ ready }: BackPlaneSubscription): Promise<void> {
    await this.#wait(
      this.#options.answerTimeout,
      Promise.all([ready, this.#mailbox?.ready]),
    );
  }

  /** Requests the members of other processes, and waits for their answers. */
  async #known(state: RoomState<Data>): Promise<void> {
    await state.ready;
    if (this.#local.rooms.get(state.name) !== state) return;
    this.publish(state.name, { kind: "who" });
    // A process that subscribed meanwhile may have missed who joined here.
    this.#present(state);
    await this.#wait(this.#options.gatherTime);
  }

  /** Waits for a time, or less: until a promise resolves, or everything is closed. */
  async #wait(time: number, until?: Promise<unknown>): Promise<void> {
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.schedule(resolve, time);
    this.#waits.add(resolve);
    void until?.then(() => resolve());
    await promise;
    this.#waits.delete(resolve);
    clock.cancel(timer);
  }

  #send(topic: string, message: Message, payload?: Uint8Array): boolean {
    if (this.#backPlane === undefined) return false;
    let isSent = false;
    try {
      const bytes = encodeMessage(this.own, message, payload);
      isSent = this.#backPlane.publish(topic, bytes);
    } finally {
      if (!isSent) this.#unpublished++;
    }
    return isSent;
  }

  #present(state: RoomState<Data>): void {
    const { name, version } = state;
    if (version > 0) this.publish(name, { kind: "present", version });
  }

  #scheduleTick(): unknown {
    const { clock, presenceInterval } = this.#options;
    return clock.schedule(() => this.#tick(), presenceInterval);
  }

  /** Announces that this process is there, and forgets others that are not. */
  #tick(): void {
    const { clock, presenceExpiry } = this.#options;
    const { rooms } = this.#local;
    const since = clock.now() - presenceExpiry;
    for (const state of rooms.values()) {
      this.#present(state);
      state.elsewhere.expire(since);
    }
    this.#timer = rooms.size === 0 ? undefined : this.#scheduleTick();
  }

  /** Receives a message on the topic of a room, or of this process. */
  #receive(state: RoomState<Data> | undefined, bytes: Uint8Array): void {
    if (this.#closed) return;
    try {
      const { from, message, payload } = decodeMessage(bytes);
      if (from === this.own) return;
      if (state === undefined) this.#mail(from, message, payload);
      else this.#news(state, from, message, payload);
    } catch {
      this.#malformed++;
    }
  }

  /** Handles a message about a room. */
  #news(
    state: RoomState<Data>,
    from: string,
    message: Message,
    payload: Uint8Array,
  ): void {
    const { elsewhere } = state;
    const now = this.#options.clock.now();
    switch (message.kind) {
      case "notify":
        this.#local.notified(state, message.name, payload, message.except);
        return;
      case "who":
        if (message.of === undefined || message.of === this.own) {
          this.#answerWho(state, from);
        }
        return;
      case "joined":
        elsewhere.joined(from, message.member as Member<Data>, message, now);
        break;
      case "left":
        elsewhere.left(from, message.member, message, now);
        break;
      case "present":
        elsewhere.present(from, message.version, now);
        break;
      case "state":
        elsewhere.state(from, message, now);
        break;
      default:
        throw new TypeError(`Cannot handle ${message.kind} of a room`);
    }
    if (elsewhere.mustAsk(from, now, this.#options.gatherTime)) {
      this.publish(state.name, { kind: "who", of: from });
    }
  }

  #answerWho(state: RoomState<Data>, process: string): void {
    if (state.here.size === 0) return;
    for (const part of state.states()) {
      this.#send(mailboxOf(process), part);
    }
  }

  /** Handles a message for this process. */
  #mail(from: string, message: Message, payload: Uint8Array): void {
    switch (message.kind) {
      case "state": {
        const now = this.#options.clock.now();
        this.#local.rooms.get(message.room)?.elsewhere
          .state(from, message, now);
        return;
      }
      case "call":
        void this.calls.receive(from, message, payload);
        return;
      case "cancel":
        return this.calls.cancel(from, message.call);
      case "taken":
        return this.calls.taken(from, message.call);
      case "wanted":
        return this.calls.wanted(from, message.call);
      case "answer":
        return this.calls.answered(message.call, message, payload);
      default:
        throw new TypeError(`Cannot handle ${message.kind} of a process`);
    }
  }
}

function topicOf(room: string): string {
  return `${MESSAGES_VERSION}.room:${room}`;
}

function mailboxOf(process: string): string {
  return `${MESSAGES_VERSION}.process:${process}`;
}

/** Returns a name that nothing else has, and that nobody can guess. */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
