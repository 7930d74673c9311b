/**
 * Connections, and what is known of them.
 *
 * @module
 */

import {
  type CloseInfo,
  isProtocolError,
  Peer,
  type PeerEvent,
  type PeerOptions,
} from "@gotalk/gotalk";
import type { Channel } from "@gotalk/gotalk/transport";
import {
  AdapterError,
  type ConnectionReport,
} from "../../../runner/implementation.ts";
import {
  type Note,
  type OperationOptions,
  standardOperations,
} from "./operations.ts";
import { Condition } from "./condition.ts";

/** How many notifications and heartbeats a connection remembers, the latest ones. */
const KEPT = 1_000;

/** How long a connection may take to close when draining it has come to its end, in milliseconds. */
const GRACE = 1_000;

/** How a connection is set up. */
export interface ConnectionSetup {
  /** How its peer is set up. */
  readonly peer: Omit<PeerOptions, "handlers" | "role" | "onEvent">;
  /** How its operations are. */
  readonly operations: Omit<OperationOptions, "onNote">;
}

/** A connection, from the moment when it is wanted. */
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

  /** Begins the conversation. */
  begin(channel: Channel, role: PeerOptions["role"]): void {
    if (this.#cut) return channel.abort();
    const { peer, operations } = this.#setup;
    const onNote = (note: Note) => this.#noted(note);
    this.#peer = new Peer(channel, {
      ...peer,
      role,
      handlers: standardOperations({ ...operations, onNote }),
      onEvent: (event) => this.#observed(event),
    });
    void this.#peer.opened.then(() => this.#enter("open"), () => {});
    void this.#peer.closed.then((info) => this.#ended(info));
  }

  /** Says that it could not be opened. */
  fail(error: unknown): void {
    this.#error = error;
    this.#enter("closed");
  }

  /** Waits until it is open or closed, at most so many milliseconds. */
  async opened(timeout: number): Promise<ConnectionReport> {
    await this.#condition.until(() => this.#state !== "connecting", timeout);
    return this.report();
  }

  /** Waits until it is closed or has heard enough, at most so many milliseconds. */
  async heard(
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

  /** Closes it, and waits until it is, at most so many milliseconds. */
  async close(timeout: number): Promise<ConnectionReport> {
    void this.#peer?.close();
    return await this.heard({}, timeout);
  }

  /** Lets calls finish, then closes it; the report comes at the latest when the time is up. */
  async drain(timeout: number): Promise<ConnectionReport> {
    void this.peer.drain({ timeout });
    return await this.heard({}, timeout + GRACE);
  }

  /** Cuts it, and waits until it has ended. */
  async cut(): Promise<void> {
    this.#cut = true;
    this.#peer?.abort();
    await this.#peer?.closed;
  }

  /** What is known of it. */
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

  #noted(note: Note): void {
    remember(this.#notes, note);
    this.#notesEver++;
    this.#condition.changed();
  }
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}

function remember<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > KEPT) list.shift();
}
