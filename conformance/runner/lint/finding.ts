/**
 * What is found to be wrong in a corpus.
 *
 * @module
 */

/** Something that is wrong. */
export interface Finding {
  /** The file, as a path from the folder of the corpus; `../implementations/known/` for the lists beside it. */
  readonly path: string;
  /** Where in the file, as a JSON pointer. */
  readonly pointer: string;
  /** What is there, and what was wanted. */
  readonly message: string;
}
