/**
 * What a check finds.
 *
 * @module
 */

/** A finding: something that is wrong in the corpus. */
export interface Finding {
  /**
   * The file, as a path from the folder of the corpus;
   * `../implementations/known/` for the lists of known failures.
   */
  readonly path: string;
  /** Where in the file, as a JSON pointer. */
  readonly pointer: string;
  /** What was found, and what was wanted. */
  readonly message: string;
}
