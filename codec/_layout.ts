/**
 * The table of the kinds of message: letters and fields of their headers.
 *
 * @module
 */

import type { MessageField, MessageKind } from "./message.ts";
import type { ProtocolVersion } from "./version.ts";

/** A request ID comes first. */
export const HAS_ID = 1;
/** A name follows, with its length in three digits. */
export const HAS_NAME = 2;
/** A wait in eight digits follows. */
export const HAS_WAIT = 4;
/** The size of the payload in eight digits ends the header. */
export const HAS_SIZE = 8;
/** A load in four digits follows. */
export const HAS_LOAD = 16;
/** A time in eight digits ends the header. */
export const HAS_TIME = 32;
/** A code in eight digits ends the header. */
export const HAS_CODE = 64;

/** The flag of each field, and its width in the header, without the bytes of a name. */
const FIELDS: Readonly<
  Record<MessageField, { readonly flag: number; readonly width: number }>
> = {
  id: { flag: HAS_ID, width: 4 }, // wire/request-id
  operation: { flag: HAS_NAME, width: 3 }, // wire/text3
  name: { flag: HAS_NAME, width: 3 }, // wire/text3
  wait: { flag: HAS_WAIT, width: 8 },
  payload: { flag: HAS_SIZE, width: 8 }, // wire/payload
  load: { flag: HAS_LOAD, width: 4 },
  time: { flag: HAS_TIME, width: 8 },
  code: { flag: HAS_CODE, width: 8 },
};

/** Every order of some fields, each of them once. */
type Ordered<Fields, Field = Fields> = [Fields] extends [never] ? readonly []
  : Field extends Fields ? readonly [Field, ...Ordered<Exclude<Fields, Field>>]
  : never;

/** What the protocol says about the headers of one kind of message. */
interface KindEntry<Kind extends MessageKind> {
  /** The letter that a header begins with. */
  readonly letter: string;
  /** The first version that has the kind. */
  readonly since: ProtocolVersion;
  /** The fields, in the order of the wire; of a payload, the header has the size. */
  readonly fields: Ordered<MessageField<Kind>>;
}

/**
 * Every kind of message.
 *
 * The only place that lists the fields of a kind in their order. Code that
 * builds messages or reads them field by field is checked against the type
 * `Message`.
 */
export const KINDS = {
  // wire/single-request
  SingleRequest: {
    letter: "r",
    since: "00",
    fields: ["id", "operation", "payload"],
  },
  // wire/stream-request
  StreamRequest: {
    letter: "s",
    since: "00",
    fields: ["id", "operation", "payload"],
  },
  // wire/stream-request-part
  StreamRequestPart: { letter: "p", since: "00", fields: ["id", "payload"] },
  // wire/single-result
  SingleResult: { letter: "R", since: "00", fields: ["id", "payload"] },
  // wire/stream-result
  StreamResult: { letter: "S", since: "00", fields: ["id", "payload"] },
  // wire/error-result
  ErrorResult: { letter: "E", since: "00", fields: ["id", "payload"] },
  // wire/retry-result
  RetryResult: { letter: "e", since: "01", fields: ["id", "wait", "payload"] },
  // wire/notification
  Notification: { letter: "n", since: "00", fields: ["name", "payload"] },
  // wire/heartbeat
  Heartbeat: { letter: "h", since: "01", fields: ["load", "time"] },
  // wire/protocol-error
  ProtocolError: { letter: "f", since: "01", fields: ["code"] },
} as const satisfies { readonly [Kind in MessageKind]: KindEntry<Kind> };

/** The header of one kind of message in one version. */
export interface Layout {
  /** The kind. */
  readonly kind: MessageKind;
  /** The ASCII code of the letter that the header begins with. */
  readonly letter: number;
  /** The flags of the fields after the letter. */
  readonly flags: number;
  /** The length of the header in bytes, without the bytes of a name. */
  readonly length: number;
}

/** Everything that one version of the protocol decides about headers. */
export interface VersionLayout {
  /** The length of a request ID, in bytes. */
  readonly idLength: 3 | 4;
  /** The layout for each letter; `undefined` for letters of no kind. */
  readonly byLetter: readonly (Layout | undefined)[];
  /** The layout for each kind that the version has. */
  readonly byKind: ReadonlyMap<MessageKind, Layout>;
}

/** The headers of each version. */
export const LAYOUTS: Readonly<Record<ProtocolVersion, VersionLayout>> = {
  "00": versionLayout("00", 3), // version00/request-id
  "01": versionLayout("01", 4), // wire/request-id
};

function versionLayout(
  version: ProtocolVersion,
  idLength: 3 | 4,
): VersionLayout {
  const byLetter = new Array<Layout | undefined>(256).fill(undefined);
  const byKind = new Map<MessageKind, Layout>();
  for (const kind of Object.keys(KINDS) as MessageKind[]) {
    const { letter: text, since, fields } = KINDS[kind];
    if (since > version) continue; // version00/kinds
    const letter = text.charCodeAt(0);
    let flags = 0;
    let length = 1;
    for (const field of fields) {
      flags |= FIELDS[field].flag;
      length += field === "id" ? idLength : FIELDS[field].width;
    }
    const layout = { kind, letter, flags, length };
    byLetter[letter] = layout;
    byKind.set(kind, layout);
  }
  return { idLength, byLetter, byKind };
}
