/**
 * Describes expectations and received items for humans.
 *
 * @module
 */

import { describe, encode } from "@gotalk/gotalk/codec";
import { sameBytes, showBytes, toBytes } from "../../cases/bytes.ts";
import type { EndPattern, Expectation, Outcome } from "../../cases/case.ts";
import type { InboxItem } from "./inbox.ts";
import { type Bindings, describePattern } from "./pattern.ts";

/** Describes an expectation in one line. */
export function describeExpectation(
  expectation: Expectation,
  bindings: Bindings,
): string {
  const { notBefore, within, behind } = expectation;
  let text = describeArrival(expectation, bindings);
  if (behind !== undefined) {
    text += `, behind any number of ${describePattern(behind, bindings)}`;
  }
  if (notBefore !== undefined) text += `, not before ${notBefore} ms`;
  if (within !== undefined) text += `, within ${within} ms`;
  return text;
}

/** Describes several expectations in one line. */
export function describeExpectations(
  expectations: readonly Expectation[],
  bindings: Bindings,
  glue = ", then ",
): string {
  return expectations.map((one) => describeExpectation(one, bindings)).join(
    glue,
  );
}

/** Describes an outcome in one line. */
export function describeOutcome(outcome: Outcome, bindings: Bindings): string {
  const text = "quiet" in outcome
    ? "nothing"
    : describeExpectations(outcome.expect, bindings);
  return outcome.grade === "pass"
    ? text
    : `${text} (weak: ${outcome.because ?? "not as it should be"})`;
}

/** Describes a received item in one line. */
export function describeItem(item: InboxItem): string {
  switch (item.type) {
    case "message":
      return describeMessage(item);
    case "version":
      return `version ${showBytes(item.bytes)}`;
    case "malformed":
      return `${item.bytes.length} malformed bytes: ${
        showBytes(item.bytes)
      } (${item.why})`;
    case "control":
      return `WebSocket ${item.frame} ${showBytes(item.bytes)}`.trimEnd();
    case "violation":
      return `a violation of the WebSocket protocol: ${item.why}`;
    case "end":
      if (item.how !== "close") return `the end: ${item.how}`;
      return `the end: WebSocket close${
        item.code === undefined ? " without a code" : ` ${item.code}`
      }`;
  }
}

/**
 * Describes a message, and its header if that has upper-case digits, which the
 * plain description does not show.
 */
function describeMessage(
  item: Extract<InboxItem, { type: "message" }>,
): string {
  const text = describe(item.message);
  const [header = new Uint8Array(0)] = encode(item.message);
  const received = item.first(header.length);
  return sameBytes(header, received)
    ? text
    : `${text}, its header written "${showBytes(received)}"`;
}

/** Describes an expectation without its times. */
function describeArrival(expectation: Expectation, bindings: Bindings): string {
  if ("message" in expectation) {
    return describePattern(expectation.message, bindings);
  }
  if ("parts" in expectation) {
    const { joined, ...pattern } = expectation.parts;
    return `${describePattern(pattern, bindings)}, any number, joined "${
      showBytes(toBytes(joined))
    }"`;
  }
  if ("bytes" in expectation) {
    return `bytes "${showBytes(toBytes(expectation.bytes))}"`;
  }
  if ("end" in expectation) return describeEnd(expectation.end);
  if ("upgrade" in expectation) {
    return `an upgrade with the headers ${
      JSON.stringify(expectation.upgrade.headers)
    }`;
  }
  const { type, data } = expectation.frame;
  const isMessage = type === "binary" || type === "text";
  const text = isMessage
    ? `a ${type} WebSocket message`
    : `a WebSocket ${type}`;
  const { begins, size } = expectation.frame;
  return [
    data === undefined ? text : `${text} with "${showBytes(toBytes(data))}"`,
    ...begins === undefined
      ? []
      : [`beginning with "${showBytes(toBytes(begins))}"`],
    ...size === undefined ? [] : [`${size} bytes`],
  ].join(", ");
}

function describeEnd(
  { error = "indifferent", codes, close }: EndPattern,
): string {
  const which = codes === undefined ? "" : ` ${codes.join(" or ")}`;
  const before = {
    required: ` after a ProtocolError${which}`,
    preferred: ` after a ProtocolError${which}, or weakly without`,
    none: " without a ProtocolError",
    indifferent: "",
  } satisfies Record<NonNullable<EndPattern["error"]>, string>;
  const text = `the end of the connection${before[error]}`;
  return close === undefined
    ? text
    : `${text}, with close code ${close.join(" or ")}`;
}
