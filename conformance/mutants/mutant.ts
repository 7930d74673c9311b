/**
 * Mutants: copies of the library with one defect that an implementer might introduce.
 *
 * @module
 */

/**
 * One change of the source, anchored by a symbol and by text, so that it survives moves of files and lines.
 *
 * `in` names a declaration of the library: a class, function or constant (`Responder`), or a member of a
 * class (`Responder.single`, `Reader.#skip`). Its file does not matter.
 *
 * With `from`, the text that occurs exactly once in the declarations of that name is replaced with `to`.
 * White space and trailing commas in `from` match as the formatter happens to place them. A word that
 * begins with `$` in `from`, such as `$link`, matches any path, such as `this.#link`; the same word in `to`
 * stands for what it has matched.
 *
 * With `first`, the text is inserted at the beginning of the body of the function or method.
 */
export type Edit =
  | { readonly in: string; readonly from: string; readonly to: string }
  | { readonly in: string; readonly first: string };

/** One mutant. */
export interface Mutant {
  /** Its name: lower-case words joined by hyphens. */
  readonly name: string;
  /** What an implementation with this defect does. */
  readonly does: string;
  /** The changes that make it. */
  readonly edits: readonly Edit[];
}

/** The suites that have mutants. */
export type MutantSuite =
  | "codec"
  | "session"
  | "websocket"
  | "extensions"
  | "hostile";

/** The mutants that one suite of the corpus must kill. */
export interface MutantGroup {
  /** The suite. */
  readonly suite: MutantSuite;
  /** The mutants. */
  readonly mutants: readonly Mutant[];
}

/** A mutant, and a suite that must kill it. */
export interface SuitedMutant {
  /** The mutant. */
  readonly mutant: Mutant;
  /** The suite. */
  readonly suite: MutantSuite;
}
