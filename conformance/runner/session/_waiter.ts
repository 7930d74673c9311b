/**
 * Waiting for what is wanted, no longer than it may take.
 *
 * @module
 */

import { showBytes } from "../cases/bytes.ts";
import type { Expectation, Outcome } from "../cases/case.ts";
import type { Attempt, Position, Surroundings } from "./_attempt.ts";
import { Judgement } from "./_judgement.ts";
import { attemptInOrder, unexpected } from "./_matcher.ts";
import { describeOutcome } from "./_wording.ts";

/** What a waiter is made of. */
export interface WaiterOptions {
  /** How long an expectation may take, in milliseconds. */
  readonly patience: number;
  /** How long a quiet step waits, in milliseconds. */
  readonly quietTime: number;
  /** Against what expectations are held at the moment. */
  readonly around: () => Surroundings;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** So many milliseconds without an arrival are quiet, where something might have come. */
const SURELY_QUIET = 700;

/** Even while something goes on arriving, a step takes no more than so many times the patience. */
const LONGEST_STEP = 10;

/** What stands for a wait for nothing. */
const NOTHING: Expectation = { end: {} };

/** Waits on one connection. */
export class Waiter {
  readonly #options: WaiterOptions;

  /** Creates a waiter. */
  constructor(options: WaiterOptions) {
    this.#options = options;
  }

  /** Attempts again and again, until it is certain or too late. */
  async settle(run: () => Attempt): Promise<Attempt> {
    const began = performance.now();
    for (;;) {
      const result = run();
      if (result.state !== "open") return result;
      const until = this.#limit(result.on, began);
      if (performance.now() >= until) {
        return {
          state: "mismatch",
          why: this.#silence(result.position, began),
        };
      }
      await this.#wait(until);
    }
  }

  /**
   * Waits until it is certain which outcome is the first that matches; gives the position behind it.
   *
   * @throws {Judgement} When none does.
   */
  async decide(
    outcomes: readonly Outcome[],
    from: Position,
  ): Promise<Position> {
    const began = performance.now();
    const { quietTime } = this.#options;
    // To be taken for quiet where something else may come takes longer than a quiet step.
    const quietUntil = began +
      (outcomes.length === 1 ? quietTime : Math.max(quietTime, SURELY_QUIET));
    const hasQuiet = outcomes.some((outcome) => "quiet" in outcome);
    for (;;) {
      const now = performance.now();
      const whys = new Set<string>();
      let until: number | undefined;
      for (const outcome of outcomes) {
        const result = this.#attempt(outcome, from, quietUntil);
        if (result.state === "matched") {
          return graded(outcome, result.position);
        }
        if (result.state === "mismatch") {
          whys.add(result.why);
          continue;
        }
        const limit = "quiet" in outcome
          ? quietUntil
          : this.#limit(result.on, began);
        // What may be missing altogether is not waited for as long as what must come.
        const isQuiet = hasQuiet && result.on.within === undefined &&
          unexpected(from, this.#options.around()) === undefined;
        const last = isQuiet ? this.#quietLimit(result.on, quietUntil) : limit;
        if (now < last) {
          until = last;
          break;
        }
        whys.add(this.#silence(from, began));
      }
      if (until === undefined) {
        throw new Judgement(
          "fail",
          [...whys].join("; "),
          outcomes.map((outcome) => describeOutcome(outcome, from.bindings)),
        );
      }
      await this.#wait(until);
    }
  }

  #attempt(outcome: Outcome, from: Position, quietUntil: number): Attempt {
    const around = this.#options.around();
    if (!("quiet" in outcome)) {
      return attemptInOrder(outcome.expect, from, around);
    }
    const arrived = unexpected(from, around);
    if (arrived !== undefined) {
      return { state: "mismatch", why: `${arrived} arrived` };
    }
    return performance.now() >= quietUntil
      ? { state: "matched", position: from }
      : { state: "open", on: NOTHING, position: from };
  }

  /** Until when an expectation may stay open. */
  #limit({ within, notBefore = 0 }: Expectation, began: number): number {
    const { patience } = this.#options;
    const { scale, ended, inbox } = this.#options.around();
    if (within !== undefined) return ended + within * scale;
    const earliest = Math.max(began, ended + notBefore);
    return Math.min(
      Math.max(earliest, inbox.lastAt) + patience,
      earliest + LONGEST_STEP * patience,
    );
  }

  #quietLimit({ notBefore = 0 }: Expectation, quietUntil: number): number {
    return Math.max(quietUntil, this.#options.around().ended + notBefore);
  }

  /** What to say when something did not arrive. */
  #silence(from: Position, began: number): string {
    const ms = Math.round(performance.now() - began);
    const { partial } = this.#options.around().inbox;
    if (partial.length > 0) {
      return `only "${showBytes(partial)}" arrived within ${ms} ms`;
    }
    const more = from.cursor.item > 0 ? " more" : "";
    return `nothing${more} arrived within ${ms} ms`;
  }

  async #wait(until: number): Promise<void> {
    const { around, signal } = this.#options;
    await around().inbox.wait(until, signal);
  }
}

function graded(outcome: Outcome, position: Position): Position {
  if (outcome.grade === "pass") return position;
  const { because = "not as it should be" } = outcome;
  return { ...position, weak: [...position.weak, because] };
}
