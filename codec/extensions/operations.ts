/**
 * The operation `gotalk:operations`: what a peer handles.
 * Internal to the package.
 *
 * @module
 */

/** The name of the operation that lists the operations of a peer (extension/operations). */
export const OPERATIONS = "gotalk:operations";
