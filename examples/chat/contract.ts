/**
 * What the server and the pages of the chat request of each other.
 *
 * @module
 */

import type { Contract } from "@gotalk/gotalk";
import type { Member } from "@gotalk/gotalk/rooms";

/** What everybody knows of somebody. */
export interface Person {
  readonly name: string;
}

/** A file that somebody has sent. */
export interface SentFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** Where it can be loaded from, of the server process that has it. */
  readonly url: string;
}

/** What somebody has said, or sent. */
export interface Message {
  readonly id: string;
  readonly from: string;
  readonly text?: string;
  readonly file?: SentFile;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** What pages request. */
export interface ChatServer extends Contract {
  operations: {
    /** Enters a room, and leaves the one before. Returns who one is there. */
    enter(place: { room: string; name: string }): Member<Person>;
    /** Says something in the room. */
    say(text: string): void;
    /** Waves at a member. Returns whether the member waves back. */
    wave(member: string): boolean;
  };
  notifications: {
    /** Whether the sender types. */
    typing: boolean;
  };
  streams: {
    /** Sends a file to the room. */
    upload(file: { name: string; type: string; size: number }): void;
  };
  values: {
    /** The last messages of the room, from the oldest one. */
    history(): AsyncIterable<Message>;
    /** Who is in the room: now, and after each change. */
    people(): AsyncIterable<Member<Person>[]>;
  };
}

/** What the server requests of pages, and notifies them of. */
export interface ChatPage extends Contract {
  operations: {
    /** Somebody waves. Returns whether the user waves back. */
    wave(from: string): boolean;
  };
  notifications: {
    said: Message;
    typing: { name: string; isTyping: boolean };
  };
}
