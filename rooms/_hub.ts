/**
 * The rooms of a process, and the peers in them.
 *
 * @module
 */

import { ConnectionClosedError, LimitError } from "../mod.ts";
import {
  isReservedName,
  json,
  MAX_NAME_BYTES,
  quoteName,
  RESERVED_PREFIX,
} from "../codec/mod.ts";
import type { BroadcastResult, Remote } from "../peer/mod.ts";
import { BoundedStream } from "./_bounded_stream.ts";
import type { Request } from "./_calls.ts";
import { Processes } from "./_processes.ts";
import { RoomState } from "./_room_state.ts";
import type { Member, RoomChange } from "./member.ts";
import type { NotifyResult } from "./room.ts";
import type { RoomStreamOptions } from "./room_stream.ts";
import type { AllOptions, RoomsStats } from "./rooms_options.ts";

/** A peer that has joined a room, until it has gone. */
interface Joined<Data> {
  readonly id: string;
  readonly rooms: Set<RoomState<Data>>;
}

const encoder = new TextEncoder();

/** Everything that rooms do. */
export class Hub<Data = unknown> {
  readonly #options: AllOptions;
  readonly #processes: Processes<Data>;
  readonly #rooms = new Map<string, RoomState<Data>>();
  readonly #peers = new Map<Remote, Joined<Data>>();
  readonly #peersById = new Map<string, Remote>();
  #changes = 0;
  #sent = 0;
  #dropped = 0;
  #closed = false;

