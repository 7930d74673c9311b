/**
 * The messages of rooms on a back-plane: a line of JSON, then a payload.
 *
 * @module
 */

import type { Member } from "./member.ts";

/**
 * The version of the messages, which topics begin with: processes of different
 * ones share no rooms, instead of misreading each other.
 */
export const MESSAGES_VERSION = 1;

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
  | {
    readonly kind: "cancel" | "taken" | "wanted";
    readonly call: number;
  }
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

/** What the fields of a message must be, by its kind. */
type Fields = { readonly [field: string]: (value: unknown) => boolean };

const STEP: Fields = { version: isCount, after: isCount };

const FIELDS: { readonly [Kind in Message["kind"]]: Fields } = {
  notify: { name: isText, except: isTextOrNothing },
  joined: { member: isMember, ...STEP },
  left: { member: isText, ...STEP },
  present: { version: isCount },
  who: { of: isTextOrNothing },
  state: {
    room: isText,
    version: isCount,
    members: (value) => Array.isArray(value) && value.every(isMember),
    first: isFlag,
    last: isFlag,
  },
  call: {
    call: isCount,
    room: isText,
    member: isText,
    operation: isText,
    timeout: (value) => value === null || typeof value === "number",
  },
  cancel: { call: isCount },
  taken: { call: isCount },
  wanted: { call: isCount },
  answer: { call: isCount, outcome: isText },
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
  const message: unknown = end < 0
    ? undefined
    : JSON.parse(decoder.decode(bytes.subarray(0, end)));
  if (!isMessage(message)) {
    throw new TypeError("Cannot read a message: wanted one of rooms");
  }
  return { from: message.from, message, payload: bytes.subarray(end + 1) };
}

/** Whether JSON is a message, as nothing keeps others from publishing what is none. */
function isMessage(
  value: unknown,
): value is Message & { readonly from: string } {
  if (typeof value !== "object" || value === null) return false;
  const given = value as { readonly [field: string]: unknown };
  if (!isText(given.from) || !isText(given.kind)) return false;
  if (!Object.hasOwn(FIELDS, given.kind)) return false;
  const fields = FIELDS[given.kind as Message["kind"]];
  for (const field in fields) if (!fields[field]!(given[field])) return false;
  return true;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTextOrNothing(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && value as number >= 0;
}

function isFlag(value: unknown): boolean {
  return typeof value === "boolean";
}

function isMember(value: unknown): boolean {
  return typeof value === "object" && value !== null && "id" in value &&
    isText(value.id);
}
