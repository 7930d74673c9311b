/**
 * Lists of known failures: cases that fail always, or now and then.
 *
 * @module
 */

import { glob } from "../cases/glob.ts";
import type { Verdict } from "./report.ts";
import { isGood } from "./verdicts.ts";

/** A known failure. */
export interface KnownFailure {
  /** A pattern for full names. */
  readonly case: string;
  /** The row in the table of known defects. */
  readonly row?: number;
  /** Why the cases fail. */
  readonly reason: string;
  /** What a report observed. */
  readonly observed?: string;
  /** Whether the cases end the implementation, or block it for good, and must run alone. */
  readonly alone?: boolean;
}

/**
 * Parses a list of known failures: a JSON array of entries.
 *
 * @param source The name of the list in errors.
 * @throws {TypeError} If the text is not such a list.
 */
export function parseKnownFailures(
  text: string,
  source: string,
): KnownFailure[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(
      `Cannot read ${source}: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (!Array.isArray(entries)) {
    throw new TypeError(`Cannot read ${source}: it is not a list of entries`);
  }
  for (const [at, entry] of entries.entries()) {
    const problem = problemOf(entry);
    if (problem !== undefined) {
      throw new TypeError(`Cannot read ${source}: /${at}${problem}`);
    }
  }
  return entries;
}

function problemOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null) return " is not an object";
  const { case: pattern, reason, row, observed, alone, ...more } =
    entry as Record<
      string,
      unknown
    >;
  if (typeof pattern !== "string") return "/case is not a text";
  try {
    glob(pattern);
  } catch (error) {
    return `/case: ${(error as Error).message}`;
  }
  if (typeof reason !== "string" || reason.trim() === "") {
    return "/reason is not a text, wanted why the case fails";
  }
  if (row !== undefined && !Number.isInteger(row)) {
    return "/row is not an integer";
  }
  if (observed !== undefined && typeof observed !== "string") {
    return "/observed is not a text";
  }
  if (alone !== undefined && typeof alone !== "boolean") {
    return "/alone is not a boolean";
  }
  const [extra] = Object.keys(more);
  if (extra !== undefined) return `/${extra} is unknown`;
}

/** Returns the beginning of the reason that a report gives for a known failure, before what was observed. */
export function explanation({ reason }: KnownFailure): string {
  return `${reason.replace(/\.$/, "")}: `;
}

interface Entry extends KnownFailure {
  readonly matches: (name: string) => boolean;
}

/** A list of known failures. */
export class KnownFailures {
  readonly #entries: readonly Entry[];

  /** Creates a list. */
  constructor(entries: readonly KnownFailure[] = []) {
    this.#entries = entries.map((entry) => ({
      ...entry,
      matches: glob(entry.case),
    }));
  }

  /** Returns the first entry that matches a full name. */
  find(name: string): KnownFailure | undefined {
    return this.#entries.find(({ matches }) => matches(name));
  }

  /** Returns what the entries expect of a run: a failure, the end of the implementation, or nothing. */
  expected(name: string): "failure" | "end" | undefined {
    const entries = this.#entries.filter(({ matches }) => matches(name));
    if (entries.some(({ alone }) => alone)) return "end";
    return entries.length > 0 ? "failure" : undefined;
  }

  /**
   * Returns the patterns of stale entries: those of which nothing failed, or that match no case. An entry
   * is not judged if some of its runs were left out.
   *
   * @param names The full names of all runs of the corpus.
   * @param verdicts The verdicts of the runs that took place.
   */
  stale(
    names: readonly string[],
    verdicts: ReadonlyMap<string, Verdict>,
  ): string[] {
    return this.#entries.filter(({ matches }) =>
      names.filter(matches).every((name) => {
        const verdict = verdicts.get(name);
        return verdict !== undefined &&
          (isGood(verdict) || verdict === "not-applicable");
      })
    ).map((entry) => entry.case);
  }
}
