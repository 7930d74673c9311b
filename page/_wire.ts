/**
 * Messages to bytes and back, as small as a page needs it.
 *
 * @module
 */

import { decodeName, MAX_NAME_BYTES, type Name } from "../codec/name.ts";
import {
  ProtocolError,
  ProtocolErrorCode,
  type ProtocolErrorReason,
} from "../codec/protocol_error.ts";
import { limitError } from "./_errors.ts";

/**
 * The fields behind the letter of each kind: `i` is a request ID, `n` a name, and
 * a digit a number of that width. The last number is the size of the payload, if
 * the kind has one.
 */
const FIELDS = {
  r: "in8",
  s: "in8",
  p: "i8",
  R: "i8",
  S: "i8",
  E: "i8",
  e: "i88",
  n: "n8",
  h: "48",
  f: "8",
} as const;

/** The letter of a kind of message. */
export type Letter = keyof typeof FIELDS;

/** A message without its payload. */
export interface PageHeader {
  readonly letter: Letter;
  /** The request ID, a character a byte; empty if the kind has none. */
  readonly id: string;
  /** The name; empty if the kind has none. */
  readonly name: Name;
  /** The numbers, in order. */
  readonly numbers: readonly number[];
}

/** Bytes of nothing. */
export const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** The version of the protocol (handshake/version). */
const VERSION = "01";

/** A larger payload is refused instead of skipped, in bytes (limits/skip). */
const MAX_SKIPPED_BYTES = 64 * 1024 * 1024;

const utf8 = new TextEncoder();

/** The version, as it is sent. */
export const VERSION_BYTES: Uint8Array<ArrayBuffer> = utf8.encode(VERSION);

/**
 * Returns the header of a message.
 *
 * @throws {LimitError} If the name is too long (wire/range).
 */
export function encodeHeader(
  letter: Letter,
  id: string,
  name: string,
  ...numbers: readonly number[]
): Uint8Array<ArrayBuffer> {
  const nameBytes = utf8.encode(name);
  const { byteLength } = nameBytes;
  if (byteLength > MAX_NAME_BYTES) {
    throw limitError(`send a name of ${byteLength} bytes`, "maxNameBytes");
  }
  let next = 0;
  let header: string = letter;
  for (const field of FIELDS[letter]) {
    if (field === "i") header += id;
    else if (field === "n") header += hex(byteLength, 3) + latin1(nameBytes);
    else header += hex(numbers[next++]!, Number(field));
  }
  return fromLatin1(header);
}

/** Returns a number in hexadecimal digits. */
export function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, "0");
}

/** Returns bytes as text, a character a byte. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Returns the bytes that text stands for, a character a byte. */
export function fromLatin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Returns bytes one after the other. */
export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const { byteLength } of pieces) size += byteLength;
  const joined = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.byteLength;
  }
  return joined;
}

/** Receives what a {@linkcode Parser} reads. */
export interface ParserEvents {
  /** The remote peer speaks this version. */
  versionRead(): void;
  /** A message; its payload is `undefined` if it was too large, and skipped. */
  message(
    header: PageHeader,
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void;
}

/** Reads messages from bytes, however they are cut (wire/chunking). */
export class Parser {
  readonly #events: ParserEvents;
  readonly #maxPayloadBytes: number;
  /** An incomplete version or header. */
  #rest: Uint8Array<ArrayBuffer> = NOTHING;
  #hasVersion = false;
  /** The message whose payload is incomplete. */
  #header: PageHeader | undefined;
  /** The payload so far; `undefined` for one that is skipped. */
  #pieces: Uint8Array<ArrayBuffer>[] | undefined;
  /** Bytes that are missing of the payload. */
  #missing = 0;
  #stopped = false;

  constructor(maxPayloadBytes: number, events: ParserEvents) {
    this.#maxPayloadBytes = maxPayloadBytes;
    this.#events = events;
  }

  /** Whether the bytes so far end within a message, or before the version. */
  get isInside(): boolean {
    return !this.#hasVersion || this.#header !== undefined ||
      this.#rest.byteLength > 0;
  }

