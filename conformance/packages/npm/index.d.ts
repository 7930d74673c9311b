/**
 * The cases that judge implementations of Gotalk, as data. What is in the files is explained in
 * `corpus/README.md`. Codec cases are decoded, so that a test needs nothing else:
 *
 *     import { codecCases, cuts } from "@gotalk/conformance-data";
 *     import { test } from "node:test";
 *
 *     for (const each of codecCases("decode")) {
 *       test(each.id, () => {
 *         for (const [name, chunks] of cuts(each)) …
 *       });
 *     }
 *
 * @module
 */

/** How binding a case is. */
export type Level = "must" | "should" | "may" | "undefined";

/** A folder of cases. */
export type Suite =
  | "codec"
  | "session"
  | "websocket"
  | "extensions"
  | "hostile";

/** What a codec case is for. */
export type Direction = "decode" | "encode";

/** What every case has. */
export interface Case {
  readonly id: string;
  readonly since: string;
  readonly level: Level;
  readonly title: string;
  readonly spec: readonly string[];
  readonly flags?: readonly string[];
}

/** Bytes as the files have them: a text of printable ASCII, or segments. */
export type BytesInJson = string | readonly Readonly<Record<string, unknown>>[];

/** A message, with the fields of its kind. Numbers may be out of range, to be refused. */
export interface Message {
  readonly kind:
    | "SingleRequest"
    | "StreamRequest"
    | "StreamRequestPart"
    | "SingleResult"
    | "StreamResult"
    | "ErrorResult"
    | "RetryResult"
    | "Notification"
    | "Heartbeat"
    | "ProtocolError";
  readonly id?: Uint8Array;
  readonly operation?: Uint8Array;
  readonly name?: Uint8Array;
  readonly payload?: Uint8Array;
  readonly wait?: number;
  readonly load?: number;
  readonly time?: number;
  readonly code?: number;
}

/** A case for a decoder, an encoder or both. */
export interface CodecCase extends Case {
  readonly flags: readonly string[];
  readonly directions: readonly Direction[];
  /** The bytes; absent if nothing may be written. */
  readonly wire?: Uint8Array;
  readonly messages: readonly Message[];
  /** What is refused behind the messages; the code and the offset where they are certain. */
  readonly error?: {
    readonly reason: string;
    readonly code?: number;
    readonly at?: number;
  };
  /** Whether the version comes first. */
  readonly handshake: boolean;
  /** The version of the protocol. */
  readonly version: "00" | "01";
  /** Whether the input ends behind the bytes. */
  readonly end: boolean;
  /** The limits to set in the decoder. */
  readonly limits: { readonly name?: number; readonly payload?: number };
  /** The ways to cut that the case has; all if it is absent. */
  readonly chunks?: readonly string[];
}

/** The list of the files. */
export interface Manifest {
  readonly version: string;
  readonly files: readonly {
    readonly path: string;
    readonly cases: number;
    readonly sha256: string;
  }[];
}

/** The folder of the files. */
export declare const corpus: URL;

/** The manifest of the corpus. */
export declare const manifest: Manifest;

/** Yields the cases of a suite as they are in the files, without those that were withdrawn. */
export declare function cases(suite: Suite): Generator<Case>;

/** Yields the codec cases, decoded; only those for a direction if it is given. */
export declare function codecCases(direction?: Direction): Generator<CodecCase>;

/** Returns the bytes that a text or segments stand for. */
export declare function toBytes(value: BytesInJson): Uint8Array;

/** Yields the ways to cut the bytes of a case, each with its name, except for `glued`. */
export declare function cuts(
  of: Pick<CodecCase, "wire" | "chunks">,
): Generator<[name: string, chunks: Uint8Array[]]>;