  constructor(options: AllOptions) {
    this.#options = options;
    this.#processes = new Processes<Data>(options, {
      rooms: this.#rooms,
      find: (room, id) => this.#find(room, id),
      notified: (state, name, payload, except) =>
        void this.#deliver(state, name, payload, except),
    });
  }

  get stats(): RoomsStats {
    const { unpublished, malformed } = this.#processes;
    let members = 0;
    for (const { here } of this.#rooms.values()) members += here.size;
    return {
      rooms: this.#rooms.size,
      members,
      sent: this.#sent,
      dropped: this.#dropped,
      unpublished,
      malformed,
    };
  }

  async join(name: string, peer: Remote, data: unknown): Promise<Member<Data>> {
    const copy = this.#copyOf(name, data);
    if (this.#closed || peer.state === "closed") {
      const what = this.#closed ? "the rooms are" : "the connection is";
      throw new ConnectionClosedError(
        `Cannot join ${quoteName(name)}: ${what} closed`,
        { outcome: "not-sent" },
      );
    }
    const joined = this.#joined(peer);
    const isNew = !this.#rooms.get(name)?.here.has(peer);
    const { maxRoomsPerPeer } = this.#options;
    if (isNew && joined.rooms.size >= maxRoomsPerPeer) {
      throw new LimitError(
        `Cannot join ${quoteName(name)}: the peer is in ` +
          `${joined.rooms.size} rooms, wanted at most ${maxRoomsPerPeer}`,
        { code: "maxRoomsPerPeer" },
      );
    }
    const state = this.#open(name);
    const member: Member<Data> = { id: joined.id, data: copy };
    joined.rooms.add(state);
    state.here.set(peer, member);
    const step = state.step(++this.#changes);
    this.#processes.publish(name, { kind: "joined", member, ...step });
    state.changed({ kind: isNew ? "joined" : "updated", member });
    await state.ready;
    return member;
  }

  leave(name: string, peer: Remote): boolean {
    const state = this.#rooms.get(name);
    const member = state?.here.get(peer);
    if (state === undefined || member === undefined) return false;
    this.#peers.get(peer)?.rooms.delete(state);
    state.here.delete(peer);
    const step = state.step(++this.#changes);
    this.#processes.publish(name, { kind: "left", member: member.id, ...step });
    state.changed({ kind: "left", member });
    this.#closeIfUnused(state);
    return true;
  }

  async members(name: string): Promise<Member<Data>[]> {
    const state = this.#open(name);
    state.readers++;
    await state.known;
    state.readers--;
    this.#closeIfUnused(state);
    const { clock, presenceExpiry } = this.#options;
    const since = clock.now() - presenceExpiry;
    return [...state.here.values(), ...state.elsewhere.members(since)];
  }

  notify(
    room: string,
    name: string,
    payload: Uint8Array,
    except: Remote | Member | string | undefined,
  ): NotifyResult {
    checkName(name);
    const id = this.#idOf(except);
    const state = this.#rooms.get(room);
    const reached = state === undefined
      ? { sent: 0, dropped: 0 }
      : this.#deliver(state, name, payload, id);
    const published = this.#processes.publish(
      room,
      { kind: "notify", name, ...id !== undefined && { except: id } },
      payload,
    );
    return { ...reached, published };
  }

  request(request: Request): Promise<Uint8Array> {
    return this.#processes.calls.send(request);
  }

  notifications<Value>(
    room: string,
    name: string,
    valueOf: (payload: Uint8Array) => Value,
    options: RoomStreamOptions,
  ): BoundedStream<Uint8Array, Value> {
    const state = this.#open(room);
    const stream = new BoundedStream({
      ready: state.ready,
      valueOf,
      ended: () => {
        state.notifications.delete(stream);
        this.#closeIfUnused(state);
      },
    }, options);
    state.notifications.set(stream, name);
    return this.#begun(stream);
  }

  changes(
    room: string,
    options: RoomStreamOptions,
  ): BoundedStream<RoomChange<Data>, RoomChange<Data>> {
    const state = this.#open(room);
    const stream = new BoundedStream({
      ready: state.ready,
      valueOf: (change: RoomChange<Data>) => change,
      ended: () => {
        state.changes.delete(stream);
        this.#closeIfUnused(state);
      },
    }, options);
    state.changes.add(stream);
    return this.#begun(stream);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const state of [...this.#rooms.values()]) {
      const hadMembers = state.here.size > 0;
      state.here.clear();
      state.step(0);
      if (hadMembers) this.#processes.announce(state);
      state.close();
    }
    this.#rooms.clear();
    this.#peers.clear();
    this.#peersById.clear();
    await this.#processes.close();
  }

  #begun<Taken, Value>(
    stream: BoundedStream<Taken, Value>,
  ): BoundedStream<Taken, Value> {
    if (this.#closed) stream.end();
    else stream.begin();
    return stream;
  }

  /** Returns the state of a room, which begins if it has none. */
  #open(name: string): RoomState<Data> {
    const existing = this.#rooms.get(name);
    if (existing !== undefined) return existing;
    const state = new RoomState<Data>(name);
    if (this.#closed) return state;
    // First, since the back-plane may throw.
    this.#processes.open(state);
    this.#rooms.set(name, state);
    return state;
  }

  #closeIfUnused(state: RoomState<Data>): void {
    if (!state.isUnused || this.#rooms.get(state.name) !== state) return;
    this.#rooms.delete(state.name);
    state.close();
  }

  /** Returns what is known of a peer, which leaves all rooms when it has gone. */
  #joined(peer: Remote): Joined<Data> {
    let joined = this.#peers.get(peer);
    if (joined === undefined) {
      joined = { id: this.#processes.newMemberId(), rooms: new Set() };
      this.#peers.set(peer, joined);
      this.#peersById.set(joined.id, peer);
      void peer.closed.then(() => this.#gone(peer));
    }
    return joined;
  }

  #gone(peer: Remote): void {
    const joined = this.#peers.get(peer);
    if (joined === undefined) return;
    for (const { name } of [...joined.rooms]) this.leave(name, peer);
    this.#peers.delete(peer);
    this.#peersById.delete(joined.id);
  }

  #find(room: string, id: string): Remote | undefined {
    const peer = this.#peersById.get(id);
    if (peer === undefined) return undefined;
    return this.#rooms.get(room)?.here.has(peer) ? peer : undefined;
  }

  /** Returns the ID of a member; of no member if it names a peer that is none. */
  #idOf(member: Remote | Member | string | undefined): string | undefined {
    if (typeof member !== "object") return member;
    return typeof member.id === "string"
      ? member.id
      : this.#peers.get(member as Remote)?.id;
  }

  /** Returns data as JSON holds it, so that nobody changes it later. */
  #copyOf(room: string, data: unknown): Data {
    if (data === undefined) return undefined as Data;
    const bytes = json.encode(data);
    const { maxDataBytes } = this.#options;
    if (bytes.length > maxDataBytes) {
      throw new LimitError(
        `Cannot join ${quoteName(room)}: the data is ${bytes.length} bytes, ` +
          `wanted at most ${maxDataBytes}`,
        { code: "maxDataBytes" },
      );
    }
    return json.decode(bytes) as Data;
  }

  #deliver(
    state: RoomState<Data>,
    name: string,
    payload: Uint8Array,
    except: string | undefined,
  ): BroadcastResult {
    const reached = state.deliver(name, payload, except);
    this.#sent += reached.sent;
    this.#dropped += reached.dropped;
    return reached;
  }
}

function checkName(name: string): void {
  if (isReservedName(name)) {
    throw new TypeError(
      `Cannot notify a room of ${
        quoteName(name)
      }: names that begin with "${RESERVED_PREFIX}" are reserved, wanted another`,
    );
  }
  const { length } = encoder.encode(name);
  if (length <= MAX_NAME_BYTES) return;
  throw new LimitError(
    `Cannot notify a room: the name is ${length} bytes, wanted at most ${MAX_NAME_BYTES}`,
    { code: "name" },
  );
}
