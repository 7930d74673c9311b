/**
 * Points: places of the source where an operator makes one mutant.
 *
 * @module
 */

/** The kinds of change, and what each does. */
export const OPERATORS = {
  argument: "swaps the first two arguments of a call",
  arithmetic: "takes another arithmetic or bitwise operator",
  boolean: "takes the other truth value",
  boundary: "moves a boundary: `<` to `<=`, `>=` to `>`",
  constant: "takes a number one larger",
  drop: "drops a statement",
  length: "takes a length one smaller",
  logic: "takes or for and, and the other way round",
  negate: "negates a condition",
  return: "returns nothing, or the opposite",
  text: "takes an empty text, or one for an empty one",
} as const;

/** A kind of change. */
export type Operator = keyof typeof OPERATORS;

/** One mutant: a place and an operator. */
export interface Point {
  /** Its identifier, which stays the same while the statement around it does. */
  readonly id: string;
  /** The file, by its path from the root. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
  /** The kind of change. */
  readonly operator: Operator;
  /** The source as it is. */
  readonly before: string;
  /** The source that takes its place. */
  readonly after: string;
}

/** A program with a switch for each of its mutants. */
export interface Switchable {
  /** The mutants; the number of each is its place in this list. */
  readonly points: readonly Point[];
  /** The command that starts the adapter. */
  readonly command: string;
}

/** Makes identifiers: of the file, the declaration and the operator, and of the statement by a hash. */
export class Identifiers {
  readonly #taken = new Map<string, number>();

  /** Returns an identifier that this object has not returned before. */
  next(
    file: string,
    symbol: string,
    operator: Operator,
    statement: string,
  ): string {
    const id = `${file}:${symbol}:${operator}:${
      hash(statement.replace(/\s+/g, ""))
    }`;
    const times = (this.#taken.get(id) ?? 0) + 1;
    this.#taken.set(id, times);
    return times === 1 ? id : `${id}~${times}`;
  }
}

/** The FNV-1a hash of a text, as hexadecimal digits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, "0").slice(0, 6);
}
