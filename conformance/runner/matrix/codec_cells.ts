/**
 * The cells of the codec, and how codec cases fill them.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type { Bytes, CaseMessage, CodecCase } from "../cases/case.ts";
import { messageEnds } from "../cases/expand.ts";
import { KIND_NAMES, MESSAGE_KINDS } from "../cases/message_kinds.ts";
import {
  ANY_HUGE,
  idClasses,
  NAME_CLASSES,
  NO_DIGITS,
  numberBytes,
  numberClasses,
  PAYLOAD_CLASSES,
  type ValueClass,
} from "./classes.ts";
import {
  digitsOf,
  fieldsOf,
  idSize,
  kindsOf,
  numbersOf,
  type Stretch,
  stretchesOf,
  type Version,
  VERSIONS,
} from "./layout.ts";
import type { Ledger } from "./ledger.ts";
import type { MessageField } from "../cases/message_kinds.ts";

const ascii = new TextDecoder("latin1");

/** The classes of a field. */
export function classesOf(
  field: MessageField,
  version: Version,
  huge: readonly ValueClass[] = [ANY_HUGE],
): readonly ValueClass[] {
  if (field === "id") return idClasses(idSize(version));
  if (field === "payload") return [...PAYLOAD_CLASSES, ...huge];
  const digits = digitsOf(field);
  return digits === undefined ? NAME_CLASSES : numberClasses(digits);
}

/** The letters that are no kind, and what looks like the letter of one. */
export function noKinds(version: Version): readonly number[] {
  const letters = kindsOf(version).map((kind) =>
    MESSAGE_KINDS[kind].letter.charCodeAt(0)
  );
  const all = [
    ...Array.from({ length: 26 }, (_, at) => 0x41 + at),
    ...Array.from({ length: 26 }, (_, at) => 0x61 + at),
    ...letters.map((letter) => letter | 0x80),
    ...letters.map((letter) => letter & 0x1f),
    ...[0, 0x0a, 0x0d, 0x20, 0x30, 0x31, 0x7f, 0xef, 0xff],
  ];
  return [...new Set(all)].filter((byte) => !letters.includes(byte));
}

/** The sizes of request IDs that fit no version, or the other one. */
export function wrongIdSizes(version: Version): readonly number[] {
  return [0, idSize(version) - 1, idSize(version) + 1];
}

/** Returns a byte as part of a name of a cell. */
export function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** Adds the cells of the codec. */
export function declareCodec(ledger: Ledger): void {
  for (const version of VERSIONS) {
    const decode = `codec/${version}/decode`;
    const encode = `codec/${version}/encode`;
    for (const kind of kindsOf(version)) {
      for (const field of fieldsOf(kind)) {
        const classes = classesOf(field, version);
        ledger.declare(`${decode}/${kind}/${field}`, classes);
        ledger.declare(`${encode}/${kind}/${field}`, classes);
      }
      for (const [number, digits] of numbersOf(kind)) {
        const row = `${decode}/${kind}/${number}`;
        ledger.declareNames(row, ["lower", "upper", "mixed"]);
        ledger.declareNames(`${encode}/${kind}/${number}`, ["lower"]);
        const places = Array.from({ length: digits }, (_, at) => `wrong-${at}`);
        ledger.declareNames(row, places);
        if (version === "01") {
          const names = Object.keys(NO_DIGITS).map((name) => `wrong-${name}`);
          ledger.declareNames(row, names);
        }
      }
      for (const { name } of stretchesOf(kind, version, () => 4)) {
        ledger.declareNames(`${decode}/${kind}/${name}`, [
          "cut-before",
          "cut-inside",
        ]);
      }
      for (const field of fieldsOf(kind)) {
        const row = `${decode}/${kind}/${field}`;
        const digits = digitsOf(field);
        if (digits === undefined && field !== "id") {
          ledger.declareNames(row, ["at-limit", "above-limit"]);
        }
        const refused = `${encode}/${kind}/${field}`;
        if (field === "id") {
          ledger.declareNames(
            refused,
            wrongIdSizes(version).map((size) => `refused-${size}`),
          );
        } else if (digits !== undefined) {
          ledger.declareNames(refused, ["refused-above", "refused-negative"]);
        } else if (field !== "payload") {
          ledger.declareNames(refused, ["refused-4096"]);
        }
      }
    }
    ledger.declareNames(`${decode}/kind`, noKinds(version).map(hexOf));
  }
}

/** Records what a codec case shows. */
export function showCodec(ledger: Ledger, each: CodecCase): void {
  const { directions, version = "01", id } = each;
  for (const direction of directions) {
    const row = `codec/${version}/${direction}`;
    if (direction === "encode" && each.error !== undefined) {
      showRefusedWriting(ledger, row, each);
      continue;
    }
    for (const message of each.messages) {
      showMessageValues(ledger, row, message, version, id);
    }
    showDigits(ledger, row, each, version);
    if (direction === "decode") showRefusal(ledger, row, each, version);
  }
}

