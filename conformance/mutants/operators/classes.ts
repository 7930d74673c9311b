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
  /** Identifiers among these of mutants that cases can find, and which are hunted. */
  readonly visible?: readonly string[] | undefined;
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
    readonly ids: readonly Pattern[];
    readonly visible: readonly Pattern[];
  }[];

  /** Reads exceptions. */
  constructor(exceptions: readonly Exception[]) {
    this.#entries = exceptions.map((exception) => ({
      exception,
      ids: exception.ids.map(patternOf),
      visible: exception.visible?.map(patternOf) ?? [],
    }));
  }

  /** Returns the exception for a mutant, if there is one. */
  of({ id }: Point): Exception | undefined {
    return this.#entries.find(({ ids, visible }) =>
      isMatched(id, ids) && !isMatched(id, visible)
    )?.exception;
  }

  /** Returns the patterns that match no mutant, and those of visible ones that match none of their exception. */
  stale(points: readonly Point[]): string[] {
    return this.#entries.flatMap(({ ids, visible }) => {
      const matched = points.filter(({ id }) => isMatched(id, ids));
      return [...ids, ...visible]
        .filter(({ matches }) => !matched.some(({ id }) => matches.test(id)))
        .map(({ text }) => text);
    });
  }
}

/** An identifier in which `*` stands for any text. */
interface Pattern {
  readonly text: string;
  readonly matches: RegExp;
}

function patternOf(text: string): Pattern {
  const source = text.split("*").map(RegExp.escape).join(".*");
  return { text, matches: new RegExp(`^${source}$`) };
}

function isMatched(id: string, patterns: readonly Pattern[]): boolean {
  return patterns.some(({ matches }) => matches.test(id));
}
