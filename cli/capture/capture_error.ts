/**
 * What is wrong with a capture.
 *
 * @module
 */

/** Thrown if a capture is broken, cut, or of a kind that is not read. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
}
