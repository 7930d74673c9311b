/**
 * Limits that make sense.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits } from "./limits.ts";

/** The limits with which nothing would move if they were 0. */
const AT_LEAST_ONE: ReadonlySet<string> = new Set([
  "maxPendingRequests",
  "writeHighWaterMarkBytes",
  "maxWriteQueueBytes",
  "maxPartBytes",
]);

/** The longest wait that a RetryResult can carry. */
const LONGEST_WAIT = 0xffffffff;

/** The limits that were made last. */
let last: Limits = DEFAULT_LIMITS;

/**
 * The limits that an application set, and the defaults for the others.
 *
 * @throws {RangeError} when one is out of its range.
 */
export function checkedLimits(limits?: Partial<Limits>): Limits {
  if (limits === undefined) return DEFAULT_LIMITS;
  const { overloadWait, ...numbers } = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(numbers)) {
    const least = AT_LEAST_ONE.has(name) ? 1 : 0;
    if (value >= least) continue;
    throw new RangeError(
      `Cannot set ${name}: it is ${value}, wanted a number from ${least} up`,
    );
  }
  const [min, max] = overloadWait;
  if (!(min >= 0 && min <= max && max <= LONGEST_WAIT)) {
    throw new RangeError(
      `Cannot set overloadWait: it is ${min} to ${max}, wanted a range within 0 to ${LONGEST_WAIT}`,
    );
  }
  // Thousands of peers with the same limits share one object.
  const made: Limits = { ...numbers, overloadWait: [min, max] };
  if (!isSame(made, last)) last = Object.freeze(made);
  return last;
}

function isSame(one: Limits, other: Limits): boolean {
  const { overloadWait: [min, max] } = one;
  return Object.entries(one).every(([name, value]) =>
    name === "overloadWait" || value === other[name as keyof Limits]
  ) && min === other.overloadWait[0] && max === other.overloadWait[1];
}
