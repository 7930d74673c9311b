/**
 * Parsing of one header from contiguous bytes, complete or not.
 *
 * @module
 */

import { digitValue, readHex3, readHex4, readHex8, readId } from "./_fields.ts";
import {
  HAS_CODE,
  HAS_ID,
  HAS_LOAD,
  HAS_NAME,
  HAS_SIZE,
  HAS_TIME,
  HAS_WAIT,
  type Layout,
  type VersionLayout,
} from "./_layout.ts";
import { NameCache } from "./_name_cache.ts";
import { quoteBytes } from "../quoting/quote.ts";
import type { Header } from "./header.ts";
import type { MessageField, MessageKind } from "./message.ts";
import type { Name } from "./name.ts";
import {
  ProtocolError,
  ProtocolErrorCode,
  type ProtocolErrorReason,
} from "./protocol_error.ts";

/**
 * The numbers at the end of a header without payload size, in the order of the
 * wire.
 */
const TAIL = [
  { field: "load", flag: HAS_LOAD, digits: 4 },
  { field: "time", flag: HAS_TIME, digits: 8 },
  { field: "code", flag: HAS_CODE, digits: 8 },
] as const;

/** The one header of a parser, which each header read overwrites. */
class CurrentHeader implements Header {
  kind: MessageKind = "Heartbeat";
  id = 0;
  name: Name = "";
  wait = 0;
  load = 0;
  time = 0;
  code = 0;
  size = 0;
}

/**
 * Parses headers field by field, from the left.
 *
 * It finds a fault at its first byte, as soon as that byte has arrived, whether
 * or not the rest of the header has (error/at-once). The division into chunks
 * changes neither what is refused nor where (wire/chunking).
 */
export class HeaderParser {
  readonly header: Header;
  readonly #header = new CurrentHeader();
  readonly #names = new NameCache();
  readonly #layout: VersionLayout;
  readonly #maxNameBytes: number;

  constructor(layout: VersionLayout, maxNameBytes: number) {
    this.header = this.#header;
    this.#layout = layout;
    this.#maxNameBytes = maxNameBytes;
  }

  /**
   * Reads the header at `at` and returns its length. For an incomplete header,
   * returns minus the length needed before parsing can continue.
   *
   * @param offset The offset of byte 0 of the buffer in the conversation.
   */
  parse(bytes: Uint8Array, at: number, end: number, offset: number): number {
    // wire/kind
    const layout = this.#layout.byLetter[bytes[at]!];
    if (layout === undefined) throw this.#unknownKind(bytes[at]!, offset + at);
    const { kind, flags } = layout;
    const header = this.#header;
    let position = at + 1;
    let nameAt = 0;
    let nameLength = 0;
    if ((flags & HAS_ID) !== 0) {
      const next = position + this.#layout.idLength;
      if (next > end) return at - next;
      header.id = readId(bytes, position, this.#layout.idLength);
      position = next;
    }
    if ((flags & HAS_NAME) !== 0) {
      const next = position + 3;
      nameLength = next > end ? -1 : readHex3(bytes, position);
      if (nameLength < 0) {
        checkDigits(kind, nameField(kind), bytes, position, 3, end, offset);
        return at - next;
      }
      // limits/name
      if (nameLength > this.#maxNameBytes) {
        throw this.#longName(kind, nameLength, offset + position);
      }
      nameAt = next;
      position = next + nameLength;
      if (position > end) return at - position;
    }
    if ((flags & HAS_WAIT) !== 0) {
      const next = position + 8;
      const wait = next > end ? -1 : readHex8(bytes, position);
      if (wait < 0) {
        checkDigits(kind, "wait", bytes, position, 8, end, offset);
        return at - next;
      }
      header.wait = wait;
      position = next;
    }
    if ((flags & HAS_SIZE) !== 0) {
      const next = position + 8;
      const size = next > end ? -1 : readHex8(bytes, position);
      if (size < 0) {
        checkDigits(kind, "payload size", bytes, position, 8, end, offset);
        return at - next;
      }
      header.size = size;
      position = next;
    } else {
      position = this.#parseTail(layout, bytes, position, end, offset);
      if (position < 0) return at + position;
      header.size = 0;
    }
    if ((flags & HAS_NAME) !== 0) {
      header.name = this.#names.get(bytes, nameAt, nameLength);
    }
    header.kind = kind;
    return position - at;
  }

  /**
   * Reads the numbers of a kind without payload; returns their end, or minus
   * their end if incomplete.
   */
  #parseTail(
    { kind, flags }: Layout,
    bytes: Uint8Array,
    position: number,
    end: number,
    offset: number,
  ): number {
    for (const { flag, field, digits } of TAIL) {
      if ((flags & flag) === 0) continue;
      const next = position + digits;
      const read = digits === 4 ? readHex4 : readHex8;
      const value = next > end ? -1 : read(bytes, position);
      if (value < 0) {
        checkDigits(kind, field, bytes, position, digits, end, offset);
        return -next;
      }
      this.#header[field] = value;
      position = next;
    }
    return position;
  }

  #unknownKind(letter: number, offset: number): ProtocolError {
    const known = this.#layout.byLetter
      .flatMap((layout) =>
        layout === undefined ? [] : [String.fromCharCode(layout.letter)]
      )
      .join(" ");
    return invalid(
      "unknown-kind",
      `a message: its kind is ${
        quoteBytes(Uint8Array.of(letter))
      }, wanted one of ${known}`,
      offset,
    );
  }

  #longName(kind: MessageKind, length: number, offset: number): ProtocolError {
    return invalid(
      "over-limit",
      `${kind}: ${
        nameField(kind)
      } is ${length} bytes, wanted at most ${this.#maxNameBytes}`,
      offset,
    );
  }
}

/**
 * Returns the error for a message that cannot be decoded, with code 2
 * (error/invalid-code).
 */
export function invalid(
  reason: ProtocolErrorReason,
  what: string,
  offset: number,
): ProtocolError {
  return new ProtocolError(`Cannot decode ${what}, at byte ${offset}`, {
    code: ProtocolErrorCode.invalidMessage,
    reason,
    offset,
  });
}

/**
 * Throws at the first byte of a number that is not a digit (wire/hex-strict),
 * among those that have arrived.
 */
function checkDigits(
  kind: MessageKind,
  field: string,
  bytes: Uint8Array,
  at: number,
  digits: number,
  end: number,
  offset: number,
): void {
  for (let position = at; position < Math.min(at + digits, end); position++) {
    if (digitValue(bytes[position]!) <= 15) continue;
    const read = quoteBytes(bytes.subarray(at, position + 1));
    throw invalid(
      "bad-hex",
      `${kind}: ${field} is ${read}, wanted ${digits} hexadecimal digits`,
      offset + position,
    );
  }
}

/** The field of a kind that holds a name; `never` for kinds without one. */
type NameField<Kind extends MessageKind> = Extract<
  MessageField<Kind>,
  "name" | "operation"
>;

/** The kinds with a name. */
type NamedKind = {
  [Kind in MessageKind]: [NameField<Kind>] extends [never] ? never : Kind;
}[MessageKind];

const NAME_FIELDS: { readonly [Kind in NamedKind]: NameField<Kind> } = {
  SingleRequest: "operation",
  StreamRequest: "operation",
  Notification: "name",
};

function nameField(kind: MessageKind): string {
  return `${NAME_FIELDS[kind as NamedKind]} length`;
}
