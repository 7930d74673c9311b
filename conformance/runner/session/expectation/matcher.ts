/**
 * Compares expectations with the data received so far.
 *
 * Nothing here waits: a result says whether an expectation is matched, can no
 * longer be matched, or is open until more data arrives.
 *
 * @module
 */

import { sameBytes, showBytes, toBytes } from "../../cases/bytes.ts";
import type { EndPattern, Expectation } from "../../cases/case.ts";
import { matchFrame, matchRawBytes } from "./byte_matcher.ts";
import { type InboxItem, nextItem } from "./inbox.ts";
import {
  afterItem,
  beginsIgnorable,
  type Cursor,
  isIgnorable,
  type MatchContext,
  matchedAt,
  type MatchResult,
  mismatch,
  mismatchedItem,
  skipIgnorable,
} from "./match_result.ts";
import { matchMessage } from "./pattern.ts";
import { describeItem } from "./wording.ts";

/** Compares one expectation. */
export function match(
  expectation: Expectation,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  let cursor = skipIgnorable(expectation, from, context);
  for (;;) {
    const result = matchHere(expectation, cursor, context);
    if (result.state !== "mismatch") return result;
    const item = context.inbox.at(cursor.offset);
    if (item?.type !== "message") return result;
    const { behind } = expectation;
    const isPassed = behind !== undefined && cursor.offset.skip === 0 &&
      matchMessage(behind, item.message, cursor.bindings) !== undefined;
    if (!context.ignoring && !isPassed) return result;
    cursor = skipIgnorable(expectation, afterItem(cursor), context);
  }
}

/** Compares expectations one after the other. */
export function matchInOrder(
  expectations: readonly Expectation[],
  from: Cursor,
  context: MatchContext,
): MatchResult {
  let cursor = from;
  for (const expectation of expectations) {
    const result = match(expectation, cursor, context);
    if (result.state !== "matched") return result;
    cursor = result.cursor;
  }
  return { state: "matched", cursor };
}

/** Compares expectations in any order. */
export function matchInAnyOrder(
  expectations: readonly Expectation[],
  from: Cursor,
  context: MatchContext,
): MatchResult {
  if (expectations.length === 0) return { state: "matched", cursor: from };
  // What one expectation would pass over can be what another one expects.
  const here = context.ignoring ? { ...context, ignoring: false } : context;
  let cursor = from;
  for (;;) {
    const result = matchOneFirst(expectations, cursor, here, context);
    if (result.state !== "mismatch" || !context.ignoring) return result;
    cursor = skipIgnorable(undefined, cursor, context);
    if (context.inbox.at(cursor.offset)?.type !== "message") return result;
    cursor = afterItem(cursor);
  }
}

/** Compares what comes first with each of the expectations, and what follows with the others. */
function matchOneFirst(
  expectations: readonly Expectation[],
  from: Cursor,
  here: MatchContext,
  context: MatchContext,
): MatchResult {
  let open: MatchResult | undefined;
  let mismatched: MatchResult | undefined;
  let tried: Set<string> | undefined;
  for (const [index, expectation] of expectations.entries()) {
    const first = match(expectation, from, here);
    if (first.state === "open") open ??= first;
    else if (first.state === "mismatch") mismatched ??= first;
    else {
      // Equal expectations lead to equal results.
      if (tried?.has(JSON.stringify(expectation))) continue;
      const others = expectations.toSpliced(index, 1);
      const result = matchInAnyOrder(others, first.cursor, context);
      // Every other order needs as many arrivals as this one.
      if (result.state !== "mismatch") return result;
      mismatched = result;
      tried ??= new Set();
      tried.add(JSON.stringify(expectation));
    }
  }
  return open ?? mismatched!;
}

/**
 * Describes the first received thing that is neither ignorable nor ignored, if
 * any.
 *
 * @param mayEnd Whether an end and the ProtocolError before it are ignored too.
 */
export function findUnexpected(
  from: Cursor,
  context: MatchContext,
  mayEnd = false,
): string | undefined {
  const { inbox, ignoring, heeds } = context;
  let { offset } = skipIgnorable(undefined, from, context);
  for (;; offset = nextItem(offset)) {
    const item = inbox.at(offset);
    if (item === undefined) {
      const rest = inbox.bytesAt(offset);
      return rest.length === 0 || ignoring || beginsIgnorable(rest, heeds)
        ? undefined
        : `the beginning of a message, "${showBytes(rest)}"`;
    }
    if (isIgnorable(item, undefined, heeds)) continue;
    if (ignoring && item.type === "message") continue;
    if (mayEnd && isEnding(item)) continue;
    return describeItem(item);
  }
}

/** Reports whether an item is part of how a connection is ended. */
function isEnding(item: InboxItem): boolean {
  return item.type === "end" ||
    item.type === "message" && item.message.kind === "ProtocolError";
}

/** Compares an expectation with what is at the cursor, skipping nothing. */
function matchHere(
  expectation: Expectation,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  if ("message" in expectation) {
    return matchMessageItem(expectation, from, context);
  }
  if ("parts" in expectation) return matchParts(expectation, from, context);
  if ("bytes" in expectation) {
    const bytes = toBytes(expectation.bytes);
    return matchRawBytes(expectation, bytes, from, context);
  }
  if ("frame" in expectation) {
    return matchFrame(expectation, expectation.frame, from, context);
  }
  if ("end" in expectation) {
    return matchEnd(expectation, expectation.end, from, context);
  }
  return matchUpgrade(expectation, from, context);
}

