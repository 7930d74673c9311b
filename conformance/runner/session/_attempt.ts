/**
 * What can come of holding an expectation against what has arrived so far.
 *
 * @module
 */

import type { Expectation } from "../cases/case.ts";
import type { Bindings } from "./_bindings.ts";
import type { Cursor, Inbox, Item } from "./_inbox.ts";
import { describeItem } from "./_item_text.ts";
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
  /** When the step before has begun: what follows from it cannot have begun earlier. */
  readonly begun: number;
  /** When the step before has ended. */
  readonly ended: number;
  /** How much longer than written everything may take. */
  readonly scale: number;
  /** How much too early something may seem to be, as clocks are read on both sides of a wire. */
  readonly tolerance: number;
  /** Whether messages that nobody waits for are passed over. */
  readonly ignoring: boolean;
  /** What the WebSocket was asked for with. */
  readonly headers: UpgradeHeaders | undefined;
}

/** The position behind an item. */
export function next(position: Position): Position {
  return { ...position, cursor: { item: position.cursor.item + 1, skip: 0 } };
}

/** A match, unless it came too early or too late. */
export function inTime(
  wanted: Expectation,
  position: Position,
  at: number,
  { begun, ended, scale, tolerance }: Surroundings,
): Attempt {
  const { notBefore, within } = wanted;
  if (notBefore !== undefined && at - begun < notBefore - tolerance) {
    return {
      state: "mismatch",
      why: `it arrived after ${Math.round(at - begun)} ms`,
    };
  }
  if (within !== undefined && at - ended > within * scale) {
    return {
      state: "mismatch",
      why: `it arrived only after ${Math.round(at - ended)} ms`,
    };
  }
  return { state: "matched", position };
}

/** No match, because of what is there instead. */
export function mismatch(item: Item): Attempt {
  return {
    state: "mismatch",
    why: item.type === "end"
      ? `the implementation ended the connection (${
        describeItem(item).replace("the end: ", "")
      })`
      : `${describeItem(item)} arrived`,
  };
}
