/**
 * The checks of what rooms are given.
 *
 * @module
 */

import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import { quoteName } from "../codec/mod.ts";
import type { Remote } from "../peer/mod.ts";
import { describeValue } from "../quoting/value.ts";
import type { Member } from "./member.ts";

/** Throws if a value is not a text. */
export function checkText(
  what: string,
  value: unknown,
  wanted = "a name",
): void {
  if (typeof value !== "string") throw wrong(what, value, wanted);
}

/** Throws if a value is no object of options, or has others than those with some names. */
export function checkOptions<Options extends object>(
  what: string,
  value: Options,
  names: OptionNames<Options>,
): void {
  if (typeof value !== "object" || value === null) {
    throw wrong(what, value, "options");
  }
  checkOptionNames(value, names);
}

/** Throws if a value is not a peer. */
export function checkPeer(what: string, value: unknown): void {
  if (!isPeer(value)) throw wrong(what, value, "a peer");
}

/** Throws if the option `except` names no member. */
export function checkExcept(value: unknown): void {
  if (value === undefined || isMember(value) || isPeer(value)) return;
  throw wrong("set except", value, "a member, its ID or its peer");
}

/**
 * Returns the ID of a member.
 *
 * @throws {TypeError} If the value is neither.
 */
export function idOf(operation: string, member: unknown): string {
  if (!isMember(member)) {
    const what = `request ${quoteName(operation)}`;
    throw wrong(what, member, "a member or its ID");
  }
  return typeof member === "string" ? member : member.id;
}

function isMember(value: unknown): value is Member | string {
  if (typeof value !== "object" || value === null) {
    return typeof value === "string";
  }
  return typeof (value as Partial<Member>).id === "string" && !isPeer(value);
}

/** Whether a value is a peer, possibly of another copy of the package. */
function isPeer(value: unknown): value is Remote {
  const { notifyBytes, requestBytes, closed } = Object(value) as Remote;
  return typeof notifyBytes === "function" &&
    typeof requestBytes === "function" && typeof closed === "object";
}

function wrong(what: string, value: unknown, wanted: string): TypeError {
  return new TypeError(
    `Cannot ${what}: got ${describeValue(value)}, wanted ${wanted}`,
  );
}
