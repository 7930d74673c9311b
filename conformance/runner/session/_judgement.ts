/**
 * How a case comes to a verdict before its last step.
 *
 * @module
 */

import { AdapterError, SkippedError } from "../implementation.ts";

/** A verdict that needs no further step. */
export class Judgement extends Error {
  override readonly name = "Judgement";
  /** The verdict. */
  readonly verdict: "fail" | "skipped" | "errored";
  /** What would have been right. */
  readonly expected: readonly string[] | undefined;

  /** Creates a verdict with its reason. */
  constructor(
    verdict: "fail" | "skipped" | "errored",
    reason: string,
    expected?: readonly string[],
  ) {
    super(reason);
    this.verdict = verdict;
    this.expected = expected;
  }
}

/** What becomes of a case in which this was thrown. */
export function judgementOf(thrown: unknown): Judgement {
  if (thrown instanceof Judgement) return thrown;
  if (thrown instanceof SkippedError) {
    const { message, issue } = thrown;
    return new Judgement(
      "skipped",
      issue === undefined ? message : `${message} (${issue})`,
    );
  }
  if (thrown instanceof AdapterError) {
    return new Judgement("errored", thrown.message);
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new Judgement("errored", text);
}
