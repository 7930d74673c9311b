/**
 * The messages of rooms on a back-plane: a line of JSON, then a payload.
 *
 * @module
 */

import type { Member } from "./member.ts";

/** What processes send to each other. */
export type Message =
  // On the topic of a room.
  | { readonly kind: "notify"; readonly name: string; readonly except?: string }
  | ({ readonly kind: "joined"; readonly member: Member } & Step)
  | ({ readonly kind: "left"; readonly member: string } & Step)
  | { readonly kind: "present"; readonly version: number }
  | { readonly kind: "who"; readonly of?: string }
  | State
  // On the topic of a process, as is a state that was requested.
  | Call
  | { readonly kind: "cancel" | "taken"; readonly call: number }
  | ({ readonly kind: "answer"; readonly call: number } & Answer);

/** A change of the members of one process, from one version to the next. */
export interface Step {
  readonly version: number;
  /** The version that it changes; 0 if there were no members. */
  readonly after: number;
}

/** A part of the members of one process. */
export interface State {
  readonly kind: "state";
  readonly room: string;
  readonly version: number;
  readonly members: readonly Member[];
  readonly first: boolean;
  readonly last: boolean;
}

/** A request to a member. */
export interface Call {
  readonly kind: "call";
  readonly call: number;
  readonly room: string;
  readonly member: string;
  readonly operation: string;
  /** In milliseconds; `null` for no limit, since JSON has no `Infinity`. */
  readonly timeout: number | null;
}

/** The outcome of a request, with the payload of the result, error or retry. */
export type Answer =
  | { readonly outcome: "result" | "timeout" }
  | {
    readonly outcome: "error";
    readonly message: string;
    readonly text: string;
    readonly code: string;
    readonly data?: unknown;
  }
  | {
    readonly outcome: "retry";
    readonly message: string;
    readonly wait: number;
  }
  | { readonly outcome: "gone"; readonly sent: "not-sent" | "unknown" }
  | {
    readonly outcome: "failed";
    readonly message: string;
    readonly code?: string;
  };

const NEWLINE = 0x0a;
const NOTHING = new Uint8Array();

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Returns the bytes of a message. */
export function encodeMessage(
  from: string,
  message: Message,
  payload: Uint8Array = NOTHING,
): Uint8Array {
  const head = encoder.encode(`${JSON.stringify({ from, ...message })}\n`);
  if (payload.length === 0) return head;
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

/** A message and the process that sent it. */
export interface ReceivedMessage {
  readonly from: string;
  readonly message: Message;
  readonly payload: Uint8Array;
}

/**
 * Reads a message.
 *
 * @throws {Error} If it is none.
 */
export function decodeMessage(bytes: Uint8Array): ReceivedMessage {
  const end = bytes.indexOf(NEWLINE);
  const message = JSON.parse(decoder.decode(bytes.subarray(0, end)));
  return { from: message.from, message, payload: bytes.subarray(end + 1) };
}
