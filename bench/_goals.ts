/**
 * The performance goals.
 *
 * @module
 */

import type { Contender } from "./_contenders.ts";
import type { Result } from "./_measure.ts";
import { MAX_PAYLOAD } from "./_scenarios.ts";

/**
 * Finds the result of a scenario for a contender, by default for this
 * implementation; `undefined` if it was not measured.
 */
export type FindResult = (
  scenario: string,
  contender?: Contender,
) => Result | undefined;

/** A bound on one value. */
export interface Goal {
  /** The group of goals, P1 to P12. */
  readonly id: string;
  /** The scenario in whose rows the table shows the goal. */
  readonly scenario: string;
  /** The figure whose row shows the goal; by default that of the first row. */
  readonly figure?: string;
  /** The unit of the value, such as `× raw`. */
  readonly measure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /**
   * Calculates the value; `undefined` if a result that it needs was not
   * measured.
   */
  readonly value: (find: FindResult) => number | undefined;
}

/** All goals that this benchmark can check. */
export const GOALS: readonly Goal[] = [
  atLeastTimes("P1", "calls-16B-1", "raw", 0.95),
  atLeastTimes("P1", "calls-16B-1", "go", 1.4),
  atLeastTimes("P2", "calls-16B-64", "raw", 0.6),
  atLeastTimes("P2", "calls-16B-64", "go", 25),
  atLeastTimes("P3", "calls-16B-1024", "go", 40),
  atLeastTimes("P4", "notifications-16B", "go", 40),
  constantMemory("P4", "notifications-16B"),
  atLeastTimes("P5", "calls-1MiB-1", "raw", 0.7),
  atLeastTimes("P5", "calls-1MiB-1-recycled", "raw", 0.7),
  ...["calls-64MiB-1", "calls-64MiB-1-recycled"].flatMap((name) => [
    atLeastTimes("P5", name, "raw", 0.6),
    fewCopies("P5", name),
  ]),
  ...["upload", "upload-byob", "download", "download-byob"].flatMap((name) => [
    atLeastTimes("P6", name, "raw", 0.6),
    constantMemory("P6", name),
  ]),
  atLeastTimes("P7", "websocket-calls-16B-1", "raw", 0.9),
  noDelayedAcknowledgement("P7", "websocket-calls-16B-1"),
  noDelayedAcknowledgement("P7", "websocket-calls-1KiB-1"),
  noDelayedAcknowledgement("P7", "websocket-calls-64KiB-1"),
  atLeastTimes("P7", "websocket-calls-16B-64", "raw", 3),
  atLeastTimes("P8", "upgrade-calls-16B-1", "raw", 0.85),
  atLeastTimes("P8", "upgrade-calls-16B-64", "raw", 0.85),
  atLeastTimes("P8", "upgrade-merged-calls-16B-1", "raw", 0.85),
  atLeastTimes("P8", "upgrade-merged-calls-16B-64", "raw", 0.85),
  idleMemory("P9", "clientKiB"),
  idleMemory("P9", "serverKiB"),
  atLeastTimes("P9", "connections-1000", "go", 0.9),
  scaling("calls-16B-1024", "calls-16B-64", 1),
  scaling("calls-1KiB-1024", "calls-1KiB-64", 1),
  scaling("connections-1000", "connections-100", 1.2),
  ...["beside-stream", "beside-download"].map(littleDelay),
  ...["upload", "download"].map(keptSpeed),
];

/** Returns whether a value meets a goal. */
export function isMet(
  { atLeast = -Infinity, atMost = Infinity }: Pick<Goal, "atLeast" | "atMost">,
  value: number,
): boolean {
  return value >= atLeast && value <= atMost;
}

/** The rate is at least `atLeast` times that of another contender. */
function atLeastTimes(
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
      ratio(find(scenario), "rate", find(scenario, contender), "rate"),
  };
}

/** Memory does not grow with the volume of data. */
function constantMemory(id: string, scenario: string): Goal {
  return {
    id,
    scenario,
    measure: "MB over idle",
    atMost: 64,
    value: (find) => memoryGrowth(find(scenario), 1e6),
  };
}

/** No call waits for a delayed acknowledgement, which takes about 40 ms. */
function noDelayedAcknowledgement(id: string, scenario: string): Goal {
  return {
    id,
    scenario,
    measure: "ms per call",
    atMost: 10,
    value: (find) => {
      const found = find(scenario);
      return found && 1000 / found.figures["rate"]!;
    },
  };
}

/** Memory holds few copies of a large payload. */
function fewCopies(id: string, scenario: string): Goal {
  return {
    id,
    scenario,
    measure: "payloads in memory",
    atMost: 3,
    value: (find) => memoryGrowth(find(scenario), MAX_PAYLOAD),
  };
}

/** An idle connection needs little more memory than a raw connection. */
function idleMemory(id: string, figure: "clientKiB" | "serverKiB"): Goal {
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

/** The time per call grows little with the number of concurrent calls. */
function scaling(scenario: string, fewer: string, atMost: number): Goal {
  return {
    id: "P11",
    scenario,
    measure: `× time of ${fewer}`,
    atMost,
    value: (find) => ratio(find(fewer), "rate", find(scenario), "rate"),
  };
}

/** A call during a transfer takes little longer than alone. */
function littleDelay(scenario: string): Goal {
  return {
    id: "P12",
    scenario,
    figure: "loaded99",
    measure: "× alone",
    atMost: 5,
    value: (find) =>
      ratio(find(scenario), "loaded99", find(scenario), "alone99"),
  };
}

/** Credit costs a stream little of its speed. */
function keptSpeed(name: string): Goal {
  return {
    id: "P12",
    scenario: name,
    measure: "× without credit",
    atLeast: 0.9,
    value: (find) =>
      ratio(find(name), "rate", find(`tcp-uncredited-${name}`), "rate"),
  };
}

function ratio(
  one: Result | undefined,
  figure: string,
  other: Result | undefined,
  otherFigure: string,
): number | undefined {
  return one && other && one.figures[figure]! / other.figures[otherFigure]!;
}

/**
 * Returns the larger growth of peak memory over idle memory among the client
 * and the server.
 */
function memoryGrowth(
  result: Result | undefined,
  unit: number,
): number | undefined {
  return result && Math.max(
        result.client.peak - result.client.idle,
        result.server.peak - result.server.idle,
      ) / unit;
}
