/**
 * The members that a room has in other processes.
 *
 * @module
 */

import type { State, Step } from "./_message.ts";
import type { Member, RoomChange } from "./member.ts";

/** What is known of the members of one process. */
interface Copy<Data> {
  /** The version of the members; `UNKNOWN` if a step is missing. */
  version: number;
  /** When the latest message of the process arrived. */
  seen: number;
  /** When its members were last requested. */
  asked: number;
  members: Map<string, Member<Data>>;
  /** The members of a state of which further parts follow. */
  arriving: Map<string, Member<Data>> | undefined;
}

const UNKNOWN = -1;

/**
 * Copies of the members of each other process. A process numbers its changes, so
 * that a copy that misses one is noticed, and then requested as a whole.
 */
export class Elsewhere<Data> {
  readonly #copies = new Map<string, Copy<Data>>();
  readonly #changed: (change: RoomChange<Data>) => void;

  constructor(changed: (change: RoomChange<Data>) => void) {
    this.#changed = changed;
  }

  /** Returns the members of the processes whose latest message arrived after `since`. */
  *members(since: number): Generator<Member<Data>, void, undefined> {
    for (const { seen, members } of this.#copies.values()) {
      if (seen > since) yield* members.values();
    }
  }

  /** Records that a member has joined, or has new data. */
  joined(from: string, member: Member<Data>, step: Step, now: number): void {
    const copy = this.#step(from, step, now);
    const kind = copy.members.has(member.id) ? "updated" : "joined";
    copy.members.set(member.id, member);
    this.#changed({ kind, member });
  }

  /** Records that a member has left. */
  left(from: string, id: string, step: Step, now: number): void {
    const { members } = this.#step(from, step, now);
    this.#remove(members, id);
    if (step.version === 0) this.#forget(from);
  }

  /** Records the version that a process announces for its members. */
  present(from: string, version: number, now: number): void {
    const copy = this.#copyOf(from, now);
    if (copy.version !== version) copy.version = UNKNOWN;
  }

  /** Receives a part of the list of a process's members. */
  state(from: string, state: State, now: number): void {
    const copy = this.#copyOf(from, now);
    if (state.first) copy.arriving = new Map();
    for (const member of state.members as readonly Member<Data>[]) {
      copy.arriving?.set(member.id, member);
    }
    if (!state.last || copy.arriving === undefined) return;
    const { members, arriving } = copy;
    for (const id of [...members.keys()]) {
      if (!arriving.has(id)) this.#remove(members, id);
    }
    for (const [id, member] of arriving) {
      const old = members.get(id);
      if (old === undefined) this.#changed({ kind: "joined", member });
      else if (JSON.stringify(old.data) !== JSON.stringify(member.data)) {
        this.#changed({ kind: "updated", member });
      }
    }
    copy.members = arriving;
    copy.arriving = undefined;
    copy.version = state.version;
    if (arriving.size === 0) this.#copies.delete(from);
  }

  /**
   * Returns whether the members of a process must be requested, which they then
   * are: at most once every `interval` milliseconds.
   */
  mustAsk(from: string, now: number, interval: number): boolean {
    const copy = this.#copies.get(from);
    if (copy?.version !== UNKNOWN || now - copy.asked < interval) return false;
    copy.asked = now;
    return true;
  }

  /** Forgets the processes whose latest message arrived at `since` or before. */
  expire(since: number): void {
    for (const [from, { seen }] of this.#copies) {
      if (seen <= since) this.#forget(from);
    }
  }

  /** Applies the version of a step. One that does not fit makes it unknown. */
  #step(from: string, { after, version }: Step, now: number): Copy<Data> {
    const copy = this.#copyOf(from, now);
    // A process that had no members forgets all that its copy has.
    if (after === 0) {
      for (const id of [...copy.members.keys()]) this.#remove(copy.members, id);
    }
    const fits = after === 0 || after === copy.version;
    copy.version = fits ? version : UNKNOWN;
    copy.arriving = undefined;
    return copy;
  }

  #copyOf(from: string, now: number): Copy<Data> {
    let copy = this.#copies.get(from);
    if (copy === undefined) {
      copy = {
        version: UNKNOWN,
        seen: now,
        asked: -Infinity,
        members: new Map(),
        arriving: undefined,
      };
      this.#copies.set(from, copy);
    }
    copy.seen = now;
    return copy;
  }

  #forget(from: string): void {
    const members = this.#copies.get(from)?.members;
    this.#copies.delete(from);
    for (const id of members?.keys() ?? []) this.#remove(members!, id);
  }

  #remove(members: Map<string, Member<Data>>, id: string): void {
    const member = members.get(id);
    if (member === undefined) return;
    members.delete(id);
    this.#changed({ kind: "left", member });
  }
}
