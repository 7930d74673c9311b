/**
 * Waiting for what changes.
 *
 * @module
 */

/** Something that changes, while others wait for it to become what they want. */
export class Watched {
  readonly #waiting = new Set<() => void>();

  /** Says that it has changed. */
  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Waits until it is enough, at most so many milliseconds. */
  async until(isEnough: () => boolean, timeout: number): Promise<void> {
    if (isEnough() || timeout === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (isEnough()) resolve();
    };
    const timer = setTimeout(resolve, timeout);
    this.#waiting.add(look);
    await promise;
    this.#waiting.delete(look);
    clearTimeout(timer);
  }
}
