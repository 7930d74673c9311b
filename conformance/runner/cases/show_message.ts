/**
 * Compares, shows and writes the messages of the corpus and of adapters.
 *
 * @module
 */

import type { RawMessage } from "../implementation.ts";
import { joinBytes, sameBytes, showBytes, toBytes } from "./bytes.ts";
import type { CaseMessage } from "./case.ts";
import {
  FIELD_FORMS,
  type FieldForm,
  MESSAGE_FIELDS,
  MESSAGE_KINDS,
  type MessageField,
} from "./message_kinds.ts";

/** Converts a message of the corpus to one with bytes. */
export function toRawMessage(message: CaseMessage): RawMessage {
  const raw: Record<string, unknown> = { kind: message.kind };
  for (const field of MESSAGE_FIELDS) {
    const value = message[field];
    if (value === undefined) continue;
    raw[field] = typeof value === "number" ? value : toBytes(value);
  }
  return raw as unknown as RawMessage;
}

/** Returns the first field in which a message differs from the wanted one; fields that are not wanted must be empty. */
export function difference(
  wanted: RawMessage,
  got: RawMessage,
): "kind" | MessageField | undefined {
  if (wanted.kind !== got.kind) return "kind";
  return MESSAGE_FIELDS.find((field) => {
    const a = wanted[field];
    const b = got[field];
    if (typeof a === "number") return a !== b;
    if (a === undefined) return b instanceof Uint8Array && b.length > 0;
    return !sameBytes(a, b as Uint8Array | undefined ?? new Uint8Array());
  });
}

/** Describes a message on one line. */
export function showMessage(message: RawMessage): string {
  const shown = MESSAGE_FIELDS.flatMap((field) => {
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

/** Writes a message field by field, whether or not its fields are in range or belong to its kind. */
export function wireOf(message: RawMessage): Uint8Array<ArrayBuffer> {
  const pieces = [toBytes(MESSAGE_KINDS[message.kind].letter)];
  const addNumber = (value: number, digits: number) => {
    pieces.push(toBytes(value.toString(16).padStart(digits, "0")));
  };
  for (const field of MESSAGE_FIELDS) {
    const value = message[field];
    if (value === undefined) continue;
    const form: FieldForm = FIELD_FORMS[field];
    if (typeof value === "number") {
      addNumber(
        value,
        typeof form === "object" && "digits" in form ? form.digits : 8,
      );
      continue;
    }
    if (typeof form === "object" && "sizeDigits" in form) {
      addNumber(value.length, form.sizeDigits);
    }
    pieces.push(value.slice());
  }
  return joinBytes(pieces);
}
