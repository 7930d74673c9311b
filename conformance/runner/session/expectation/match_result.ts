/**
 * The result of comparing an expectation with the data received so far.
 *
 * @module
 */

import { toBytes } from "../../cases/bytes.ts";
import type { Bytes, Expectation } from "../../cases/case.ts";
import type { UpgradeHeaders } from "../wire/wire.ts";
import {
  type Inbox,
  type InboxItem,
  type InboxOffset,
  nextItem,
} from "./inbox.ts";
import type { Bindings } from "./pattern.ts";
import { describeItem } from "./wording.ts";

/** How far the expectations of a case have been matched. */
export interface Cursor {
  /** What the next expectation is compared with. */
  readonly offset: InboxOffset;
  /** The bytes that patterns have bound. */
  readonly bindings: Bindings;
  /** Why the matches so far are acceptable, but not what is best. */
  readonly weak: readonly string[];
}

/** The result of a comparison that more data cannot change. */
export type FinalMatchResult =
  | { readonly state: "matched"; readonly cursor: Cursor }
  | { readonly state: "mismatch"; readonly why: string };

/** The result of a comparison. */
export type MatchResult =
  | FinalMatchResult
  | {
    readonly state: "open";
    /** The expectation that needs more data. */
    readonly expectation: Expectation;
    /** Where it needs more data. */
    readonly cursor: Cursor;
  };

/** How far the parts of one expectation have been compared. */
export interface ComparedParts {
  /** Where the comparison began. */
  readonly from: Cursor;
  /** The payloads that are wanted, joined. */
  readonly wanted: Uint8Array;
  /** The number of bytes that have been found. */
  readonly done: number;
  /** After the last part that has been found. */
  readonly cursor: Cursor;
}

/** What expectations are compared with, and how strictly. */
export interface MatchContext {
  /** The received data. */
  readonly inbox: Inbox;
  /**
   * The parts that have been compared, so that each arrival costs what it brings
   * and not what has arrived before it.
   */
  readonly comparedParts: WeakMap<Expectation, ComparedParts>;
  /** When the previous step began; its consequences cannot precede it. */
  readonly previousBegan: number;
  /** When the previous step ended. */
  readonly previousEnded: number;
  /** The factor by which times of the corpus are multiplied. */
  readonly scale: number;
  /**
   * How many milliseconds early something may seem, since the clocks are read at
   * both ends of a wire.
   */
  readonly tolerance: number;
  /** Whether messages that no step expects are ignored. */
  readonly ignoring: boolean;
  /** The names of extensions whose Notifications are not ignored. */
  readonly heeds: readonly string[];
  /** The headers of the implementation's upgrade request. */
  readonly headers: UpgradeHeaders | undefined;
}

/** The first byte of a Heartbeat. */
const HEARTBEAT_LETTER = 0x68;

/** The first byte of a Notification. */
const NOTIFICATION_LETTER = 0x6e;

/** How many bytes of a header are looked at: more than those of the extensions. */
const LONGEST_HEADER = 64;

/** The beginning of the names of extensions. */
const EXTENSION = "gotalk:";

/** Reports whether a message that begins with a byte may turn out to be ignorable. */
export function mayBeIgnorable(first: number | undefined): boolean {
  return first === HEARTBEAT_LETTER || first === NOTIFICATION_LETTER;
}

/** What the first bytes of a Notification of an extension are, with its name. */
const EXTENSION_HEADER = /^n[0-9a-f]{3}(gotalk:[^0-9]*)/;

/**
 * Reports whether the bytes of a message that is incomplete are those of a
 * Heartbeat, or of an extension that the case does not heed: the rest follows.
 */
export function beginsIgnorable(
  bytes: Uint8Array,
  heeds: readonly string[],
): boolean {
  if (bytes[0] === HEARTBEAT_LETTER) return true;
  const text = String.fromCharCode(...bytes.subarray(0, LONGEST_HEADER));
  const [, name] = EXTENSION_HEADER.exec(text) ?? [];
  return name !== undefined && !heeds.some((heeded) => heeded.startsWith(name));
}

