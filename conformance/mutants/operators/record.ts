/**
 * The recorded sample: which mutants by operator CI hunts, and which runs have killed each.
 *
 * The seed and the source decide the sample; the record only says where to look first. So a mutant of a
 * statement that is new has no record, and is hunted with what has killed the others.
 *
 * @module
 */

import recorded from "./record.json" with { type: "json" };
import type { Point } from "./point.ts";
import { sample } from "./sample.ts";
import { type SubjectName, visible } from "./subjects.ts";

/** What decides the sample. */
export const SEED = 1;

/** How often a run must fail in a row to be recorded: one that fails now and then would fail the gate one day. */
export const CONFIRMATIONS = 3;

/** The percentage of the mutants with a record that must be killed. */
export const FLOOR = 95;

/** How many mutants of each program are in the sample. */
export const SIZES: Readonly<Record<SubjectName, number>> = {
  library: 300,
  python: 60,
};

/** What is recorded of a program. */
export interface SubjectRecord {
  /** The number of its mutants. */
  readonly mutants: number;
  /** The number of those that no case can find. */
  readonly excepted: number;
  /** The number of those that some run reaches. */
  readonly reached: number;
  /** What was found of each mutant that has ever been in the sample when it was hunted first, before anything was done about it. */
  readonly first: {
    /** The number of mutants hunted: all but the exceptions of that time. */
    readonly hunted: number;
    /** The number of those killed. */
    readonly killed: number;
    /** The number of the others that are in the list of exceptions since. */
    readonly excepted: number;
    /** The number of the others for which cases were added. */
    readonly filled: number;
  };
  /** By the identifier of each mutant of the sample, the names of runs that have killed it. */
  readonly killers: Readonly<Record<string, readonly string[]>>;
}

/** What is recorded of all programs. */
export type Records = Readonly<Record<SubjectName, SubjectRecord>>;

/** The record. */
export const RECORDS: Records = recorded;

/** Where it is kept. */
export const RECORD_FILE: URL = new URL("record.json", import.meta.url);

/** Returns the numbers of the mutants in the sample. */
export function sampled(
  points: readonly Point[],
  subject: SubjectName,
): number[] {
  return sample(
    visible(points, subject),
    SIZES[subject],
    SEED,
    (number) => points[number]!.id,
  );
}
