/**
 * The end of a connection, as it is wanted.
 *
 * @module
 */

import type { EndPattern, Expectation } from "../cases/case.ts";
import {
  type Attempt,
  inTime,
  mismatch,
  next,
  type Position,
  type Surroundings,
} from "./_attempt.ts";
import type { Item } from "./_inbox.ts";
import { isNoise } from "./_noise.ts";

/** Attempts an end, with or without a ProtocolError before it. */
export function attemptEnd(
  wanted: Expectation,
  pattern: EndPattern,
  from: Position,
  around: Surroundings,
): Attempt {
  const { inbox } = around;
  let code: number | undefined;
  let position = from;
  for (;; position = next(position)) {
    const item = inbox.at(position.cursor);
    if (item === undefined) {
      return { state: "open", on: wanted, position };
    }
    if (item.type === "end") {
      const verdict = judgeEnd(pattern, code, item);
      if ("why" in verdict) return { state: "mismatch", why: verdict.why };
      const weak = [...position.weak, ...verdict.weak];
      return inTime(wanted, { ...next(position), weak }, item.at, around);
    }
    if (isNoise(item, wanted)) continue;
    if (item.type !== "message" || position.cursor.skip > 0) {
      return mismatch(item);
    }
    const { message } = item;
    if (message.kind === "ProtocolError" && code === undefined) {
      if (pattern.error === "none") return mismatch(item);
      code = message.code;
    } else if (!around.ignoring || code !== undefined) {
      return mismatch(item);
    }
  }
}

/** What an end is worth, after a ProtocolError or none. */
function judgeEnd(
  pattern: EndPattern,
  code: number | undefined,
  end: Extract<Item, { type: "end" }>,
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
  if (close !== undefined && end.how === "close") {
    if (end.code === undefined || !close.includes(end.code)) {
      weak.push(`the close code was ${end.code ?? "missing"}`);
    }
  } else if (close !== undefined) {
    weak.push(`the connection ended without a WebSocket close`);
  }
  return { weak };
}
