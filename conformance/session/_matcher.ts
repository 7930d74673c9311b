/**
 * Expectations against what has arrived so far.
 *
 * Nothing here waits: an attempt says whether an expectation is met, cannot be met any more, or is open
 * until more arrives.
 *
 * @module
 */

import { sameBytes, showBytes, toBytes } from "../bytes.ts";
import type { EndPattern, Expectation, Frame } from "../case.ts";
import type { Bindings } from "./_bindings.ts";
import { type Cursor, describeItem, type Inbox, type Item } from "./_inbox.ts";
import { matchMessage } from "./_pattern.ts";
import type { UpgradeHeaders } from "./_wire.ts";

/** Where an attempt begins, and where one that succeeded ends. */
export interface Position {
  /** What was looked at. */
  readonly cursor: Cursor;
  /** What was remembered. */
  readonly bindings: Bindings;
  /** Why it is not quite as it should be. */
  readonly weak: readonly string[];
}

/** What came of an attempt. */
export type Attempt =
  | { readonly state: "matched"; readonly position: Position }
  | { readonly state: "mismatch"; readonly why: string }
  | {
    readonly state: "open";
    /** What is waited for, and where. */
    readonly on: Expectation;
    readonly position: Position;
  };

/** Against what expectations are held. */
export interface Surroundings {
  /** What has arrived. */
  readonly inbox: Inbox;
  /** When the step before has ended. */
  readonly mark: number;
  /** How much longer than written everything may take. */
  readonly scale: number;
  /** How much too early something may seem to be, as clocks are read on both sides of a wire. */
  readonly tolerance: number;
  /** Whether messages that nobody waits for are passed over. */
  readonly ignoring: boolean;
  /** What the WebSocket was asked for with. */
  readonly headers: UpgradeHeaders | undefined;
}

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

function isEnding(item: Item): boolean {
  return item.type === "end" ||
    item.type === "message" && item.message.kind === "ProtocolError";
}

/** Whether an item is passed over by who does not name it. */
function isNoise(item: Item, wanted: Expectation | undefined): boolean {
  if (item.type === "control") {
    return wanted === undefined || !("frame" in wanted) ||
      wanted.frame.type !== item.frame;
  }
  if (item.type !== "message" || item.message.kind !== "Heartbeat") {
    return false;
  }
  if (wanted === undefined) return true;
  if ("message" in wanted) return wanted.message.kind !== "Heartbeat";
  const bytes = "bytes" in wanted
    ? wanted.bytes
    : "frame" in wanted
    ? wanted.frame.data
    : undefined;
  return bytes === undefined || toBytes(bytes)[0] !== LETTER_H;
}

const LETTER_H = 0x68;

/** Passes over what the expectation does not name. */
function pass(
  wanted: Expectation | undefined,
  from: Position,
  { inbox }: Surroundings,
): Position {
  let position = from;
  for (;;) {
    const item = inbox.at(position.cursor);
    if (item === undefined) return position;
    const { skip } = position.cursor;
    const isRead = skip > 0 && "bytes" in item && skip >= item.bytes.length;
    if (!isRead && (skip > 0 || !isNoise(item, wanted))) return position;
    position = next(position);
  }
}

