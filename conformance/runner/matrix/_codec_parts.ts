/**
 * What the generators of codec cases share.
 *
 * @module
 */

import type {
  Bytes,
  CaseFile,
  CaseMessage,
  CodecCase,
  MessageKind,
} from "../cases/case.ts";
import type { ChunkName } from "../cases/chunks.ts";
import { kindsOf, type Version, VERSIONS } from "./layout.ts";
import { joined, SINCE, wireBytes } from "./writing.ts";

/** The ways to cut long series, which differ most. */
export const SERIES_CHUNKS: readonly ChunkName[] = ["whole", "by7", "random#1"];

/** The ways to cut large payloads. */
export const LARGE_CHUNKS: readonly ChunkName[] = ["whole", "random#1"];

/** The ways to cut what is refused. */
export const REFUSED_CHUNKS: readonly ChunkName[] = ["whole", "bytewise"];

/** Returns the name of a kind and a version in an identifier. */
export function slug(kind: MessageKind, version: Version): string {
  const name = kind.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`);
  return name.toLowerCase() + (version === "01" ? "" : "-00");
}

/** Returns the name of a kind behind its indefinite article. */
export function aKind(kind: MessageKind): string {
  return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}

/** Returns the name of a kind behind its indefinite article, as the beginning of a sentence. */
export function aKindFirst(kind: MessageKind): string {
  return aKind(kind).replace("a", "A");
}

/** Returns how a title names a stretch of a message. */
export function titleOf(stretch: string): string {
  return stretch === "id" ? "request ID" : stretch.replaceAll("-", " ");
}

/** The statement about a kind. */
export function statementOf(kind: MessageKind): string {
  return `wire/${slug(kind, "01")}`;
}

export interface Parts {
  readonly id: string;
  readonly title: string;
  readonly spec: readonly string[];
  readonly version: Version;
  readonly level?: "must" | "should";
}

export function head({ id, title, spec, version, level = "must" }: Parts) {
  const versioned = version === "00" ? ["version00/request-id"] : [];
  return {
    id: `codec/${id}`,
    since: SINCE,
    level,
    title,
    spec: [...new Set([...spec, ...versioned])],
  };
}

export function versionOf(version: Version): { version?: "00" } {
  return version === "00" ? { version } : {};
}

/** A case of messages that are read and written. */
export function series(
  parts: Parts,
  messages: readonly CaseMessage[],
  chunks: readonly ChunkName[],
  directions: CodecCase["directions"] = ["decode", "encode"],
): CodecCase {
  return {
    ...head(parts),
    directions,
    chunks,
    ...versionOf(parts.version),
    wire: joined(...messages.map(wireBytes)),
    messages,
  };
}

/** A case of bytes that are refused. */
export function refused(
  parts: Parts,
  wire: Bytes,
  error: CodecCase["error"] & object,
  more: Partial<CodecCase> = {},
): CodecCase {
  return {
    ...head(parts),
    directions: ["decode"],
    chunks: REFUSED_CHUNKS,
    ...versionOf(parts.version),
    ...more,
    wire,
    messages: [],
    error,
  };
}

/** The code of a refusal, which version 00 cannot write. */
export function coded(version: Version): { code?: number } {
  return version === "01" ? { code: 2 } : {};
}

export function eachKind(
  make: (kind: MessageKind, version: Version, at: number) => CodecCase[],
): CodecCase[] {
  return VERSIONS.flatMap((version) =>
    kindsOf(version).flatMap((kind, at) => make(kind, version, at))
  );
}

export function fileOf(about: string, cases: readonly CodecCase[]): CaseFile {
  return {
    about,
    notes: {},
    cases: cases.toSorted((a, b) => a.id < b.id ? -1 : 1),
  };
}
