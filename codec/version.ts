/**
 * The protocol version: the two hexadecimal digits that open a conversation.
 *
 * @module
 */

import { digitValue } from "./_fields.ts";
import { bytesOf, type ByteSource } from "../quoting/byte_source.ts";
import { quoteBytes } from "../quoting/quote.ts";
import { ProtocolError, ProtocolErrorCode } from "./protocol_error.ts";

/** A version of the protocol that this codec reads and writes. */
export type ProtocolVersion = "00" | "01";

/** The current version of the protocol, the default wherever one can be chosen. */
export const CURRENT_VERSION: ProtocolVersion = "01";

/**
 * The result of reading the remote peer's version: one that is spoken here,
 * another one, or bytes that are not a version.
 */
export type VersionOutcome = "spoken" | "not-spoken" | "not-a-version";

/**
 * Returns the bytes that open a conversation, which are one write unit
 * (handshake/version).
 *
 * @example
 * ```ts
 * import { encodeVersion } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(encodeVersion("01"), new TextEncoder().encode("01"));
 * ```
 */
export function encodeVersion(
  version: ProtocolVersion = CURRENT_VERSION,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(version.charCodeAt(0), version.charCodeAt(1));
}

/**
 * Reads the version that opens a conversation, from one chunk or two
 * (handshake/chunking).
 *
 * Digits have either case, as in every number of the protocol. A byte that is
 * not a digit decides the outcome at once.
 *
 * @example
 * ```ts
 * import { VersionReader } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const reader = new VersionReader();
 * const chunk = new TextEncoder().encode("01n000…");
 * assertEquals(reader.push(chunk.subarray(0, 1)), 1);
 * assertEquals(reader.outcome, undefined);
 * assertEquals(reader.push(chunk.subarray(1)), 1);
 * assertEquals(reader.outcome, "spoken");
 * assertEquals(reader.version, "01");
 * ```
 */
export class VersionReader {
  readonly #spoken: readonly ProtocolVersion[];
  #read = "";
  #outcome: VersionOutcome | undefined;

  /**
   * Creates a reader that accepts these versions; only {@linkcode
   * CURRENT_VERSION} by default.
   */
  constructor(spoken: readonly ProtocolVersion[] = [CURRENT_VERSION]) {
    this.#spoken = spoken;
  }

  /** The result of reading; `undefined` while bytes are missing. */
  get outcome(): VersionOutcome | undefined {
    return this.#outcome;
  }

  /**
   * The version that was read; `undefined` unless {@linkcode outcome} is
   * `"spoken"`.
   */
  get version(): ProtocolVersion | undefined {
    return this.#spoken.find((version) => version === this.#read);
  }

  /**
   * Takes the bytes of the version from the start of a chunk; returns their
   * number, which is 0 once the outcome is decided.
   *
   * The rest of the chunk belongs to the first message.
   */
  push(chunk: ByteSource): number {
    const bytes = bytesOf(chunk, "read the version");
    let taken = 0;
    while (this.#outcome === undefined && taken < bytes.byteLength) {
      const byte = bytes[taken++]!;
      this.#read += String.fromCharCode(byte);
      // handshake/not-hex
      if (digitValue(byte) > 15) this.#outcome = "not-a-version";
      else if (this.#read.length === 2) {
        this.#read = this.#read.toLowerCase();
        this.#outcome = this.version === undefined ? "not-spoken" : "spoken";
      }
    }
    return taken;
  }

  /**
   * The error that ends the conversation, with the protocol code to send
   * (handshake/code-1, handshake/not-hex-code); `undefined` if there is none.
   */
  get error(): ProtocolError | undefined {
    if (this.#outcome === undefined || this.#outcome === "spoken") {
      return undefined;
    }
    const read = quoteBytes(
      Uint8Array.from(this.#read, (letter) => letter.charCodeAt(0)),
    );
    const wanted = this.#outcome === "not-spoken"
      ? this.#spoken.join(" or ")
      : "two hexadecimal digits";
    return new ProtocolError(
      `Cannot start the conversation: protocol version is ${read}, wanted ${wanted}, at byte 0`,
      {
        code: ProtocolErrorCode.unsupportedVersion,
        reason: this.#outcome === "not-spoken"
          ? "unsupported-version"
          : "not-a-version",
        offset: 0,
      },
    );
  }

  /**
   * Checks that the version is complete when the conversation ends.
   *
   * @throws {ProtocolError} If it is not (reason `"truncated"`, code 2;
   * close/inside).
   */
  end(): void {
    if (this.#outcome !== undefined) return;
    throw new ProtocolError(
      `Cannot start the conversation: it ended after ${this.#read.length} of 2 bytes of the protocol version`,
      {
        code: ProtocolErrorCode.invalidMessage,
        reason: "truncated",
        offset: this.#read.length,
      },
    );
  }
}
