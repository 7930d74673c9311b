/**
 * The protocol version: the two hexadecimal digits that open a conversation.
 *
 * @module
 */

import { digitValue } from "./_fields.ts";
import { quoteBytes } from "./_quote.ts";
import { ProtocolError, ProtocolErrorCode } from "./protocol_error.ts";

/** A version of the protocol that this codec reads and writes. */
export type ProtocolVersion = "00" | "01";

/** The current version of the protocol, the default wherever one can be chosen. */
export const CURRENT_VERSION: ProtocolVersion = "01";

/** What became of the other side's version: one that is spoken here, another one, or no version at all. */
export type VersionOutcome = "spoken" | "not-spoken" | "not-a-version";

/**
 * The bytes that open a conversation, a write unit of their own.
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
 * Reads the version with which the other side opens the conversation, in as many chunks as it comes.
 *
 * Digits are read in both cases, as in every number of the protocol. A byte that is no digit settles
 * the outcome at once.
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

  /** Creates a reader that accepts the given versions; only {@linkcode CURRENT_VERSION} by default. */
  constructor(spoken: readonly ProtocolVersion[] = [CURRENT_VERSION]) {
    this.#spoken = spoken;
  }

  /** What became of the version; `undefined` while bytes are missing. */
  get outcome(): VersionOutcome | undefined {
    return this.#outcome;
  }

  /** The version that both sides speak; `undefined` unless {@linkcode outcome} is `"spoken"`. */
  get version(): ProtocolVersion | undefined {
    return this.#spoken.find((version) => version === this.#read);
  }

  /**
   * Takes the bytes of the version from the front of a chunk and returns how many these were.
   *
   * The rest of the chunk is the first message's. Returns 0 once the outcome is settled.
   */
  push(chunk: Uint8Array): number {
    let taken = 0;
    while (this.#outcome === undefined && taken < chunk.byteLength) {
      const byte = chunk[taken++]!;
      this.#read += String.fromCharCode(byte);
      if (digitValue(byte) > 15) this.#outcome = "not-a-version";
      else if (this.#read.length === 2) {
        this.#read = this.#read.toLowerCase();
        this.#outcome = this.version === undefined ? "not-spoken" : "spoken";
      }
    }
    return taken;
  }

  /** The error that ends the conversation, with the protocol code to send; `undefined` while none is due. */
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
   * Says that no more bytes will come.
   *
   * @throws {ProtocolError} when the version is incomplete (`"truncated"`, code 2).
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