function matchMessageItem(
  expectation: Extract<Expectation, { message: unknown }>,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  const item = context.inbox.at(from.offset);
  if (item === undefined) return { state: "open", expectation, cursor: from };
  if (item.type !== "message" || from.offset.skip > 0) {
    return mismatchedItem(item);
  }
  const pattern = expectation.message;
  const bindings = matchMessage(pattern, item.message, from.bindings);
  if (bindings === undefined) return mismatchedItem(item);
  const cursor = { ...afterItem(from), bindings };
  return matchedAt(item.at, expectation, cursor, context);
}

/** Compares parts, of which there may be any number, until all wanted bytes are there. */
function matchParts(
  expectation: Extract<Expectation, { parts: unknown }>,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  const { kind, id, joined } = expectation.parts;
  const before = context.comparedParts.get(expectation);
  const isSame = before !== undefined && isSamePlace(before.from, from);
  const wanted = isSame ? before.wanted : toBytes(joined);
  let cursor = isSame ? before.cursor : from;
  for (let done = isSame ? before.done : 0;;) {
    cursor = skipIgnorable(expectation, cursor, context);
    const item = context.inbox.at(cursor.offset);
    if (item === undefined) {
      context.comparedParts.set(expectation, { from, wanted, done, cursor });
      return { state: "open", expectation, cursor };
    }
    if (item.type !== "message" || cursor.offset.skip > 0) {
      return mismatchedItem(item);
    }
    const { message } = item;
    if (message.kind !== kind) return mismatchedItem(item);
    const bindings = matchMessage({ kind, id }, message, cursor.bindings);
    const { payload } = message;
    const isNext = payload.length > 0 &&
      sameBytes(payload, wanted.subarray(done, done + payload.length));
    if (bindings === undefined || !isNext) return mismatchedItem(item);
    done += payload.length;
    cursor = { ...afterItem(cursor), bindings };
    if (done === wanted.length) {
      return matchedAt(item.at, expectation, cursor, context);
    }
  }
}

/** Whether what is compared from two cursors has the same result. */
function isSamePlace(a: Cursor, b: Cursor): boolean {
  return a.offset.item === b.offset.item && a.offset.skip === b.offset.skip &&
    a.bindings === b.bindings && a.weak === b.weak;
}

function matchUpgrade(
  expectation: Extract<Expectation, { upgrade: unknown }>,
  from: Cursor,
  { headers }: MatchContext,
): MatchResult {
  if (headers === undefined) return mismatch("no WebSocket was requested");
  for (const [name, pattern] of Object.entries(expectation.upgrade.headers)) {
    const value = headers[name.toLowerCase()];
    const isRight = typeof pattern === "string"
      ? value === pattern
      : "absent" in pattern
      ? value === undefined
      : value !== undefined && URL.canParse(value);
    if (isRight) continue;
    const text = value === undefined ? "missing" : JSON.stringify(value);
    return mismatch(`the header ${name} was ${text}`);
  }
  return { state: "matched", cursor: from };
}

/** Compares the end of a connection, with or without a ProtocolError before it. */
function matchEnd(
  expectation: Expectation,
  pattern: EndPattern,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  let code: number | undefined;
  for (let cursor = from;; cursor = afterItem(cursor)) {
    const item = context.inbox.at(cursor.offset);
    if (item === undefined) return { state: "open", expectation, cursor };
    if (item.type === "end") {
      const grade = gradeEnd(pattern, code, item);
      if ("why" in grade) return mismatch(grade.why);
      const weak = [...cursor.weak, ...grade.weak];
      const after = { ...afterItem(cursor), weak };
      return matchedAt(item.at, expectation, after, context);
    }
    if (isIgnorable(item, expectation, context.heeds)) continue;
    if (item.type !== "message" || cursor.offset.skip > 0) {
      return mismatchedItem(item);
    }
    const { message } = item;
    if (message.kind === "ProtocolError" && code === undefined) {
      if (pattern.error === "none") return mismatchedItem(item);
      code = message.code;
    } else if (!context.ignoring || code !== undefined) {
      return mismatchedItem(item);
    }
  }
}

/** Grades an end, given the code of the ProtocolError before it, if any. */
function gradeEnd(
  pattern: EndPattern,
  code: number | undefined,
  end: Extract<InboxItem, { type: "end" }>,
): { readonly why: string } | { readonly weak: readonly string[] } {
  const { error = "indifferent", codes, close } = pattern;
  const weak: string[] = [];
  const isWanted = error === "required" || error === "preferred";
  const lacking = code === undefined
    ? isWanted && "there was no ProtocolError before the end" +
        (end.how === "reset" ? ", which was a reset" : "")
    : codes !== undefined && !codes.includes(code) &&
      `the ProtocolError had the code ${code}`;
  if (lacking) {
    if (error === "required") return { why: lacking };
    weak.push(lacking);
  }
  if (close !== undefined && end.how !== "close") {
    weak.push("the connection ended without a WebSocket close");
  } else if (
    close !== undefined && (end.code === undefined || !close.includes(end.code))
  ) {
    weak.push(`the close code was ${end.code ?? "missing"}`);
  }
  return { weak };
}