  /** Reads nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Reads the next bytes, and reports the messages that they complete.
   *
   * @throws {ProtocolError} If they are malformed (error/invalid).
   */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    let bytes = chunk;
    while (!this.#stopped) {
      if (this.#header !== undefined) {
        const piece = bytes.subarray(0, this.#missing);
        bytes = bytes.subarray(piece.byteLength);
        this.#missing -= piece.byteLength;
        this.#pieces?.push(piece);
        if (this.#missing > 0) return;
        const header = this.#header;
        const pieces = this.#pieces;
        this.#header = undefined;
        this.#events.message(
          header,
          pieces && (pieces.length === 1 ? pieces[0] : join(pieces)),
        );
        continue;
      }
      if (bytes.byteLength === 0) return;
      if (this.#rest.byteLength > 0) bytes = join([this.#rest, bytes]);
      const read = this.#hasVersion
        ? this.#readHeader(bytes)
        : this.#readVersion(bytes);
      this.#rest = read === undefined ? bytes.slice() : NOTHING;
      if (read === undefined) return;
      bytes = bytes.subarray(read);
    }
  }

  /** Returns how many bytes the version is; `undefined` if it is incomplete. */
  #readVersion(bytes: Uint8Array): number | undefined {
    const found = latin1(bytes.subarray(0, 2));
    checkHex(found, "not-a-version");
    if (found.length < 2) return undefined;
    if (found !== VERSION) {
      throw fault("unsupported-version", `, got ${found}, wanted ${VERSION}`);
    }
    this.#hasVersion = true;
    this.#events.versionRead();
    return 2;
  }

  /** Returns how many bytes the header is; `undefined` if it is incomplete. A fault is found at the first byte that shows it (error/at-once). */
  #readHeader(bytes: Uint8Array<ArrayBuffer>): number | undefined {
    const letter = latin1(bytes.subarray(0, 1)) as Letter;
    const fields: string | undefined = FIELDS[letter];
    if (fields === undefined) {
      throw fault("unknown-kind", `, got byte ${bytes[0]}`);
    }
    const numbers: number[] = [];
    let at = 1;
    let id = "";
    let name: Name = "";
    for (const field of fields) {
      const width = field === "i" ? 4 : field === "n" ? 3 : Number(field);
      const text = latin1(bytes.subarray(at, at + width));
      if (field !== "i") checkHex(text, "bad-hex");
      if (text.length < width) return undefined;
      at += width;
      if (field === "i") id = text;
      else if (field === "n") {
        const start = at;
        at += parseInt(text, 16);
        if (at > bytes.byteLength) return undefined;
        name = decodeName(bytes.subarray(start, at));
      } else numbers.push(parseInt(text, 16));
    }
    this.#header = { letter, id, name, numbers };
    // The numbers of a heartbeat and of a ProtocolError are no sizes.
    this.#missing = /[hf]/.test(letter) ? 0 : numbers.at(-1)!;
    if (this.#missing > MAX_SKIPPED_BYTES) {
      throw fault("over-limit", `, got a payload of ${this.#missing} bytes`);
    }
    this.#pieces = this.#missing > this.#maxPayloadBytes ? undefined : [];
    return at;
  }
}

/** Throws for another character than a digit (wire/hex-strict). */
function checkHex(text: string, reason: ProtocolErrorReason): void {
  if (/[^\da-f]/i.test(text)) throw fault(reason);
}

/** Creates the error for something that the remote peer must not do; `what` follows the reason. */
export function fault(reason: ProtocolErrorReason, what = ""): ProtocolError {
  const message = `Cannot read from the remote peer: ${reason}${what}`;
  const code = reason === "timeout"
    ? ProtocolErrorCode.timeout
    : /version/.test(reason)
    ? ProtocolErrorCode.unsupportedVersion
    : ProtocolErrorCode.invalidMessage;
  return new ProtocolError(message, { code, reason });
}
