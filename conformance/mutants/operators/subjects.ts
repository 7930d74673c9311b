/**
 * What mutants are made of by operator.
 *
 * @module
 */

import { EXCEPTIONS, Exceptions } from "./classes.ts";
import { libraryPoints, switchableLibrary } from "./library.ts";
import type { Point, Switchable } from "./point.ts";
import { pythonPoints, switchablePython } from "./python.ts";

/** A program whose mutants are hunted. */
interface SubjectProgram {
  /** What it is called on the page. */
  readonly title: string;
  /** Returns its mutants. */
  list(): Promise<readonly Point[]>;
  /** Writes it with the switches of its mutants to a folder. */
  make(folder: URL): Promise<Switchable>;
}

/** What can be mutated. */
export const SUBJECTS = {
  library: {
    title: "The library",
    list: async () => (await libraryPoints()).points,
    make: switchableLibrary,
  },
  python: {
    title: "The peer in Python",
    list: pythonPoints,
    make: switchablePython,
  },
} as const satisfies Record<string, SubjectProgram>;

/** The name of a program. */
export type SubjectName = keyof typeof SUBJECTS;

/** Whether there is such a program. */
export function isSubject(name: string): name is SubjectName {
  return Object.hasOwn(SUBJECTS, name);
}

/** Returns the numbers of the mutants that some case could find. */
export function visible(
  points: readonly Point[],
  subject: SubjectName,
): number[] {
  const exceptions = new Exceptions(EXCEPTIONS[subject]);
  return [...points.keys()].filter((number) =>
    exceptions.of(points[number]!) === undefined
  );
}
