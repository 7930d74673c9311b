/**
 * Expectations as text for humans.
 *
 * @module
 */

import { showBytes, toBytes } from "../cases/bytes.ts";
import type { EndPattern, Expectation, Outcome } from "../cases/case.ts";
import type { Bindings } from "./_bindings.ts";
import { describePattern } from "./_pattern.ts";

/** An expectation as one line. */
export function describeExpectation(
  wanted: Expectation,
  bindings: Bindings,
): string {
  const { notBefore, within } = wanted;
  let text = withoutTimes(wanted, bindings);
  if (notBefore !== undefined) text += `, not before ${notBefore} ms`;
  if (within !== undefined) text += `, within ${within} ms`;
  return text;
}

/** Several expectations as one line. */
export function describeExpectations(
  wanted: readonly Expectation[],
  bindings: Bindings,
  glue = ", then ",
): string {
  return wanted.map((one) => describeExpectation(one, bindings)).join(glue);
}

/** An outcome as one line. */
export function describeOutcome(outcome: Outcome, bindings: Bindings): string {
  const text = "quiet" in outcome
    ? "nothing"
    : describeExpectations(outcome.expect, bindings);
  return outcome.grade === "pass"
    ? text
    : `${text} (weak: ${outcome.because ?? "not as it should be"})`;
}

function withoutTimes(wanted: Expectation, bindings: Bindings): string {
  if ("message" in wanted) return describePattern(wanted.message, bindings);
  if ("bytes" in wanted) return `bytes "${showBytes(toBytes(wanted.bytes))}"`;
  if ("end" in wanted) return describeEnd(wanted.end);
  if ("upgrade" in wanted) {
    return `an upgrade with the headers ${
      JSON.stringify(wanted.upgrade.headers)
    }`;
  }
  const { type, data } = wanted.frame;
  const what = type === "binary" || type === "text" ? `${type} message` : type;
  return data === undefined
    ? `a ${what} of WebSocket`
    : `a ${what} of WebSocket with "${showBytes(toBytes(data))}"`;
}

function describeEnd({ error, codes, close }: EndPattern): string {
  let text = "the end of the connection";
  const which = codes === undefined ? "" : ` ${codes.join(" or ")}`;
  switch (error) {
    case "required":
      text += ` after a ProtocolError${which}`;
      break;
    case "preferred":
      text += ` after a ProtocolError${which}, or weakly without`;
      break;
    case "none":
      text += " without a ProtocolError";
  }
  if (close !== undefined) text += `, with close code ${close.join(" or ")}`;
  return text;
}
