/**
 * Numbers of peers.
 * Internal to the package.
 *
 * @module
 */

let last = 0;

/** Returns the number of a new peer: 1 for the first one of the process. */
export function newPeerId(): number {
  return ++last;
}
