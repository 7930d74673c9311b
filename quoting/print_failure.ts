/**
 * Failures of the application that nobody observes.
 * Internal to the package.
 *
 * @module
 */

/**
 * How many failures of handlers and of hooks are printed at once. Of hooks,
 * each connection prints the first failure only.
 */
const BURST = { handler: 25, hook: 250 } as const;

/** How many are printed per second after that. */
const PER_SECOND = 1;

/**
 * Prints failures, as the runtime's HTTP server does with those of its
 * handlers, but no more than a person can read: a remote peer can cause any
 * number of them, and each takes as long as hundreds of calls.
 */
export class FailurePrinter {
  readonly #now: () => number;
  readonly #burst: number;
  #left = 0;
  #refilledAt = -Infinity;
  /** Failures since the latest one that was printed. */
  #unprinted = 0;

  /**
   * Creates a printer that prints up to `burst` failures at once. `now` returns
   * the milliseconds since a fixed moment.
   */
  constructor(burst: number, now: () => number = () => performance.now()) {
    this.#burst = burst;
    this.#now = now;
  }

  /**
   * Prints a failure, unless too many were printed before it: then the next one
   * that is printed reports their number. Never throws.
   *
   * @param what Returns what failed; safe to print.
   */
  print(what: () => string, error: unknown): void {
    if (!this.#take()) return void this.#unprinted++;
    const unprinted = this.#unprinted;
    this.#unprinted = 0;
    const note = unprinted === 0
      ? ""
      : `, after ${unprinted} failures that were not printed`;
    try {
      console.error(`${what()}${note}:`, error);
    } catch {
      // The error cannot be printed, or the application replaced the console.
    }
  }

  #take(): boolean {
    const now = this.#now();
    const refill = Math.floor((now - this.#refilledAt) / 1000 * PER_SECOND);
    if (refill > 0) {
      this.#left = Math.min(this.#burst, this.#left + refill);
      this.#refilledAt = now;
    }
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}

/** One printer for each kind of function that fails: failures of handlers must not hide those of hooks. The console is that of the whole program. */
const printers = {
  handler: new FailurePrinter(BURST.handler),
  hook: new FailurePrinter(BURST.hook),
} as const;

/**
 * Prints a failure to the console, unless too many were printed before it.
 * Never throws.
 *
 * @param what Returns what failed; safe to print.
 */
export function printFailure(
  kind: keyof typeof printers,
  what: () => string,
  error: unknown,
): void {
  printers[kind].print(what, error);
}
