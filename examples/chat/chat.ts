/**
 * The chat itself: rooms, their messages, and the files that were sent.
 *
 * @module
 */

import { Handlers, OperationError, type Remote } from "@gotalk/gotalk";
import {
  type BackPlane,
  isMemberGoneError,
  type Room,
  Rooms,
} from "@gotalk/gotalk/rooms";
import type { ChatPage, ChatServer, Message, Person } from "./contract.ts";

/** The rooms that there are. */
const ROOMS = ["general", "music", "help"] as const;

/** How many messages a room keeps. */
const MAX_HISTORY = 200;

/** The longest message, in characters. */
const MAX_TEXT = 4_000;

/** The largest file, and how much all together, in bytes. The oldest ones go first. */
const MAX_FILE = 20 * 1024 * 1024;
const MAX_FILES = 5 * MAX_FILE;

/** How long somebody has to wave back, in milliseconds. */
const WAVE_TIMEOUT = 15_000;

/** The bytes of a file, and what it is. */
export interface StoredFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A room, and what was said in it while this process has known it. */
interface Place {
  readonly room: Room<ChatPage, Person>;
  readonly history: Message[];
}

/** Where somebody is. */
interface Presence {
  readonly place: Place;
  readonly name: string;
}

/** The chat in one process, which shares its rooms with others through a back-plane. */
export class Chat implements AsyncDisposable {
  readonly handlers: Handlers<ChatServer, ChatPage>;
  readonly #rooms: Rooms<ChatPage, Person>;
  readonly #places = new Map<string, Place>();
  readonly #presences = new WeakMap<Remote<ChatPage>, Presence>();
  readonly #files = new Map<string, StoredFile>();
  readonly #origin: () => string;

  /** `origin` returns the address that other processes' pages reach this one at. */
  constructor(origin: () => string, backPlane?: BackPlane) {
    this.#origin = origin;
    this.#rooms = new Rooms({ ...backPlane && { backPlane } });
    for (const name of ROOMS) {
      const place = { room: this.#rooms.room(name), history: [] };
      this.#places.set(name, place);
      void this.#remember(place);
    }
    this.handlers = this.#makeHandlers();
  }

  /** Returns a file that was sent to this process. */
  file(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rooms.close();
  }

  #makeHandlers(): Handlers<ChatServer, ChatPage> {
    return new Handlers<ChatServer, ChatPage>()
      .handle("enter", async ({ room, name }, { peer }) => {
        const place = this.#places.get(room);
        if (place === undefined) throw new OperationError("no such room");
        const known = name.trim().slice(0, 40);
        if (known === "") throw new OperationError("a name is needed");
        const before = this.#presences.get(peer);
        if (before?.place !== place) before?.place.room.leave(peer);
        this.#presences.set(peer, { place, name: known });
        return await place.room.join(peer, { name: known });
      })
      .handle("say", (text, { peer }) => {
        if (text.trim() === "") throw new OperationError("nothing was said");
        this.#say(peer, { text: text.slice(0, MAX_TEXT) });
      })
      .handle("wave", async (member, { peer }) => {
        const { place, name } = this.#presence(peer);
        try {
          return await place.room.request(member, "wave", name, {
            timeout: WAVE_TIMEOUT,
          });
        } catch (error) {
          const isLate = error instanceof Error &&
            error.name === "TimeoutError";
          if (isLate || isMemberGoneError(error)) return false;
          throw error;
        }
      })
      .onNotification("typing", (isTyping, { peer }) => {
        const { place, name } = this.#presence(peer);
        place.room.notify("typing", { name, isTyping }, { except: peer });
      })
      .handleStream("upload", async (readable, { input, peer }) => {
        const { name, type, size } = input;
        if (size > MAX_FILE) throw new OperationError("the file is too large");
        const bytes = await new Response(readable).bytes();
        if (bytes.byteLength !== size) {
          throw new OperationError("the file is not complete");
        }
        const url = this.#store({ name: name.slice(0, 200), type, bytes });
        this.#say(peer, { file: { name, type, size, url } });
      }, { input: true })
      .handleValues("history", (_, { peer }) => // A copy: messages that follow arrive as notifications.
      [...this.#presence(peer).place.history])
      .handleValues(
        "people",
        (_, { peer, signal }) =>
          peopleOf(this.#presence(peer).place.room, signal),
        {
          subscription: true,
        },
      );
  }

  #presence(peer: Remote<ChatPage>): Presence {
    const presence = this.#presences.get(peer);
    if (presence !== undefined) return presence;
    throw new OperationError("enter a room first");
  }

  #say(peer: Remote<ChatPage>, said: Pick<Message, "text" | "file">): void {
    const { place, name } = this.#presence(peer);
    const id = crypto.randomUUID();
    place.room.notify("said", { id, from: name, at: Date.now(), ...said });
  }

  #store(file: StoredFile): string {
    const id = crypto.randomUUID();
    this.#files.set(id, file);
    let held = 0;
    for (const { bytes } of this.#files.values()) held += bytes.byteLength;
    for (const [oldest, { bytes }] of this.#files) {
      if (held <= MAX_FILES) break;
      this.#files.delete(oldest);
      held -= bytes.byteLength;
    }
    return `${this.#origin()}/files/${id}`;
  }

  /** Keeps what is said in a room, by anybody in any process. */
  async #remember({ room, history }: Place): Promise<void> {
    for await (const message of room.notifications("said")) {
      history.push(message);
      if (history.length > MAX_HISTORY) history.shift();
    }
  }
}

/** Yields who is in a room, and again after each change. */
async function* peopleOf(
  room: Place["room"],
  signal: AbortSignal,
): ReturnType<ChatServer["values"]["people"]> {
  const changes = room.changes({ signal });
  yield await room.members();
  for await (const _ of changes) yield await room.members();
}
