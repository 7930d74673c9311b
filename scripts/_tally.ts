/**
 * Counts of tests.
 *
 * @module
 */

/** How many tests passed, failed and were skipped, steps of tests included. */
export class Tally {
  #passed = 0;
  #failed = 0;
  /** How many were skipped, by the reason. */
  readonly #skipped = new Map<string, number>();

  /** How many failed. */
  get failed(): number {
    return this.#failed;
  }

  /** Adds something that passed or failed as a whole. */
  add(success: boolean): void {
    if (success) this.#passed++;
    else this.#failed++;
  }

  /**
   * Adds the tests of a report in the JUnit format, as `deno test` writes it. A
   * test that is skipped has the reason at the end of its name.
   *
   * @param isPart Whether a filter chose the tests. The report then has those
   * that it left out as skipped, without a reason, and they are not counted.
   */
  addReport(xml: string, isPart = false): void {
    for (const [suite] of xml.matchAll(/<testsuite .*?>/g)) {
      const [tests, skipped, failures, errors] = [
        "tests",
        "disabled",
        "failures",
        "errors",
      ].map((name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1]));
      const failed = failures! + errors!;
      this.#passed += tests! - skipped! - failed;
      this.#failed += failed;
    }
    const names = xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g);
    for (const [, name = ""] of names) {
      const given = / \(skipped: (.*)\)$/.exec(name)?.[1];
      if (isPart && given === undefined) continue;
      const reason = given ?? "no reason given";
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
    }
  }

  /** Adds all that another tally counts. */
  addAll(other: Tally): void {
    this.#passed += other.#passed;
    this.#failed += other.#failed;
    for (const [reason, count] of other.#skipped) {
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + count);
    }
  }

  /** The counts in one line: `20 passed, 0 failed, 3 skipped (no go: 3)`. */
  toString(): string {
    const counts = [`${this.#passed} passed`, `${this.#failed} failed`];
    const skipped = this.#skipped.values().reduce((sum, n) => sum + n, 0);
    if (skipped > 0) {
      const reasons = Array.from(
        this.#skipped,
        ([reason, count]) => `${reason}: ${count}`,
      ).sort();
      counts.push(`${skipped} skipped (${reasons.join(", ")})`);
    }
    return counts.join(", ");
  }
}