/** Returns a match, unless it is too early or too late. */
export function matchedAt(
  at: number,
  { notBefore, within }: Expectation,
  cursor: Cursor,
  { previousBegan, previousEnded, scale, tolerance }: MatchContext,
): FinalMatchResult {
  if (notBefore !== undefined && at - previousBegan < notBefore - tolerance) {
    return mismatch(`it arrived after ${Math.round(at - previousBegan)} ms`);
  }
  if (within !== undefined && at - previousEnded > within * scale) {
    return mismatch(
      `it arrived only after ${Math.round(at - previousEnded)} ms`,
    );
  }
  return { state: "matched", cursor };
}

/** Returns a mismatch for a reason, or what makes it: most mismatches only mean that another order is tried. */
export function mismatch(why: string | (() => string)): FinalMatchResult {
  if (typeof why === "string") return { state: "mismatch", why };
  return {
    state: "mismatch",
    get why() {
      return why();
    },
  };
}

/** Returns a mismatch because of the item that arrived instead. */
export function mismatchedItem(item: InboxItem): FinalMatchResult {
  return mismatch(() => {
    const text = describeItem(item);
    return item.type === "end"
      ? `the implementation ended the connection (${
        text.replace("the end: ", "")
      })`
      : `${text} arrived`;
  });
}

/** Returns the cursor after the item that a cursor is at. */
export function afterItem(cursor: Cursor): Cursor {
  return { ...cursor, offset: nextItem(cursor.offset) };
}

/**
 * Reports whether an item is ignorable: a Heartbeat, a WebSocket control frame
 * or a Notification of an extension that the expectation does not name. The case
 * can heed extensions, whose Notifications are then like any other message.
 */
export function isIgnorable(
  item: InboxItem,
  expectation: Expectation | undefined,
  heeds: readonly string[],
): boolean {
  if (item.type === "control") {
    return expectation === undefined || !("frame" in expectation) ||
      expectation.frame.type !== item.frame;
  }
  if (item.type !== "message") return false;
  if (item.message.kind === "Notification") {
    const { name } = item.message;
    return typeof name === "string" && name.startsWith(EXTENSION) &&
      !heeds.includes(name) && !isNamed(name, expectation);
  }
  if (item.message.kind !== "Heartbeat") return false;
  if (expectation === undefined) return true;
  if ("message" in expectation) {
    return expectation.message.kind !== "Heartbeat";
  }
  const bytes = wantedBytes(expectation);
  return bytes === undefined || toBytes(bytes)[0] !== HEARTBEAT_LETTER;
}

/** Reports whether an expectation names the Notification of that extension. */
function isNamed(name: string, expectation: Expectation | undefined): boolean {
  if (expectation === undefined) return false;
  if ("message" in expectation) {
    const { kind, name: expected } = expectation.message;
    return kind === "Notification" && expected === name;
  }
  const bytes = wantedBytes(expectation);
  return typeof bytes === "string" &&
    /^n[0-9a-f]{3}/.test(bytes) && bytes.startsWith(name, 4);
}

/** Returns the bytes of messages that an expectation names; control frames have data of their own. */
function wantedBytes(expectation: Expectation): Bytes | undefined {
  if ("bytes" in expectation) return expectation.bytes;
  if (!("frame" in expectation)) return undefined;
  const { type, data, begins } = expectation.frame;
  return type === "ping" || type === "pong" ? undefined : data ?? begins;
}

/** Returns the cursor after all ignorable items. */
export function skipIgnorable(
  expectation: Expectation | undefined,
  from: Cursor,
  { inbox, heeds }: MatchContext,
): Cursor {
  let cursor = from;
  for (;;) {
    const item = inbox.at(cursor.offset);
    if (item === undefined) return cursor;
    const { skip } = cursor.offset;
    const isRead = skip > 0 && "size" in item && skip >= item.size;
    if (!isRead && (skip > 0 || !isIgnorable(item, expectation, heeds))) {
      return cursor;
    }
    cursor = afterItem(cursor);
  }
}
