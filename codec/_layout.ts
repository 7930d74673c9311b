/**
 * Which fields the header of each kind of message has, in wire order.
 *
 * @module
 */

import type { MessageKind } from "./message.ts";
import type { ProtocolVersion } from "./version.ts";

/** A request ID comes first. */
export const HAS_ID = 1;
/** A name follows, with its length in three digits. */
export const HAS_NAME = 2;
/** A wait in eight digits follows. */
export const HAS_WAIT = 4;
/** The size of the payload in eight digits ends the header. */
export const HAS_SIZE = 8;
/** Load in four digits and time in eight end the header. */
export const HAS_LOAD = 16;
/** A code in eight digits ends the header. */
export const HAS_CODE = 32;

/** The header of one kind of message. */
export interface Layout {
  /** The kind. */
  readonly kind: MessageKind;
  /** The ASCII code of the letter that the header begins with. */
  readonly letter: number;
  /** The fields after the letter: a sum of the constants above. */
  readonly fields: number;
  /** The length of the header in bytes, without the bytes of a name. */
  readonly length: number;
}

/** Everything that one version of the protocol decides about headers. */
export interface VersionLayout {
  /** How many bytes a request ID has. */
  readonly idLength: 3 | 4;
  /** The layout for each letter; `undefined` for letters of no kind. */
  readonly byLetter: readonly (Layout | undefined)[];
  /** The layout for each kind that the version has. */
  readonly byKind: ReadonlyMap<MessageKind, Layout>;
}

const KINDS_00 = [
  ["SingleRequest", "r", HAS_ID | HAS_NAME | HAS_SIZE],
  ["StreamRequest", "s", HAS_ID | HAS_NAME | HAS_SIZE],
  ["StreamRequestPart", "p", HAS_ID | HAS_SIZE],
  ["SingleResult", "R", HAS_ID | HAS_SIZE],
  ["StreamResult", "S", HAS_ID | HAS_SIZE],
  ["ErrorResult", "E", HAS_ID | HAS_SIZE],
  ["Notification", "n", HAS_NAME | HAS_SIZE],
] as const;

const KINDS_01 = [
  ...KINDS_00,
  ["RetryResult", "e", HAS_ID | HAS_WAIT | HAS_SIZE],
  ["Heartbeat", "h", HAS_LOAD],
  ["ProtocolError", "f", HAS_CODE],
] as const;

/** The headers of each version. */
export const LAYOUTS: Readonly<Record<ProtocolVersion, VersionLayout>> = {
  "00": versionLayout(3, KINDS_00),
  "01": versionLayout(4, KINDS_01),
};

function versionLayout(
  idLength: 3 | 4,
  kinds:
    readonly (readonly [kind: MessageKind, letter: string, fields: number])[],
): VersionLayout {
  const byLetter = new Array<Layout | undefined>(256).fill(undefined);
  const byKind = new Map<MessageKind, Layout>();
  for (const [kind, text, fields] of kinds) {
    const letter = text.charCodeAt(0);
    const layout = {
      kind,
      letter,
      fields,
      length: headerLength(fields, idLength),
    };
    byLetter[letter] = layout;
    byKind.set(kind, layout);
  }
  return { idLength, byLetter, byKind };
}

function headerLength(fields: number, idLength: number): number {
  let length = 1;
  if ((fields & HAS_ID) !== 0) length += idLength;
  if ((fields & HAS_NAME) !== 0) length += 3;
  if ((fields & HAS_WAIT) !== 0) length += 8;
  if ((fields & HAS_SIZE) !== 0) length += 8;
  if ((fields & HAS_LOAD) !== 0) length += 12;
  if ((fields & HAS_CODE) !== 0) length += 8;
  return length;
}
