/**
 * Compares reports of calls and connections with patterns.
 *
 * @module
 */

import { joinBytes } from "../../cases/bytes.ts";
import type {
  BytesPattern,
  NumberPattern,
  ReportPattern,
} from "../../cases/case.ts";
import type { CallReport, ConnectionReport } from "../../implementation.ts";
import { type Bindings, matchBytes, matchNumber } from "./pattern.ts";

const utf8 = new TextEncoder();

/** Returns the bindings after a match, `undefined` for a mismatch. */
export function matchReport(
  pattern: ReportPattern,
  report: CallReport | ConnectionReport,
  bindings: Bindings,
): Bindings | undefined {
  const fields: Partial<CallReport> & Partial<ConnectionReport> = report;
  for (const field of ["outcome", "state", "ended"] as const) {
    const wanted = pattern[field];
    if (wanted !== undefined && fields[field] !== wanted) return undefined;
  }
  let result: Bindings | undefined = bindings;
  for (const field of ["wait", "code"] as const) {
    result = matchOptional(pattern[field], fields[field], result);
    if (result === undefined) return undefined;
  }
  if (pattern.heartbeats !== undefined) {
    const { heartbeats = [] } = fields;
    const areRight = pattern.heartbeats.every(({ load, time }, index) =>
      index < heartbeats.length &&
      matchOptional(load, heartbeats[index]!.load, bindings) !== undefined &&
      matchOptional(time, heartbeats[index]!.time, bindings) !== undefined
    );
    if (!areRight) return undefined;
  }
  for (const [wanted, bytes] of bytesOf(pattern, fields)) {
    if (result === undefined || bytes === undefined) return undefined;
    result = matchBytes(wanted, bytes, result);
  }
  return result;
}

/** How much a report must contain to be compared with patterns. */
export interface ReportNeeds {
  /** Whether a pattern wants a call that is not settled. */
  readonly isUnsettled: boolean;
  /** Whether a pattern wants an open connection. */
  readonly isOpen: boolean;
  readonly parts?: number;
  readonly notes?: number;
  readonly heartbeats?: number;
}

/** Returns how much a report must contain to be compared with patterns. */
export function reportNeeds(patterns: readonly ReportPattern[]): ReportNeeds {
  const most = (counts: readonly (number | undefined)[]) => {
    const numbers = counts.filter((count) => count !== undefined);
    return numbers.length === 0 ? undefined : Math.max(...numbers);
  };
  const parts = most(
    patterns.map((pattern) =>
      pattern.ended === false ? pattern.parts?.length : undefined
    ),
  );
  const notes = most(patterns.map(({ notes }) => notes?.length));
  const heartbeats = most(
    patterns.map(({ heartbeats }) => heartbeats?.length),
  );
  return {
    isUnsettled: parts === undefined &&
      patterns.some(({ outcome, ended }) =>
        outcome === "pending" || ended === false
      ),
    isOpen: patterns.some(({ state }) =>
      state === "open" || state === "connecting"
    ),
    ...(parts === undefined ? {} : { parts }),
    ...(notes === undefined ? {} : { notes }),
    ...(heartbeats === undefined ? {} : { heartbeats }),
  };
}

/** Yields patterns of bytes, each with the bytes to compare. */
function* bytesOf(
  pattern: ReportPattern,
  fields: Partial<CallReport> & Partial<ConnectionReport>,
): Generator<[BytesPattern, Uint8Array | undefined]> {
  if (pattern.payload !== undefined) yield [pattern.payload, fields.payload];
  if (pattern.joined !== undefined) {
    yield [pattern.joined, fields.parts && joinBytes(fields.parts)];
  }
  if (pattern.parts !== undefined) {
    const isSame = fields.parts?.length === pattern.parts.length;
    for (const [index, wanted] of pattern.parts.entries()) {
      yield [wanted, isSame ? fields.parts?.[index] : undefined];
    }
    if (!isSame) yield [[], undefined];
  }
  if (pattern.notes !== undefined) {
    const isSame = fields.notes?.length === pattern.notes.length;
    for (const [index, { name, payload }] of pattern.notes.entries()) {
      const note = isSame ? fields.notes?.[index] : undefined;
      yield [name, note && utf8.encode(note.name)];
      yield [payload, note?.payload];
    }
    if (!isSame) yield [[], undefined];
  }
}

function matchOptional(
  pattern: NumberPattern | undefined,
  value: number | undefined,
  bindings: Bindings,
): Bindings | undefined {
  if (pattern === undefined) return bindings;
  return value === undefined
    ? undefined
    : matchNumber(pattern, value, bindings);
}
