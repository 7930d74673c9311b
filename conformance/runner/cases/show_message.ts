/**
 * Messages of the corpus and of adapters as they are compared and shown.
 *
 * @module
 */

import type { RawMessage } from "../implementation.ts";
import { joinBytes, sameBytes, showBytes, toBytes } from "./bytes.ts";
import type { CaseMessage, MessageKind } from "./case.ts";

const FIELDS = [
  "id",
  "operation",
  "name",
  "wait",
  "load",
  "time",
  "code",
  "payload",
] as const;

/** A message of the corpus with its bytes made. */
export function toRawMessage(message: CaseMessage): RawMessage {
  const raw: Record<string, unknown> = { kind: message.kind };
  for (const field of FIELDS) {
    const value = message[field];
    if (value === undefined) continue;
    raw[field] = typeof value === "number" ? value : toBytes(value);
  }
  return raw as unknown as RawMessage;
}

/** The first field in which a message is not what was wanted; fields that nobody asked for must be empty. */
export function difference(
  wanted: RawMessage,
  got: RawMessage,
): "kind" | typeof FIELDS[number] | undefined {
  if (wanted.kind !== got.kind) return "kind";
  return FIELDS.find((field) => {
    const a = wanted[field];
    const b = got[field];
    if (typeof a === "number") return a !== b;
    if (a === undefined) return b instanceof Uint8Array && b.length > 0;
    return !sameBytes(a, b as Uint8Array | undefined ?? new Uint8Array());
  });
}

/** A message as one line for humans. */
export function showMessage(message: RawMessage): string {
  const shown = FIELDS.flatMap((field) => {
    const value = message[field];
    if (value === undefined) return [];
    return [
      typeof value === "number"
        ? `${field} ${value}`
        : `${field} "${showBytes(value, 64)}"`,
    ];
  });
  return [message.kind, ...shown].join(" ");
}

const LETTERS: Readonly<Record<MessageKind, string>> = {
  SingleRequest: "r",
  StreamRequest: "s",
  StreamRequestPart: "p",
  SingleResult: "R",
  StreamResult: "S",
  ErrorResult: "E",
  RetryResult: "e",
  Notification: "n",
  Heartbeat: "h",
  ProtocolError: "f",
};

/** The bytes of a message, written down field by field, whether or not its fields are in range. */
export function wireOf(message: RawMessage): Uint8Array<ArrayBuffer> {
  const { kind, id, operation, name, wait, load, time, code, payload } =
    message;
  const pieces = [toBytes(LETTERS[kind])];
  const add = (value: Uint8Array | number | undefined, digits: number) => {
    if (value === undefined) return;
    const number = typeof value === "number" ? value : value.length;
    pieces.push(toBytes(number.toString(16).padStart(digits, "0")));
    if (typeof value !== "number") pieces.push(value.slice());
  };
  if (id !== undefined) pieces.push(id.slice());
  add(operation ?? name, 3);
  add(wait, 8);
  add(load, 4);
  add(time ?? code, 8);
  add(payload, 8);
  return joinBytes(pieces);
}
