/**
 * Checks that bytes are written in the one canonical way.
 *
 * @module
 */

import type { Finding } from "./finding.ts";

/** Characters that are invisible or misleading, and must be written as hex. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Finds segments in a value that are not canonical; `pointer` is the place of the value. */
export function* lintBytes(
  value: unknown,
  path: string,
  pointer: string,
): Generator<Finding> {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value) && value.length > 0 && value.every(isSegment)) {
    for (const message of problemsOf(value)) yield { path, pointer, message };
  }
  for (const [key, inner] of Object.entries(value)) {
    // JSON that is compared by value is not segments.
    if (key !== "json" && key !== "listing") {
      yield* lintBytes(inner, path, `${pointer}/${key}`);
    }
  }
}

type Segment = Readonly<Record<string, string>>;

function isSegment(value: unknown): value is Segment {
  return typeof value === "object" && value !== null &&
    ["ascii", "hex", "utf8", "repeat", "pattern", "counter", "var"].some((
      key,
    ) => key in value);
}

function* problemsOf(segments: readonly Segment[]): Generator<string> {
  if (segments.length === 1 && "ascii" in segments[0]!) {
    yield "all of it is printable ASCII, wanted a text instead of segments";
  }
  for (const [at, { hex, utf8 }] of segments.entries()) {
    const next = segments[at + 1] ?? {};
    for (const kind of ["ascii", "hex", "utf8"]) {
      if (kind in segments[at]! && kind in next) {
        yield `segments ${at} and ${at + 1} are both ${kind}, wanted one`;
      }
    }
    if (hex?.match(/../g)?.every((pair) => /[2-6].|7[^f]/.test(pair))) {
      yield `segment ${at} is hex of printable ASCII, wanted ascii`;
    }
    if (utf8 !== undefined && UNSEEN.test(utf8)) {
      yield `segment ${at} is utf8 with invisible characters, wanted hex`;
    }
  }
}
