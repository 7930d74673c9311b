/**
 * What the figures are wanted to be.
 *
 * @module
 */

import type { Contender } from "./_contenders.ts";
import type { Result } from "./_measure.ts";
import { MAX_PAYLOAD } from "./_scenarios.ts";

/** Finds what a contender, this implementation by default, made of a scenario; `undefined` when it was not measured. */
export type Find = (
  scenario: string,
  contender?: Contender,
) => Result | undefined;

/** Something that is wanted. */
export interface Goal {
  /** The group of goals that it belongs to, P1 to P12. */
  readonly id: string;
  /** Where the table shows it: by the first row of a scenario, or the one of this figure. */
  readonly scenario: string;
  readonly figure?: string;
  /** What is counted: `× raw`. */
  readonly measure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The count; `undefined` when something was not measured that it needs. */
  readonly value: (find: Find) => number | undefined;
}

/** All goals that can be judged here. */
export const GOALS: readonly Goal[] = [
  times("P1", "calls-16B-1", "raw", 0.95),
  times("P1", "calls-16B-1", "go", 1.4),
  times("P2", "calls-16B-64", "raw", 0.6),
  times("P2", "calls-16B-64", "go", 25),
  times("P3", "calls-16B-1024", "go", 40),
  times("P4", "notifications-16B", "go", 40),
  flat("P4", "notifications-16B"),
  times("P5", "calls-1MiB-1", "raw", 0.7),
  times("P5", "calls-1MiB-1-recycled", "raw", 0.7),
  ...["calls-64MiB-1", "calls-64MiB-1-recycled"].flatMap((name) => [
    times("P5", name, "raw", 0.6),
    payloads("P5", name),
  ]),
  ...["upload", "upload-byob", "download", "download-byob"].flatMap((name) => [
    times("P6", name, "raw", 0.6),
    flat("P6", name),
  ]),
  times("P7", "websocket-calls-16B-1", "raw", 0.9),
  prompt("P7", "websocket-calls-16B-1"),
  prompt("P7", "websocket-calls-1KiB-1"),
  prompt("P7", "websocket-calls-64KiB-1"),
  times("P7", "websocket-calls-16B-64", "raw", 3),
  times("P8", "upgrade-calls-16B-1", "raw", 0.85),
  times("P8", "upgrade-calls-16B-64", "raw", 0.85),
  times("P8", "upgrade-merged-calls-16B-1", "raw", 0.85),
  times("P8", "upgrade-merged-calls-16B-64", "raw", 0.85),
  aboveRaw("P9", "clientKiB"),
  aboveRaw("P9", "serverKiB"),
  times("P9", "connections-1000", "go", 0.9),
  linear("calls-16B-1024", "calls-16B-64", 1),
  linear("calls-1KiB-1024", "calls-1KiB-64", 1),
  linear("connections-1000", "connections-100", 1.2),
  {
    id: "P12",
    scenario: "beside-stream",
    figure: "beside99",
    measure: "× alone",
    atMost: 5,
    value: (find) =>
      quotient(
        find("beside-stream"),
        "beside99",
        find("beside-stream"),
        "alone99",
      ),
  },
];

/** Whether a value is as the goal wants it. */
export function isMet(
  { atLeast = -Infinity, atMost = Infinity }: Pick<Goal, "atLeast" | "atMost">,
  value: number,
): boolean {
  return value >= atLeast && value <= atMost;
}

/** So many times as fast as another contender. */
function times(
  id: string,
  scenario: string,
  contender: Contender,
  atLeast: number,
): Goal {
  return {
    id,
    scenario,
    measure: `× ${contender}`,
    atLeast,
    value: (find) =>
      quotient(find(scenario), "rate", find(scenario, contender), "rate"),
  };
}

/** Memory does not grow with what passes through. */
function flat(id: string, scenario: string): Goal {
  return {
    id,
    scenario,
    measure: "MB over idle",
    atMost: 64,
    value: (find) => growth(find(scenario), 1e6),
  };
}

/** No call waits for an acknowledgement that the other side delays, which would be some 40 ms. */
function prompt(id: string, scenario: string): Goal {
  return {
    id,
    scenario,
    measure: "ms a call",
    atMost: 10,
    value: (find) => {
      const found = find(scenario);
      return found && 1000 / found.figures["rate"]!;
    },
  };
}

/** Large payloads are not kept in many copies. */
function payloads(id: string, scenario: string): Goal {
  return {
    id,
    scenario,
    measure: "payloads in memory",
    atMost: 3,
    value: (find) => growth(find(scenario), MAX_PAYLOAD),
  };
}

/** An idle connection needs not much more memory than a raw one. */
function aboveRaw(id: string, figure: "clientKiB" | "serverKiB"): Goal {
  const scenario = "connections-idle";
  return {
    id,
    scenario,
    figure,
    measure: "KiB over raw",
    atMost: 8,
    value: (find) => {
      const [ours, raw] = [find(scenario), find(scenario, "raw")];
      return ours && raw && ours.figures[figure]! - raw.figures[figure]!;
    },
  };
}

/** A call takes hardly more time where many more are made at once. */
function linear(scenario: string, fewer: string, atMost: number): Goal {
  return {
    id: "P11",
    scenario,
    measure: `× time of ${fewer}`,
    atMost,
    value: (find) => quotient(find(fewer), "rate", find(scenario), "rate"),
  };
}

function quotient(
  one: Result | undefined,
  figure: string,
  other: Result | undefined,
  otherFigure: string,
): number | undefined {
  return one && other && one.figures[figure]! / other.figures[otherFigure]!;
}

/** How far the memory of either side grew at the most while it worked. */
function growth(result: Result | undefined, unit: number): number | undefined {
  return result && Math.max(
        result.client.peak - result.client.idle,
        result.server.peak - result.server.idle,
      ) / unit;
}
