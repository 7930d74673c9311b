/**
 * The fields of each kind in each version, with their places in a header.
 *
 * @module
 */

import type { MessageKind } from "../cases/case.ts";
import {
  FIELD_FORMS,
  type FieldForm,
  KIND_NAMES,
  MESSAGE_KINDS,
  type MessageField,
} from "../cases/message_kinds.ts";

/** A version of the protocol. */
export type Version = "01" | "00";

/** The versions that have cases. */
export const VERSIONS = ["01", "00"] as const satisfies readonly Version[];

/** The kinds that version 00 lacks. */
const NEW_KINDS: readonly MessageKind[] = [
  "RetryResult",
  "Heartbeat",
  "ProtocolError",
];

/** Returns the kinds of a version. */
export function kindsOf(version: Version): readonly MessageKind[] {
  return version === "01"
    ? KIND_NAMES
    : KIND_NAMES.filter((kind) => !NEW_KINDS.includes(kind));
}

/** Returns the fields of a kind. */
export function fieldsOf(kind: MessageKind): readonly MessageField[] {
  return MESSAGE_KINDS[kind].fields;
}

/** Returns the size of a request ID. */
export function idSize(version: Version): number {
  return version === "01" ? 4 : 3;
}

/** Returns the number of digits of a field that is a number; `undefined` for other fields. */
export function digitsOf(field: MessageField): number | undefined {
  const form: FieldForm = FIELD_FORMS[field];
  return typeof form === "object" && "digits" in form ? form.digits : undefined;
}

/** A stretch of bytes of a message. */
export interface Stretch {
  /** Its name: a field, or `operation-size`, `name-size`, `payload-size`. */
  readonly name: string;
  /** Its offset in the message. */
  readonly from: number;
  /** Its size. */
  readonly size: number;
  /** Whether it is digits. */
  readonly isNumber: boolean;
}

/** The stretches of a kind behind its letter, for values of these sizes. */
export function stretchesOf(
  kind: MessageKind,
  version: Version,
  sizes: (field: MessageField) => number,
): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 1;
  const add = (name: string, size: number, isNumber: boolean) => {
    stretches.push({ name, from, size, isNumber });
    from += size;
  };
  for (const field of fieldsOf(kind)) {
    const form: FieldForm = FIELD_FORMS[field];
    if (form === "bytes") add(field, idSize(version), false);
    else if ("digits" in form) add(field, form.digits, true);
    else {
      add(`${field}-size`, form.sizeDigits, true);
      add(field, sizes(field), false);
    }
  }
  // The payload follows the whole header.
  return stretches;
}

/** Returns the names of the numbers of a kind, with their digits. */
export function numbersOf(kind: MessageKind): Map<string, number> {
  return new Map(
    stretchesOf(kind, "01", () => 0).filter(({ isNumber }) => isNumber)
      .map(({ name, size }) => [name, size]),
  );
}
