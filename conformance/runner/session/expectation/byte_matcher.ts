/**
 * Compares bytes and WebSocket frames.
 *
 * @module
 */

import { sameBytes, showBytes, toBytes } from "../../cases/bytes.ts";
import type { Bytes, Expectation, Frame } from "../../cases/case.ts";
import { type Inbox, type InboxOffset, nextItem } from "./inbox.ts";
import {
  afterItem,
  type Cursor,
  type MatchContext,
  matchedAt,
  type MatchResult,
  mayBeIgnorable,
  mismatch,
  mismatchedItem,
} from "./match_result.ts";
import { describeItem } from "./wording.ts";

/** Compares bytes, wherever messages begin and end in them. */
export function matchRawBytes(
  expectation: Expectation,
  bytes: Uint8Array,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  const { inbox } = context;
  let { offset } = from;
  let at = offset.item < inbox.length ? 0 : inbox.lastAt;
  for (let done = 0; done < bytes.length;) {
    const item = inbox.at(offset);
    if (item?.type === "control") {
      offset = nextItem(offset);
      continue;
    }
    if (item !== undefined && !("from" in item)) return mismatchedItem(item);
    const here = inbox.bytesAt(offset);
    const count = Math.min(here.length, bytes.length - done);
    if (
      !sameBytes(here.subarray(0, count), bytes.subarray(done, done + count))
    ) {
      // The beginning of a heartbeat or of a notification of an extension, which
      // is ignorable once it is complete.
      if (item === undefined && done === 0 && mayBeIgnorable(here[0])) {
        return { state: "open", expectation, cursor: from };
      }
      const text = item === undefined ? showBytes(here) : describeItem(item);
      return mismatch(`${text} arrived`);
    }
    done += count;
    at = item?.at ?? inbox.lastAt;
    offset = inbox.skipBytes(offset, count);
    if (item === undefined && done < bytes.length) {
      return { state: "open", expectation, cursor: from };
    }
  }
  return matchedAt(at, expectation, { ...from, offset }, context);
}

/** Compares a WebSocket message or control frame. */
export function matchFrame(
  expectation: Expectation,
  frame: Frame,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  const data = frame.data === undefined ? undefined : toBytes(frame.data);
  return frame.type === "ping" || frame.type === "pong"
    ? matchControlFrame(expectation, frame, data, from, context)
    : matchDataFrame(expectation, frame, data, from, context);
}

function matchControlFrame(
  expectation: Expectation,
  frame: Frame,
  data: Uint8Array | undefined,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  const item = context.inbox.at(from.offset);
  if (item === undefined) return { state: "open", expectation, cursor: from };
  if (
    item.type !== "control" || item.frame !== frame.type ||
    data !== undefined && !sameBytes(data, item.bytes)
  ) {
    return mismatchedItem(item);
  }
  return matchedAt(item.at, expectation, afterItem(from), context);
}

function matchDataFrame(
  expectation: Expectation,
  frame: Frame,
  data: Uint8Array | undefined,
  from: Cursor,
  context: MatchContext,
): MatchResult {
  const { inbox } = context;
  const received = inbox.frameAt(inbox.byteOffset(from.offset));
  if (received === undefined) {
    const item = inbox.at(from.offset);
    return item === undefined
      ? { state: "open", expectation, cursor: from }
      : mismatch(
        `${describeItem(item)} arrived, and no WebSocket message begins there`,
      );
  }
  const size = received.to - received.from;
  const { bytes, after } = readBytes(inbox, from.offset, size);
  if (
    received.type !== frame.type ||
    data !== undefined && !sameBytes(data, bytes) ||
    frame.size !== undefined && size !== frame.size ||
    !beginsWith(bytes, frame.begins)
  ) {
    return mismatch(
      `a ${received.type} WebSocket message with "${showBytes(bytes)}" arrived`,
    );
  }
  const cursor = { ...from, offset: after };
  return matchedAt(received.at, expectation, cursor, context);
}

function beginsWith(bytes: Uint8Array, begins: Bytes | undefined): boolean {
  if (begins === undefined) return true;
  const wanted = toBytes(begins);
  return sameBytes(bytes.subarray(0, wanted.length), wanted);
}

/** Returns `size` bytes from an offset, all of which have arrived. */
function readBytes(
  inbox: Inbox,
  from: InboxOffset,
  size: number,
): { readonly bytes: Uint8Array; readonly after: InboxOffset } {
  const bytes = new Uint8Array(size);
  let offset = from;
  for (let done = 0; done < size;) {
    const item = inbox.at(offset);
    if (item !== undefined && !("from" in item)) {
      offset = nextItem(offset);
      continue;
    }
    const here = inbox.bytesAt(offset).subarray(0, size - done);
    bytes.set(here, done);
    done += here.length;
    offset = inbox.skipBytes(offset, here.length);
  }
  return { bytes, after: offset };
}
