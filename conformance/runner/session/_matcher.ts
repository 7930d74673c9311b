/**
 * Expectations against what has arrived so far.
 *
 * Nothing here waits: an attempt says whether an expectation is met, cannot be met any more, or is open
 * until more arrives.
 *
 * @module
 */

import { showBytes, toBytes } from "../cases/bytes.ts";
import type { Expectation } from "../cases/case.ts";
import {
  type Attempt,
  inTime,
  mismatch,
  next,
  type Position,
  type Surroundings,
} from "./_attempt.ts";
import { attemptBytes, attemptFrame } from "./_attempt_bytes.ts";
import { attemptEnd } from "./_attempt_end.ts";
import { describeItem } from "./_item_text.ts";
import { isEnding, isNoise, pass } from "./_noise.ts";
import { matchMessage } from "./_pattern.ts";

/** Attempts one expectation. */
export function attempt(
  wanted: Expectation,
  from: Position,
  around: Surroundings,
): Attempt {
  let position = pass(wanted, from, around);
  for (;;) {
    const result = attemptHere(wanted, position, around);
    if (result.state !== "mismatch" || !around.ignoring) return result;
    const item = around.inbox.at(position.cursor);
    if (item?.type !== "message") return result;
    position = pass(wanted, next(position), around);
  }
}

/** Attempts expectations one behind the other. */
export function attemptInOrder(
  wanted: readonly Expectation[],
  from: Position,
  around: Surroundings,
): Attempt {
  let position = from;
  for (const one of wanted) {
    const result = attempt(one, position, around);
    if (result.state !== "matched") return result;
    position = result.position;
  }
  return { state: "matched", position };
}

/** Attempts expectations in any order. */
export function attemptAll(
  wanted: readonly Expectation[],
  from: Position,
  around: Surroundings,
): Attempt {
  if (wanted.length === 0) return { state: "matched", position: from };
  let open: Attempt | undefined;
  let mismatch: Attempt | undefined;
  const tried = new Set<string>();
  for (const [index, one] of wanted.entries()) {
    const first = attempt(one, from, around);
    if (first.state === "open") open ??= first;
    else if (first.state === "mismatch") mismatch ??= first;
    else {
      // What looks the same leads to the same.
      const text = JSON.stringify(one);
      if (tried.has(text)) continue;
      tried.add(text);
      const rest = wanted.toSpliced(index, 1);
      const result = attemptAll(rest, first.position, around);
      // Every other order would need as many arrivals as this one.
      if (result.state !== "mismatch") return result;
      mismatch = result;
    }
  }
  return open ?? mismatch!;
}

/**
 * What has arrived and is not passed over, as text for humans, if anything.
 *
 * @param mayEnd Whether the end, and a ProtocolError before it, are passed over as well.
 */
export function unexpected(
  from: Position,
  around: Surroundings,
  mayEnd = false,
): string | undefined {
  const { cursor } = pass(undefined, from, around);
  for (let at = cursor;; at = { item: at.item + 1, skip: 0 }) {
    const item = around.inbox.at(at);
    if (item === undefined) {
      const rest = around.inbox.partial.subarray(at.skip);
      return rest.length === 0 || around.ignoring
        ? undefined
        : `the beginning of a message, "${showBytes(rest)}"`;
    }
    if (isNoise(item, undefined)) continue;
    if (around.ignoring && item.type === "message") continue;
    if (mayEnd && isEnding(item)) continue;
    return describeItem(item);
  }
}

function attemptHere(
  wanted: Expectation,
  from: Position,
  around: Surroundings,
): Attempt {
  if ("message" in wanted) return attemptMessage(wanted, from, around);
  if ("end" in wanted) return attemptEnd(wanted, wanted.end, from, around);
  if ("frame" in wanted) {
    return attemptFrame(wanted, wanted.frame, from, around);
  }
  if ("upgrade" in wanted) return attemptUpgrade(wanted, from, around);
  return attemptBytes(wanted, toBytes(wanted.bytes), from, around);
}

function attemptMessage(
  wanted: Expectation & { readonly message: unknown },
  from: Position,
  around: Surroundings,
): Attempt {
  const item = around.inbox.at(from.cursor);
  if (item === undefined) return { state: "open", on: wanted, position: from };
  if (item.type !== "message" || from.cursor.skip > 0) return mismatch(item);
  const { message } = wanted as Extract<Expectation, { message: unknown }>;
  const bindings = matchMessage(message, item.message, from.bindings);
  if (bindings === undefined) return mismatch(item);
  return inTime(wanted, { ...next(from), bindings }, item.at, around);
}

function attemptUpgrade(
  wanted: Extract<Expectation, { upgrade: unknown }>,
  from: Position,
  { headers }: Surroundings,
): Attempt {
  if (headers === undefined) {
    return { state: "mismatch", why: "no WebSocket was asked for" };
  }
  for (const [name, pattern] of Object.entries(wanted.upgrade.headers)) {
    const value = headers[name.toLowerCase()];
    const isRight = typeof pattern === "string"
      ? value === pattern
      : "absent" in pattern
      ? value === undefined
      : value !== undefined && URL.canParse(value);
    if (isRight) continue;
    const shown = value === undefined ? "missing" : JSON.stringify(value);
    return { state: "mismatch", why: `the header ${name} was ${shown}` };
  }
  return { state: "matched", position: from };
}