function showMessageValues(
  ledger: Ledger,
  row: string,
  message: CaseMessage,
  version: Version,
  id: string,
): void {
  for (const field of fieldsOf(message.kind)) {
    const value = message[field] ?? "";
    ledger.value(
      `${row}/${message.kind}/${field}`,
      classesOf(field, version),
      typeof value === "number" ? numberBytes(value) : toBytes(value),
      id,
    );
  }
}

/** Returns the stretches of a message. */
function stretchesIn(message: CaseMessage, version: Version): Stretch[] {
  return stretchesOf(
    message.kind,
    version,
    (field) => toBytes(message[field] as Bytes | undefined ?? "").length,
  );
}

function showDigits(
  ledger: Ledger,
  row: string,
  each: CodecCase,
  version: Version,
): void {
  if (each.messages.length === 0) return;
  const wire = toBytes(each.wire ?? "");
  const ends = messageEnds(each);
  for (const [at, message] of each.messages.entries()) {
    const begin = at === 0 ? each.handshake ? 2 : 0 : ends[at - 1]!;
    for (const stretch of stretchesIn(message, version)) {
      if (!stretch.isNumber) continue;
      const from = begin + stretch.from;
      const digits = ascii.decode(wire.subarray(from, from + stretch.size));
      const hasLower = /[a-f]/.test(digits);
      const hasUpper = /[A-F]/.test(digits);
      if (!hasLower && !hasUpper) continue;
      ledger.show(
        `${row}/${message.kind}/${stretch.name}`,
        hasLower && hasUpper ? "mixed" : hasLower ? "lower" : "upper",
        each.id,
      );
    }
    const { limits = {} } = each;
    for (const field of fieldsOf(message.kind)) {
      const limit = field === "payload" ? limits.payload : limits.name;
      const value = message[field];
      if (limit === undefined || typeof value === "number") continue;
      if (toBytes(value ?? "").length !== limit) continue;
      ledger.show(`${row}/${message.kind}/${field}`, "at-limit", each.id);
    }
  }
}

/** Records where and why bytes are refused behind the messages. */
function showRefusal(
  ledger: Ledger,
  row: string,
  each: CodecCase,
  version: Version,
): void {
  const { error, id } = each;
  if (error?.at === undefined) return;
  const wire = toBytes(each.wire ?? "");
  const begin = messageEnds(each).at(-1) ?? (each.handshake ? 2 : 0);
  if (error.reason === "unknown-kind") {
    ledger.show(`${row}/kind`, hexOf(wire[begin]!), id);
    return;
  }
  const letter = String.fromCharCode(wire[begin] ?? 0);
  const kind = KIND_NAMES.find((name) => MESSAGE_KINDS[name].letter === letter);
  if (kind === undefined) return;
  // The size of a name moves what follows it.
  const [named] = stretchesOf(kind, version, () => 0)
    .filter(({ name }) => name === "operation-size" || name === "name-size");
  const sizeText = named === undefined ? "" : ascii.decode(
    wire.subarray(begin + named.from, begin + named.from + named.size),
  );
  const nameSize = Number.parseInt(sizeText, 16);
  const stretches = stretchesOf(
    kind,
    version,
    (field) =>
      field === "payload" ? Infinity : Number.isNaN(nameSize) ? 0 : nameSize,
  );
  const at = error.at - begin;
  for (const { name, from, size, isNumber } of stretches) {
    if (at < from || at >= from + size) continue;
    const cell = `${row}/${kind}/${name}`;
    if (error.reason === "bad-hex" && isNumber) {
      ledger.show(cell, `wrong-${at - from}`, id);
      const wrong = String.fromCharCode(wire[error.at]!);
      for (const [what, byte] of Object.entries(NO_DIGITS)) {
        if (byte === wrong) ledger.show(cell, `wrong-${what}`, id);
      }
    } else if (error.reason === "truncated") {
      ledger.show(cell, at === from ? "cut-before" : "cut-inside", id);
    } else if (error.reason === "over-limit" && name.endsWith("-size")) {
      const field = name.replace("-size", "");
      ledger.show(`${row}/${kind}/${field}`, "above-limit", id);
    }
    return;
  }
}

function showRefusedWriting(
  ledger: Ledger,
  row: string,
  { id, messages, version = "01" }: CodecCase,
): void {
  for (const message of messages) {
    for (const field of fieldsOf(message.kind)) {
      const value = message[field] ?? "";
      const cell = `${row}/${message.kind}/${field}`;
      if (typeof value === "number") {
        if (value < 0) ledger.show(cell, "refused-negative", id);
        else if (value >= 16 ** digitsOf(field)!) {
          ledger.show(cell, "refused-above", id);
        }
        continue;
      }
      const size = toBytes(value).length;
      if (field === "id" && size !== idSize(version) || size === 4096) {
        ledger.show(cell, `refused-${size}`, id);
      }
    }
  }
}