function next(position: Position): Position {
  return { ...position, cursor: { item: position.cursor.item + 1, skip: 0 } };
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

function attemptEnd(
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

function attemptBytes(
  wanted: Expectation,
  bytes: Uint8Array,
  from: Position,
  around: Surroundings,
): Attempt {
  const { inbox } = around;
  let { cursor } = from;
  let at = from.cursor.item < inbox.length ? 0 : inbox.lastAt;
  for (let done = 0; done < bytes.length;) {
    const item = inbox.at(cursor);
    if (item?.type === "control") {
      cursor = { item: cursor.item + 1, skip: 0 };
      continue;
    }
    if (item !== undefined && !("from" in item)) return mismatch(item);
    const here = (item?.bytes ?? inbox.partial).subarray(cursor.skip);
    const count = Math.min(here.length, bytes.length - done);
    if (
      !sameBytes(here.subarray(0, count), bytes.subarray(done, done + count))
    ) {
      // The beginning of a heartbeat, which will be passed over.
      if (item === undefined && done === 0 && here[0] === LETTER_H) {
        return { state: "open", on: wanted, position: from };
      }
      const shown = item === undefined ? showBytes(here) : describeItem(item);
      return { state: "mismatch", why: `${shown} arrived` };
    }
    done += count;
    at = item?.at ?? inbox.lastAt;
    if (item !== undefined && count === here.length) {
      cursor = { item: cursor.item + 1, skip: 0 };
      continue;
    }
    cursor = { item: cursor.item, skip: cursor.skip + count };
    if (item === undefined && done < bytes.length) {
      return { state: "open", on: wanted, position: from };
    }
  }
  return inTime(wanted, { ...from, cursor }, at, around);
}

function attemptFrame(
  wanted: Expectation,
  frame: Frame,
  from: Position,
  around: Surroundings,
): Attempt {
  const { inbox } = around;
  const item = inbox.at(from.cursor);
  const data = frame.data === undefined ? undefined : toBytes(frame.data);
  if (frame.type === "ping" || frame.type === "pong") {
    if (item === undefined) {
      return { state: "open", on: wanted, position: from };
    }
    if (item.type !== "control" || item.frame !== frame.type) {
      return mismatch(item);
    }
    if (data !== undefined && !sameBytes(data, item.bytes)) {
      return mismatch(item);
    }
    return inTime(wanted, next(from), item.at, around);
  }
  const arrived = inbox.frameAt(inbox.offset(from.cursor));
  if (arrived === undefined) {
    if (item !== undefined) {
      return {
        state: "mismatch",
        why: `${
          describeItem(item)
        } arrived, and no message of WebSocket begins there`,
      };
    }
    return { state: "open", on: wanted, position: from };
  }
  const bytes = bytesBetween(inbox, from.cursor, arrived.to - arrived.from);
  if (
    arrived.type !== frame.type ||
    data !== undefined && !sameBytes(data, bytes.bytes)
  ) {
    return {
      state: "mismatch",
      why: `a ${arrived.type} message of WebSocket with "${
        showBytes(bytes.bytes)
      }" arrived`,
    };
  }
  return inTime(wanted, { ...from, cursor: bytes.cursor }, arrived.at, around);
}

/** So many bytes from a cursor on, all of which have arrived. */
function bytesBetween(
  inbox: Inbox,
  from: Cursor,
  size: number,
): { readonly bytes: Uint8Array; readonly cursor: Cursor } {
  const bytes = new Uint8Array(size);
  let cursor = from;
  for (let done = 0; done < size;) {
    const item = inbox.at(cursor);
    if (item !== undefined && !("from" in item)) {
      cursor = { item: cursor.item + 1, skip: 0 };
      continue;
    }
    const here = (item?.bytes ?? inbox.partial).subarray(cursor.skip);
    const count = Math.min(here.length, size - done);
    bytes.set(here.subarray(0, count), done);
    done += count;
    cursor = item !== undefined && count === here.length
      ? { item: cursor.item + 1, skip: 0 }
      : { item: cursor.item, skip: cursor.skip + count };
  }
  return { bytes, cursor };
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

/** A match, unless it came too early or too late. */
function inTime(
  wanted: Expectation,
  position: Position,
  at: number,
  { mark, scale, tolerance }: Surroundings,
): Attempt {
  const took = at - mark;
  const { notBefore, within } = wanted;
  if (notBefore !== undefined && took < notBefore - tolerance) {
    return {
      state: "mismatch",
      why: `it arrived after ${Math.round(took)} ms`,
    };
  }
  if (within !== undefined && took > within * scale) {
    return {
      state: "mismatch",
      why: `it arrived only after ${Math.round(took)} ms`,
    };
  }
  return { state: "matched", position };
}

function mismatch(item: Item): Attempt {
  return {
    state: "mismatch",
    why: item.type === "end"
      ? `the implementation ended the connection (${
        describeItem(item).replace("the end: ", "")
      })`
      : `${describeItem(item)} arrived`,
  };
}
