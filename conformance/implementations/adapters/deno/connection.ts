/**
 * Connections of the library, and their state.
 *
 * @module
 */

import {
  type CloseInfo,
  type Handlers,
  isProtocolError,
  Peer,
  type PeerEvent,
  type PeerOptions,
  type Remote,
} from "@gotalk/gotalk";
import type { Clock } from "@gotalk/gotalk/peer";
import type { Channel } from "@gotalk/gotalk/transport";
import {
  AdapterError,
  type ConnectionReport,
} from "../../../runner/implementation.ts";
import { type Note, standardOperations } from "./operations.ts";
import { Condition } from "./condition.ts";

/** How many of the latest notifications and heartbeats a connection remembers. */
const KEPT = 1_000;

/** How long a connection may take to close after it is drained, in milliseconds. */
const GRACE = 1_000;

/** Options of a connection. */
export interface ConnectionSetup {
  /** Options of its peer. */
  readonly peer: Omit<PeerOptions, "handlers" | "role" | "onEvent">;
  /** Its operations, which connections can share. */
  readonly operations: Handlers;
}

/** The connections whose operations are those of {@linkcode operationsWith}, by their peers. */
const connections = new WeakMap<Remote, Connection>();

/** Creates operations for connections, which remember the notifications that arrive. */
export function operationsWith(options: {
  readonly streams?: boolean | undefined;
  readonly clock?: Clock | undefined;
}): Handlers {
  return standardOperations({
    ...options,
    onNote: (note, peer) => connections.get(peer)?.noted(note),
  });
}

/** A connection, from the attempt to open it. */
export class Connection {
  readonly #setup: ConnectionSetup;
  readonly #condition = new Condition();
  readonly #notes: Note[] = [];
  readonly #heartbeats: { load: number; time: number }[] = [];
  #notesEver = 0;
  #heartbeatsEver = 0;
  #peer: Peer | undefined;
  #state: ConnectionReport["state"] = "connecting";
  #error: unknown;
  #cut = false;

  /** Creates a connection that has no channel yet. */
  constructor(setup: ConnectionSetup) {
    this.#setup = setup;
  }

  /** Its peer. */
  get peer(): Peer {
    if (this.#peer !== undefined) return this.#peer;
    throw new AdapterError(
      `Cannot use the connection: it is ${this.#state}, wanted one that is open`,
    );
  }

  /** Starts the conversation. */
  begin(channel: Channel, role: PeerOptions["role"]): void {
    if (this.#cut) return channel.abort();
    const { peer, operations } = this.#setup;
    this.#peer = new Peer(channel, {
      ...peer,
      role,
      handlers: operations,
      onEvent: (event) => this.#observed(event),
    });
    connections.set(this.#peer, this);
    void this.#peer.opened.then(() => this.#enter("open"), () => {});
    void this.#peer.closed.then((info) => this.#ended(info));
  }

  /** Records that it could not be opened. */
  fail(error: unknown): void {
    this.#error = error;
    this.#enter("closed");
  }

  /** Waits until it is open or closed, for at most `timeout` milliseconds. */
  async opened(timeout: number): Promise<ConnectionReport> {
    await this.#condition.until(() => this.#state !== "connecting", timeout);
    return this.report();
  }

  /** Waits until it is closed or has received enough, for at most `timeout` milliseconds. */
  async received(
    { notes = 0, heartbeats = 0 }: { notes?: number; heartbeats?: number },
    timeout: number,
  ): Promise<ConnectionReport> {
    const isEnough = () =>
      this.#state === "closed" ||
      notes + heartbeats > 0 && this.#notesEver >= notes &&
        this.#heartbeatsEver >= heartbeats;
    await this.#condition.until(isEnough, timeout);
    return this.report();
  }

  /** Closes it, and waits until it is closed, for at most `timeout` milliseconds. */
  async close(timeout: number): Promise<ConnectionReport> {
    void this.#peer?.close();
    return await this.received({}, timeout);
  }

  /** Lets calls finish, then closes it, in at most `timeout` milliseconds. */
  async drain(timeout: number): Promise<ConnectionReport> {
    void this.peer.drain({ timeout });
    return await this.received({}, timeout + GRACE);
  }

  /** Aborts it, and waits until it has ended. */
  async cut(): Promise<void> {
    this.#cut = true;
    this.#peer?.abort();
    await this.#peer?.closed;
  }

  /** Returns its state. */
  report(): ConnectionReport {
    const error = this.#error;
    return {
      state: this.#state,
      ...isProtocolError(error) ? { code: error.code } : {},
      ...error === undefined ? {} : { message: messageOf(error) },
      notes: [...this.#notes],
      heartbeats: [...this.#heartbeats],
    };
  }

  /** Records a notification. */
  noted(note: Note): void {
    remember(this.#notes, note);
    this.#notesEver++;
    this.#condition.changed();
  }

  #enter(state: ConnectionReport["state"]): void {
    if (this.#state === "closed") return;
    this.#state = state;
    this.#condition.changed();
  }

  #ended({ error }: CloseInfo): void {
    this.#error = error;
    this.#enter("closed");
  }

  #observed(event: PeerEvent): void {
    if (event.type !== "heartbeat") return;
    const { load, time } = event;
    remember(this.#heartbeats, { load, time });
    this.#heartbeatsEver++;
    this.#condition.changed();
  }
}

/** Returns the message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}

function remember<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > KEPT) list.shift();
}
