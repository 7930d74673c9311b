/**
 * Lists of cases that are known to fail, or to fail now and then.
 *
 * @module
 */

import { glob } from "../cases/glob.ts";
import type { Verdict } from "./report.ts";

/** Cases that are known not to pass. */
export interface KnownFailure {
  /** A pattern for full names. */
  readonly case: string;
  /** The row of the table of known defects that explains it. */
  readonly row?: number;
  /** Why. */
  readonly reason: string;
  /** What was seen, in the words of a report. */
  readonly observed?: string;
  /** Whether it ends the implementation, or holds it up for good, and so runs with nothing beside it. */
  readonly alone?: boolean;
}

/**
 * Reads a list: JSON, an array of entries.
 *
 * @param source What the list is called in errors.
 * @throws {TypeError} When it is none.
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
    throw new TypeError(`Cannot read ${source}: it is no list of entries`);
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
  if (typeof entry !== "object" || entry === null) return " is no object";
  const { case: pattern, reason, row, observed, alone, ...more } =
    entry as Record<
      string,
      unknown
    >;
  if (typeof pattern !== "string") return "/case is no text";
  try {
    glob(pattern);
  } catch (error) {
    return `/case: ${(error as Error).message}`;
  }
  if (typeof reason !== "string" || reason.trim() === "") {
    return "/reason is no text, wanted why the case fails";
  }
  if (row !== undefined && !Number.isInteger(row)) return "/row is no integer";
  if (observed !== undefined && typeof observed !== "string") {
    return "/observed is no text";
  }
  if (alone !== undefined && typeof alone !== "boolean") {
    return "/alone is no boolean";
  }
  const [extra] = Object.keys(more);
  if (extra !== undefined) return `/${extra} is unknown`;
}

/** What a report says of a failure that an entry explains, before what was seen. */
export function explanation({ reason }: KnownFailure): string {
  return `${reason.replace(/\.$/, "")}: `;
}

interface Watched extends KnownFailure {
  readonly matches: (name: string) => boolean;
}

/** Entries, and what became of the cases that they speak of. */
export class KnownFailures {
  readonly #entries: readonly Watched[];

  /** Creates a list. */
  constructor(entries: readonly KnownFailure[] = []) {
    this.#entries = entries.map((entry) => ({
      ...entry,
      matches: glob(entry.case),
    }));
  }

  /** The first entry that speaks of a full name. */
  find(name: string): KnownFailure | undefined {
    return this.#entries.find(({ matches }) => matches(name));
  }

  /** What an entry makes expect of a run. */
  foreseen(name: string): "failure" | "end" | undefined {
    const entries = this.#entries.filter(({ matches }) => matches(name));
    if (entries.some(({ alone }) => alone)) return "end";
    return entries.length > 0 ? "failure" : undefined;
  }

  /**
   * The entries of which nothing failed, those that speak of no case at all included. One of which some
   * runs were left out is not judged.
   *
   * @param names All full names that there are.
   * @param verdicts What became of those that were run.
   */
  stale(
    names: readonly string[],
    verdicts: ReadonlyMap<string, Verdict>,
  ): string[] {
    return this.#entries.filter(({ matches }) =>
      names.filter(matches).every((name) => {
        const verdict = verdicts.get(name);
        return verdict === "pass" || verdict === "weak" ||
          verdict === "not-applicable";
      })
    ).map((entry) => entry.case);
  }
}
