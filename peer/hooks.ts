/**
 * How hooks of the application are called: functions of the options.
 * Internal to the package.
 *
 * @module
 */

import { describeValue } from "../quoting/value.ts";
import type { HookName } from "./events.ts";
import { isThenable } from "./thenable.ts";

/** Receives the failures of hooks. */
export interface HookFailures {
  /** Receives the failure of a hook. */
  hookFailed(hook: HookName, error: unknown): void;
}

/**
 * Calls a hook of the application: no connection may suffer from its failure,
 * synchronous or not, which goes to `failures`.
 */
export function callHook(
  name: HookName,
  failures: HookFailures,
  hook: () => unknown,
): void {
  try {
    lookAfter(name, failures, hook());
  } catch (error) {
    failures.hookFailed(name, error);
  }
}

/** Passes on the failure of a hook that has returned a promise, or another object with a method `then`. */
export function lookAfter(
  name: HookName,
  failures: HookFailures,
  outcome: unknown,
): void {
  if (!isThenable(outcome)) return;
  // Adopted, since its own methods may do anything.
  new Promise((resolve) => resolve(outcome)).catch((error) =>
    failures.hookFailed(name, error)
  );
}

/**
 * Returns what a hook returned that must not be asynchronous.
 *
 * @throws {TypeError} If it is a promise, or another object with a method `then`.
 */
export function synchronous<T>(value: T): T {
  if (!isThenable(value)) return value;
  new Promise((resolve) => resolve(value)).catch(() => {});
  throw new TypeError("Cannot use a hook: got a promise, wanted its value");
}

/** Returns the number that a hook of the application returns; `undefined` if it fails or returns no number. */
export function numberFrom(
  name: HookName,
  failures: HookFailures,
  hook: () => number,
): number | undefined {
  let value: unknown;
  callHook(name, failures, () => value = hook());
  if (typeof value === "number" && !isNaN(value)) return value;
  failures.hookFailed(
    name,
    new TypeError(
      `Cannot use ${name}: got ${describeValue(value)}, wanted a number`,
    ),
  );
  return undefined;
}

/** Returns a source of random numbers from 0 up to 1, which an application may replace. */
export function randomSource(
  random: (() => number) | undefined,
  failures: HookFailures,
): () => number {
  if (random === undefined) return Math.random;
  return () => {
    const value = numberFrom("random", failures, random);
    if (value === undefined) return Math.random();
    if (value >= 0 && value < 1) return value;
    failures.hookFailed(
      "random",
      new RangeError(
        `Cannot use random: got ${value}, wanted a number from 0 up to 1`,
      ),
    );
    return Math.random();
  };
}
