/**
 * What a process holds of one room.
 *
 * @module
 */

import {
  broadcastBytes,
  type BroadcastResult,
  type Remote,
} from "../peer/mod.ts";
import type { BackPlaneSubscription } from "./back_plane.ts";
import type { Sink } from "./_bounded_stream.ts";
import { Elsewhere } from "./_elsewhere.ts";
import type { State, Step } from "./_message.ts";
import type { Member, RoomChange } from "./member.ts";

/**
 * Size of the members in one message, in characters of JSON. A back-plane takes
 * messages of 1 MiB at least, with data in any language.
 */
const MAX_STATE = 128 * 1024;

/** A room that has members here, or that something here follows. */
export class RoomState<Data> {
  readonly name: string;
  /** The members of this process. */
  readonly here = new Map<Remote, Member<Data>>();
  /** The members of other processes. */
  readonly elsewhere = new Elsewhere<Data>((change) => this.changed(change));
  /** The streams of notifications, and the name that each is of. */
  readonly notifications = new Map<Sink<Uint8Array>, string>();
  readonly changes = new Set<Sink<RoomChange<Data>>>();
  /** Number of calls of `members` that are pending. */
  readers = 0;
  subscription: BackPlaneSubscription | undefined;
  /** Resolves once the messages of other processes arrive. */
  ready: Promise<void> = Promise.resolve();
  /** Resolves once the members of other processes are known. */
  known: Promise<void> = Promise.resolve();
  #version = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** The version of the members of this process; 0 if there are none. */
  get version(): number {
    return this.#version;
  }

  /** Whether nothing here needs the room any more. */
  get isUnused(): boolean {
    return this.here.size === 0 && this.notifications.size === 0 &&
      this.changes.size === 0 && this.readers === 0;
  }

  /** Numbers a change of the members of this process. */
  step(version: number): Step {
    const after = this.#version;
    this.#version = this.here.size === 0 ? 0 : version;
    return { after, version: this.#version };
  }

  /** Passes a notification to the members here. Returns how many it reaches. */
  deliver(
    name: string,
    payload: Uint8Array,
    except: string | undefined,
  ): BroadcastResult {
    for (const [stream, wanted] of this.notifications) {
      if (wanted === name) stream.push(payload);
    }
    const peers = except === undefined
      ? this.here.keys()
      : others(this.here, except);
    return broadcastBytes(peers, name, payload);
  }

  /** Passes a change on to the streams of changes. */
  changed(change: RoomChange<Data>): void {
    for (const stream of this.changes) stream.push(change);
  }

  /** Returns the members of this process in messages of bounded size. */
  *states(): Generator<State, void, undefined> {
    const all = [...this.here.values()];
    let start = 0;
    let size = 0;
    for (let end = 0; end <= all.length; end++) {
      const next = end < all.length ? JSON.stringify(all[end]).length : 0;
      const last = end === all.length;
      if (last || size + next > MAX_STATE) {
        yield {
          kind: "state",
          room: this.name,
          version: this.#version,
          members: all.slice(start, end),
          first: start === 0,
          last,
        };
        start = end;
        size = 0;
      }
      size += next;
    }
  }

  /** Ends all streams, and the subscription. */
  close(): void {
    for (const stream of [...this.notifications.keys()]) stream.end();
    for (const stream of [...this.changes]) stream.end();
    this.subscription?.close();
  }
}

/** Returns the peers of all members but one. */
function* others(
  members: ReadonlyMap<Remote, Member>,
  except: string,
): Generator<Remote, void, undefined> {
  for (const [peer, { id }] of members) if (id !== except) yield peer;
}
