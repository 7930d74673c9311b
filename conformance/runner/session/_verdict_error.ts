/**
 * Verdicts that end a case before its last step.
 *
 * @module
 */

import { SkippedError } from "../implementation.ts";

/** The verdicts that need no further step. */
export type EarlyVerdict = "fail" | "skipped" | "errored";

/** Thrown to end a case with a verdict. */
export class VerdictError extends Error {
  override readonly name = "VerdictError";
  readonly verdict: EarlyVerdict;
  /** What would have passed, one alternative per entry. */
  readonly expected: readonly string[] | undefined;

  /** Creates an error with a verdict and its reason. */
  constructor(
    verdict: EarlyVerdict,
    reason: string,
    expected?: readonly string[],
  ) {
    super(reason);
    this.verdict = verdict;
    this.expected = expected;
  }
}

/** Converts anything that a step has thrown to a verdict. */
export function toVerdictError(thrown: unknown): VerdictError {
  if (thrown instanceof VerdictError) return thrown;
  if (thrown instanceof SkippedError) {
    const { message, issue } = thrown;
    return new VerdictError(
      "skipped",
      issue === undefined ? message : `${message} (${issue})`,
    );
  }
  return new VerdictError("errored", errorText(thrown));
}

/** Returns the message of anything thrown. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
