/**
 * The messages of one direction of a captured conversation.
 *
 * @module
 */

import {
  Decoder,
  type Message,
  type ProtocolVersion,
  VersionReader,
} from "@gotalk/gotalk/codec";
import { LARGEST_PAYLOAD } from "../largest_payload.ts";

/** What comes out of bytes: a message, or a remark about them. */
export type ReadPiece =
  | { readonly message: Message; readonly version: ProtocolVersion }
  | { readonly remark: string; readonly isFault?: boolean };

/** The fields up to the name or the payload, by the letter of the kind; an ID has four characters. */
const STARTS = new RegExp(
  "^(?:[rs].{4}X{3}|[pRSE].{4}X{8}|e.{4}X{16}|nX{3}|hX{12}|fX{8})"
    .replaceAll("X", "[0-9a-fA-F]"),
  "s",
);

/** The size of the name, behind what is in front of it. */
const NAME = /^(?:[rs].{4}|n)([0-9a-fA-F]{3})/s;

/** The digits of a payload size. */
const SIZE_DIGITS = 8;

/** Whether bytes begin with a message, as far as can be seen. */
export function beginsWithMessage(
  bytes: Uint8Array,
  version: ProtocolVersion = "01",
): boolean {
  const size = version === "00" ? 3 : 4;
  let text = String.fromCharCode(...bytes.subarray(0, 4200));
  // An ID of version 00 is a character shorter.
  if (size === 3 && /^[rspRSE]/.test(text)) {
    text = `${text[0]}0${text.slice(1)}`;
  }
  if (!STARTS.test(text)) return false;
  const [, name] = NAME.exec(text) ?? [];
  if (name === undefined) return true;
  const at = (text[0] === "n" ? 4 : 8) + parseInt(name, 16);
  return /^[0-9a-f]*$/i.test(text.slice(at, at + SIZE_DIGITS));
}

/** Whether bytes begin a conversation, as far as can be seen. */
export function beginsConversation(bytes: Uint8Array): boolean {
  const [first, second, third] = String.fromCharCode(...bytes.subarray(0, 3));
  return first === "0" &&
    (second === undefined || second === "0" || second === "1") &&
    (third === undefined || "rspRSEenhf".includes(third));
}

/** Decodes the bytes of one direction. */
export class MessageReader {
  readonly #versions = new VersionReader(["01", "00"]);
  #decoder: Decoder | undefined;
  #version: ProtocolVersion | undefined;
  /** The number of bytes that were skipped to find a message; `undefined` if none is looked for. */
  #skipped: number | undefined;
  #hasFailed = false;

  /** Creates a reader; without the start of the connection, it may have to look for a message. */
  constructor({ hasStart }: { readonly hasStart: boolean }) {
    this.#skipped = hasStart ? undefined : 0;
  }

  /** The version, once it is known. */
  get version(): ProtocolVersion | undefined {
    return this.#version;
  }

  /** Whether the bytes were malformed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Goes on with the next piece of bytes that begins with a message, since bytes are missing. */
  resume(version: ProtocolVersion | undefined): void {
    if (this.#hasFailed) return;
    this.#version = version ?? this.#version ?? "01";
    this.#skipped = 0;
  }

  /** Takes the next bytes. */
  *push(bytes: Uint8Array): Generator<ReadPiece> {
    if (this.#hasFailed) return;
    let rest = bytes;
    if (this.#skipped !== undefined && !(yield* this.#find(bytes))) return;
    try {
      if (this.#decoder === undefined) {
        rest = bytes.subarray(this.#versions.push(bytes));
        if (this.#versions.error !== undefined) throw this.#versions.error;
        this.#version = this.#versions.version;
        if (this.#version === undefined) return;
        this.#decoder = this.#newDecoder();
      }
      if (rest.length > 0) this.#decoder.push(rest);
      for (;;) {
        const message = this.#decoder.read();
        if (message === undefined) return;
        yield { message, version: this.#version! };
      }
    } catch (error) {
      yield this.#fail(error as Error);
    }
  }

  /** Returns whether bytes begin with a message, or are the first ones. */
  *#find(bytes: Uint8Array): Generator<ReadPiece, boolean> {
    const skipped = this.#skipped!;
    const isFirst = this.#version === undefined && skipped === 0 &&
      beginsConversation(bytes);
    if (!isFirst && !beginsWithMessage(bytes, this.#version)) {
      this.#skipped = skipped + bytes.length;
      return false;
    }
    if (skipped > 0) yield { remark: `skipped ${count(skipped)} of a message` };
    this.#skipped = undefined;
    if (isFirst) return true;
    this.#version ??= "01";
    this.#decoder = this.#newDecoder();
    return true;
  }

  /** Ends; a message that is cut is malformed if the direction has ended. */
  *end(isComplete: boolean): Generator<ReadPiece> {
    if (this.#hasFailed) return;
    if (this.#skipped !== undefined) {
      if (this.#skipped > 0) {
        yield { remark: `skipped ${count(this.#skipped)}` };
      }
      return;
    }
    if (!isComplete) {
      if (this.#decoder?.incomplete) yield { remark: "ends within a message" };
      return;
    }
    try {
      if (this.#decoder === undefined) this.#versions.end();
      else this.#decoder.end();
    } catch (error) {
      yield this.#fail(error as Error);
    }
  }

  #newDecoder(): Decoder {
    return new Decoder({
      version: this.#version!,
      maxPayloadBytes: LARGEST_PAYLOAD,
      offset: 2,
    });
  }

  #fail({ message }: Error): ReadPiece {
    this.#hasFailed = true;
    return { remark: `malformed: ${message}`, isFault: true };
  }
}

/** Returns a number of bytes in words. */
export function count(bytes: number): string {
  return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
}
