/**
 * Reactions to abort signals that many calls may share.
 * Internal to the package.
 *
 * @module
 */

import { onAbort } from "./abort.ts";

/** The callbacks of signals. A signal gets no property, since it is the application's. */
const registrations = new WeakMap<AbortSignal, Registration>();

/**
 * Does what {@linkcode onAbort} does, with one listener for all callbacks of a
 * signal. Runtimes compare a new listener with all others of its signal, and
 * search those for one that is removed: with a listener each, many calls with
 * one signal would take quadratic time.
 *
 * @returns A function that removes the callback.
 */
export function onSharedAbort(
  signal: AbortSignal | undefined,
  callback: (reason: unknown) => void,
): () => void {
  // Either has nothing to share.
  if (signal === undefined || signal.aborted) return onAbort(signal, callback);
  let registration = registrations.get(signal);
  if (registration === undefined) {
    registrations.set(signal, registration = new Registration(signal));
  }
  return registration.add(callback);
}

/** The callbacks of a signal, and a listener while there are any: one that stays may keep the process running. */
class Registration {
  readonly #signal: AbortSignal;
  readonly #callbacks = new Set<() => void>();
  #removeListener = (): void => {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(callback: (reason: unknown) => void): () => void {
    const callbacks = this.#callbacks;
    if (callbacks.size === 0) {
      this.#removeListener = onAbort(this.#signal, () => runAll(callbacks));
    }
    const run = () => callback(this.#signal.reason);
    callbacks.add(run);
    return () => {
      if (!callbacks.delete(run) || callbacks.size > 0) return;
      this.#removeListener();
    };
  }
}

/** Runs all callbacks, also those behind one that throws. */
function runAll(callbacks: Iterable<() => void>): void {
  const errors: unknown[] = [];
  for (const callback of callbacks) {
    try {
      callback();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
