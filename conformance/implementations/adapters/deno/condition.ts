/**
 * A condition to wait for.
 *
 * @module
 */

/** State that others wait on until a condition holds. */
export class Condition {
  readonly #waiters = new Set<() => void>();

  /** Reports a change of the state: checks the condition of each waiter. */
  changed(): void {
    for (const check of [...this.#waiters]) check();
  }

  /** Waits until a condition holds, for at most `timeout` milliseconds. */
  async until(holds: () => boolean, timeout: number): Promise<void> {
    if (holds() || timeout === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (holds()) resolve();
    };
    const timer = setTimeout(resolve, timeout);
    this.#waiters.add(check);
    await promise;
    this.#waiters.delete(check);
    clearTimeout(timer);
  }
}
