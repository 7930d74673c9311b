/**
 * Mutants that no case can find, each with its reason.
 *
 * @module
 */

import library from "./library_classes.json" with { type: "json" };
import python from "./python_classes.json" with { type: "json" };
import type { Point } from "./point.ts";

/** Why no case finds a mutant. */
export const CLASSES = {
  equivalent: "does the same as the original",
  allowed: "does something else that the protocol allows as well",
  unseen: "differs in nothing that the other end of a connection can see",
} as const;

/** A reason why no case finds some mutants. */
export interface Exception {
  /** The kind of reason. */
  readonly class: keyof typeof CLASSES;
  /** Identifiers, in which `*` stands for any text. */
  readonly ids: readonly string[];
  /** The reason. */
  readonly reason: string;
}

/** The exceptions of each subject. */
export const EXCEPTIONS = {
  library: library as readonly Exception[],
  python: python as readonly Exception[],
} as const;

/** Finds exceptions by the identifiers of mutants. */
export class Exceptions {
  readonly #entries: readonly {
    readonly exception: Exception;
    readonly pattern: string;
    readonly matches: RegExp;
  }[];

  /** Reads exceptions. */
  constructor(exceptions: readonly Exception[]) {
    this.#entries = exceptions.flatMap((exception) =>
      exception.ids.map((pattern) => ({
        exception,
        pattern,
        matches: new RegExp(
          `^${pattern.split("*").map(RegExp.escape).join(".*")}$`,
        ),
      }))
    );
  }

  /** Returns the exception for a mutant, if there is one. */
  of({ id }: Point): Exception | undefined {
    return this.#entries.find(({ matches }) => matches.test(id))?.exception;
  }

  /** Returns the patterns that match no mutant. */
  stale(points: readonly Point[]): string[] {
    return this.#entries
      .filter(({ matches }) => !points.some(({ id }) => matches.test(id)))
      .map(({ pattern }) => pattern);
  }
}
