/**
 * The kinds of message and their fields, as the corpus writes them.
 *
 * @module
 */

import type { MessageKind as LibraryMessageKind } from "@gotalk/gotalk/codec";
import type { MessageKind } from "./case.ts";

/** A field of a message. */
export type MessageField =
  | "id"
  | "operation"
  | "name"
  | "wait"
  | "load"
  | "time"
  | "code"
  | "payload";

/** The form of a field: raw bytes, bytes after their length in digits, or a number in digits. */
export type FieldForm =
  | "bytes"
  | { readonly sizeDigits: number }
  | { readonly digits: number };

/** The form of every field in a header; the payload follows the header. */
export const FIELD_FORMS = {
  id: "bytes",
  operation: { sizeDigits: 3 },
  name: { sizeDigits: 3 },
  wait: { digits: 8 },
  load: { digits: 4 },
  time: { digits: 8 },
  code: { digits: 8 },
  payload: { sizeDigits: 8 },
} as const satisfies Readonly<Record<MessageField, FieldForm>>;

/** The names of all fields, in the order of their columns in texts for humans. */
export const MESSAGE_FIELDS = Object.keys(
  FIELD_FORMS,
) as readonly MessageField[];

/** How a kind of message is written. */
export interface KindLayout {
  /** The letter that a header begins with. */
  readonly letter: string;
  /** The fields, in the order of the wire. */
  readonly fields: readonly MessageField[];
}

/** Every kind of message: those of the corpus, which are those of the library. */
export const MESSAGE_KINDS = {
  SingleRequest: { letter: "r", fields: ["id", "operation", "payload"] },
  StreamRequest: { letter: "s", fields: ["id", "operation", "payload"] },
  StreamRequestPart: { letter: "p", fields: ["id", "payload"] },
  SingleResult: { letter: "R", fields: ["id", "payload"] },
  StreamResult: { letter: "S", fields: ["id", "payload"] },
  ErrorResult: { letter: "E", fields: ["id", "payload"] },
  RetryResult: { letter: "e", fields: ["id", "wait", "payload"] },
  Notification: { letter: "n", fields: ["name", "payload"] },
  Heartbeat: { letter: "h", fields: ["load", "time"] },
  ProtocolError: { letter: "f", fields: ["code"] },
} as const satisfies Readonly<
  Record<MessageKind | LibraryMessageKind, KindLayout>
>;

/** The names of all kinds of message. */
export const KIND_NAMES = Object.keys(MESSAGE_KINDS) as readonly MessageKind[];
