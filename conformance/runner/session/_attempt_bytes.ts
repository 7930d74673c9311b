/**
 * Bytes and frames, exactly as they are wanted.
 *
 * @module
 */

import { sameBytes, showBytes, toBytes } from "../cases/bytes.ts";
import type { Expectation, Frame } from "../cases/case.ts";
import {
  type Attempt,
  inTime,
  mismatch,
  next,
  type Position,
  type Surroundings,
} from "./_attempt.ts";
import type { Cursor, Inbox } from "./_inbox.ts";
import { describeItem } from "./_item_text.ts";
import { LETTER_H } from "./_noise.ts";

/** Attempts bytes, wherever messages begin and end in them. */
export function attemptBytes(
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

/** Attempts a message or control frame of WebSocket. */
export function attemptFrame(
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
