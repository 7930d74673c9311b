/**
 * The source of the library, in which edits are made.
 *
 * @module
 */

import { fillIn, findAnchor, nearestLine } from "./_anchor.ts";
import { type Declaration, declarationsOf } from "./_declarations.ts";
import type { Edit } from "./mutant.ts";

/** A declaration in a file. */
interface Place extends Declaration {
  readonly path: string;
}

/** What takes the place of a part of a file. */
interface Change {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What files have been parsed to, since most mutants leave most files as they are. */
const parsed = new Map<string, readonly Declaration[]>();

/** Source files by their paths, in memory. Edits change a tree and not the files that it came from. */
export class SourceTree {
  readonly #files: Map<string, string>;

  /** Creates a tree. */
  constructor(files: ReadonlyMap<string, string>) {
    this.#files = new Map(files);
  }

  /** The files as they are now, by their paths. */
  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  /** Returns a tree with the same files, in which changes are made apart from this one. */
  copy(): SourceTree {
    return new SourceTree(this.#files);
  }

  /**
   * Makes a change.
   *
   * @throws {Error} If the symbol is not declared, or the anchor does not match exactly once in its
   * declarations. The message names what comes nearest.
   */
  apply(edit: Edit): void {
    const places = this.#places(edit.in);
    if (places.length === 0) {
      throw new Error(
        `${edit.in} is not declared; the nearest symbols are ${
          this.#nearestSymbols(edit.in).join(", ")
        }`,
      );
    }
    const { path, start, end, text } = "from" in edit
      ? this.#replacement(edit, places)
      : insertion(edit, places);
    const source = this.#files.get(path)!;
    const unknown = text.match(/#[a-z]\w*/gi)?.find((name) =>
      !new RegExp(`${name}\\b`).test(source)
    );
    if (unknown !== undefined) {
      throw new Error(
        `${JSON.stringify(text)} uses ${unknown}, which ${path} does not have`,
      );
    }
    this.#files.set(path, source.slice(0, start) + text + source.slice(end));
  }

  /** The declarations of a symbol, in all files. */
  #places(symbol: string): Place[] {
    return Array.from(this.#files, ([path, source]) =>
      declarations(source)
        .filter((each) => each.symbol === symbol)
        .map((each) => ({ ...each, path }))).flat();
  }

  #replacement(
    { in: symbol, from, to }: Extract<Edit, { from: string }>,
    places: readonly Place[],
  ): Change {
    const found = places.flatMap(({ path, start, end }) =>
      findAnchor(from, this.#files.get(path)!.slice(start, end)).map((
        match,
      ) => ({
        path,
        start: start + match.start,
        end: start + match.end,
        text: fillIn(to, match.paths),
      }))
    );
    const [change, another] = found;
    if (change !== undefined && another === undefined) return change;
    const where = `${symbol} in ${pathsOf(places)}`;
    const shown = JSON.stringify(from);
    if (change !== undefined) {
      throw new Error(
        `${where} has ${shown} ${found.length} times, wanted once`,
      );
    }
    const elsewhere = this.#symbolsWith(from);
    const text = places.map(({ path, start, end }) =>
      this.#files.get(path)!.slice(start, end)
    ).join("");
    throw new Error(
      `${where} has no ${shown}; ${
        elsewhere.length > 0
          ? `it stands in ${elsewhere.join(", ")}`
          : `the nearest line is ${nearestLine(from, text)}`
      }`,
    );
  }

  /** The innermost declarations in which an anchor matches. */
  #symbolsWith(anchor: string): string[] {
    return Array.from(
      this.#files,
      ([path, source]) =>
        findAnchor(anchor, source).map(({ start, end }) => {
          const inner = declarations(source).findLast((each) =>
            each.start <= start && end <= each.end
          );
          return `${inner?.symbol ?? "no declaration"} in ${path}`;
        }),
    ).flat();
  }

  #nearestSymbols(symbol: string): string[] {
    const all = new Set<string>();
    for (const source of this.#files.values()) {
      for (const each of declarations(source)) all.add(each.symbol);
    }
    const [owner, member] = symbol.split(".");
    const distance = (other: string) => {
      const [otherOwner, otherMember] = other.split(".");
      // A member of the same class, and the same member of another one, come first.
      if (member !== undefined && owner === otherOwner) {
        return editDistance(member, otherMember ?? "") / 4;
      }
      if (member !== undefined && member === otherMember) return 2;
      return editDistance(symbol, other);
    };
    return [...all].sort((a, b) => distance(a) - distance(b)).slice(0, 3);
  }
}

function declarations(source: string): readonly Declaration[] {
  return parsed.getOrInsertComputed(source, declarationsOf);
}

function insertion(
  { in: symbol, first }: Extract<Edit, { first: string }>,
  places: readonly Place[],
): Change {
  const bodies = places.flatMap(({ path, body }) =>
    body === undefined ? [] : [{ path, body }]
  );
  const [only, another] = bodies;
  if (only !== undefined && another === undefined) {
    const { path, body } = only;
    return { path, start: body, end: body, text: `\n    ${first}` };
  }
  throw new Error(
    `${symbol} in ${pathsOf(places)} has ${bodies.length} bodies, wanted one`,
  );
}

function pathsOf(places: readonly Place[]): string {
  return [...new Set(places.map(({ path }) => path))].join(" and ");
}

/** The number of characters to insert, remove or replace to make one text of another. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      ));
    }
    row = next;
  }
  return row[b.length]!;
}
