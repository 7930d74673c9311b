/**
 * Waits until expectations are matched, or until it is too late.
 *
 * @module
 */

import { showBytes } from "../../cases/bytes.ts";
import type { Expectation, Outcome } from "../../cases/case.ts";
import {
  type Cursor,
  type FinalMatchResult,
  type MatchContext,
  type MatchResult,
  mismatch,
} from "./match_result.ts";
import { findUnexpected, matchInOrder } from "./matcher.ts";

/** Options for waiting on one connection. */
export interface ExpectationOptions {
  /** How long one expectation may take, in milliseconds. */
  readonly timeout: number;
  /** How long a quiet step waits, in milliseconds. */
  readonly quietTime: number;
  /** Returns what expectations are compared with at the moment. */
  readonly context: () => MatchContext;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/**
 * How long nothing may arrive before silence is taken as an outcome where
 * another one is possible, in milliseconds.
 */
const SILENT_OUTCOME_TIME = 700;

/** The longest a step takes while data keeps arriving, in timeouts. */
const LONGEST_STEP = 10;

/** Stands for the expectation of nothing. */
const NOTHING: Expectation = { end: {} };

/** Compares again after each arrival, until the result is final or too late. */
export async function awaitMatch(
  compare: () => MatchResult,
  options: ExpectationOptions,
): Promise<FinalMatchResult> {
  const began = performance.now();
  for (;;) {
    const result = compare();
    if (result.state !== "open") return result;
    const until = openUntil(result.expectation, began, options);
    if (performance.now() >= until) {
      return mismatch(describeSilence(result.cursor, began, options));
    }
    await waitForMore(until, options);
  }
}

/** Waits until the first of several outcomes that matches is certain. */
export async function awaitOutcome(
  outcomes: readonly Outcome[],
  from: Cursor,
  options: ExpectationOptions,
): Promise<FinalMatchResult> {
  const began = performance.now();
  const { quietTime, context } = options;
  const quietUntil = began +
    (outcomes.length === 1
      ? quietTime
      : Math.max(quietTime, SILENT_OUTCOME_TIME));
  const hasQuiet = outcomes.some((outcome) => "quiet" in outcome);
  for (;;) {
    const now = performance.now();
    const mismatches: { readonly why: string }[] = [];
    let until: number | undefined;
    for (const outcome of outcomes) {
      const result = matchOutcome(outcome, from, quietUntil, context());
      if (result.state === "matched") {
        return { ...result, cursor: graded(outcome, result.cursor) };
      }
      if (result.state === "mismatch") {
        mismatches.push(result);
        continue;
      }
      // An arrival that may never come gets less time than one that must.
      const { expectation } = result;
      const mayBeSilent = hasQuiet && expectation.within === undefined &&
        findUnexpected(from, context()) === undefined;
      const last = mayBeSilent
        ? Math.max(
          quietUntil,
          context().previousEnded + (expectation.notBefore ?? 0),
        )
        : "quiet" in outcome
        ? quietUntil
        : openUntil(expectation, began, options);
      if (now < last) {
        until = last;
        break;
      }
      mismatches.push({ why: describeSilence(from, began, options) });
    }
    if (until === undefined) {
      const whys = new Set(mismatches.map(({ why }) => why));
      return mismatch([...whys].join("; "));
    }
    await waitForMore(until, options);
  }
}

/**
 * Waits `ms` milliseconds or until the connection ends, and describes the first
 * unexpected arrival, if any.
 *
 * @param mayEnd Whether an end and the ProtocolError before it are ignored.
 */
export async function awaitNothing(
  ms: number,
  from: Cursor,
  options: ExpectationOptions,
  mayEnd = false,
): Promise<string | undefined> {
  const until = performance.now() + ms;
  for (;;) {
    const context = options.context();
    const arrived = findUnexpected(from, context, mayEnd);
    if (arrived !== undefined) return arrived;
    if (performance.now() >= until || context.inbox.ended) return undefined;
    await waitForMore(until, options);
  }
}

function matchOutcome(
  outcome: Outcome,
  from: Cursor,
  quietUntil: number,
  context: MatchContext,
): MatchResult {
  if (!("quiet" in outcome)) {
    return matchInOrder(outcome.expect, from, context);
  }
  const arrived = findUnexpected(from, context);
  if (arrived !== undefined) return mismatch(`${arrived} arrived`);
  return performance.now() >= quietUntil
    ? { state: "matched", cursor: from }
    : { state: "open", expectation: NOTHING, cursor: from };
}

/** Adds the reason for a weak outcome to a cursor. */
function graded(outcome: Outcome, cursor: Cursor): Cursor {
  if (outcome.grade === "pass") return cursor;
  const { because = "not as it should be" } = outcome;
  return { ...cursor, weak: [...cursor.weak, because] };
}

/** Returns the time until which an expectation may stay open. */
function openUntil(
  { within, notBefore = 0 }: Expectation,
  began: number,
  { timeout, context }: ExpectationOptions,
): number {
  const { scale, previousEnded, inbox } = context();
  if (within !== undefined) return previousEnded + within * scale;
  const earliest = Math.max(began, previousEnded + notBefore);
  return Math.min(
    Math.max(earliest, inbox.lastAt) + timeout,
    earliest + LONGEST_STEP * timeout,
  );
}

/** Describes what did not arrive. */
function describeSilence(
  from: Cursor,
  began: number,
  { context }: ExpectationOptions,
): string {
  const ms = Math.round(performance.now() - began);
  const { partial } = context().inbox;
  if (partial.length > 0) {
    return `only "${showBytes(partial)}" arrived within ${ms} ms`;
  }
  const more = from.offset.item > 0 ? " more" : "";
  return `nothing${more} arrived within ${ms} ms`;
}

async function waitForMore(
  until: number,
  { context, signal }: ExpectationOptions,
): Promise<void> {
  await context().inbox.wait(until, signal);
}
