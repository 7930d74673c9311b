/**
 * Small mistakes that an implementer plausibly makes, as changes of our own source.
 *
 * @module
 */

/** One change: the file, a text that stands in it exactly once, and what takes its place. */
export type Edit = readonly [file: string, from: string, to: string];

/** One mistake. */
export interface Fault {
  /** A name of lower-case words joined by hyphens. */
  readonly name: string;
  /** What an implementation with it does. */
  readonly does: string;
  /** The changes that bring it about. */
  readonly edits: readonly Edit[];
}

/** Mistakes in one part of an implementation. */
export interface FaultGroup {
  /** The suite that has to find them. */
  readonly suite: "codec" | "session" | "websocket" | "hostile";
  /** The mistakes. */
  readonly faults: readonly Fault[];
}
