/**
 * What the generators of cases share: bytes in canonical segments, and messages as bytes.
 *
 * @module
 */

import { fromBytes, joinBytes, toBytes } from "../cases/bytes.ts";
import type {
  Bytes,
  CaseMessage,
  MessageKind,
  Segment,
} from "../cases/case.ts";
import {
  FIELD_FORMS,
  type FieldForm,
  MESSAGE_KINDS,
} from "../cases/message_kinds.ts";
import { UTF8_BORDERS } from "./classes.ts";
import { fieldsOf, idSize, type Version } from "./layout.ts";
import { LONGEST_NAME } from "./sizes.ts";

/** The version of the corpus that added the generated cases. */
export const SINCE = "1.1.0";

/** Returns a pattern of some bytes; all bytes that are needed once in a case get seeds that differ. */
export function pattern(size: number, seed = 1): Bytes {
  if (size === 0) return "";
  return [{ pattern: size, ...seed === 1 ? {} : { seed } }];
}

/** Returns a pattern of letters. */
export function letters(size: number, seed = 1): Bytes {
  if (size === 0) return "";
  return [{ pattern: size, ...seed === 1 ? {} : { seed }, letters: true }];
}

/** Joins bytes in the one canonical form: patterns as they are, all else as text or hex. */
export function joined(...parts: readonly Bytes[]): Bytes {
  const segments: Segment[] = [];
  let plain: Uint8Array[] = [];
  const flush = () => {
    const bytes = joinBytes(plain);
    plain = [];
    if (bytes.length === 0) return;
    const written = fromBytes(bytes);
    if (typeof written === "string") segments.push({ ascii: written });
    else segments.push(...written);
  };
  for (const part of parts) {
    for (const segment of typeof part === "string" ? [part] : part) {
      if (typeof segment !== "string" && "pattern" in segment) {
        flush();
        segments.push(segment);
      } else {plain.push(
          toBytes(typeof segment === "string" ? segment : [segment]),
        );}
    }
  }
  flush();
  const [only, another] = segments;
  if (only === undefined) return "";
  return another === undefined && "ascii" in only ? only.ascii : segments;
}

/** Returns bytes in canonical form. */
export function bytesOf(...values: readonly number[]): Bytes {
  return fromBytes(Uint8Array.from(values));
}

/** Returns a message on the wire. */
export function wireBytes(message: CaseMessage): Bytes {
  const parts: Bytes[] = [MESSAGE_KINDS[message.kind].letter];
  for (const field of fieldsOf(message.kind)) {
    const value = message[field] ?? "";
    const form: FieldForm = FIELD_FORMS[field];
    if (typeof value === "number") {
      const { digits } = form as { digits: number };
      parts.push(value.toString(16).padStart(digits, "0"));
      continue;
    }
    if (typeof form === "object" && "sizeDigits" in form) {
      const size = toBytes(value).length;
      parts.push(size.toString(16).padStart(form.sizeDigits, "0"));
    }
    parts.push(value);
  }
  return joined(...parts);
}

/** A message of a kind with ordinary values, or the given ones. */
export function sample(
  kind: MessageKind,
  version: Version,
  values: Partial<CaseMessage> = {},
): CaseMessage {
  const ordinary: Omit<Required<CaseMessage>, "kind"> = {
    id: "abcd".slice(0, idSize(version)),
    operation: "echo",
    name: "note",
    wait: 0x1234abcd,
    load: 0x12ab,
    time: 0x65bb87c0,
    code: 2,
    payload: "text",
  };
  return {
    kind,
    ...Object.fromEntries(
      fieldsOf(kind).map((field) => [field, values[field] ?? ordinary[field]]),
    ),
  };
}

/** The texts of the borders of UTF-8, one for each length. */
export const BORDER_TEXTS: readonly Bytes[] = Object.values(UTF8_BORDERS).map((
  points,
) => fromBytes(new TextEncoder().encode(String.fromCodePoint(...points))));

/**
 * Names of the longest length, of characters of three, two and four bytes: with
 * fewer UTF-16 units than bytes, in each proportion that there is. The first has
 * the fewest units for its bytes, before memory has grown for the others.
 */
export const LONGEST_TEXTS: readonly Bytes[] = ["日", "é", "😀"].map((utf8) => {
  const size = new TextEncoder().encode(utf8).byteLength;
  const rest = LONGEST_NAME % size;
  return [
    { repeat: [{ utf8 }], times: Math.floor(LONGEST_NAME / size) },
    ...rest === 0 ? [] : [{ ascii: "x".repeat(rest) }],
  ];
});

/** All bytes, in order. */
export const ALL_BYTES: Bytes = fromBytes(
  Uint8Array.from({ length: 256 }, (_, at) => at),
);
