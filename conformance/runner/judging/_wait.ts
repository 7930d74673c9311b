/**
 * About how long a conversation waits.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type { Bytes, Expectation, SendItem, Step } from "../cases/case.ts";

const utf8 = new TextDecoder();

/** How long quiet takes with an implementation that is a little busy, in milliseconds: as a step, and as an outcome. */
const QUIET = { step: 100, outcome: 700 };

/** Returns about how long a step waits at most, in milliseconds. */
export function waitOf(step: Step): number {
  const times = [
    quietIn(step),
    ...sentBy(step).map(timeOf),
    ...expectationsOf(step).map(({ within = 0 }) => within),
  ];
  return Math.max(...times);
}

function quietIn(step: Step): number {
  if ("quiet" in step) return QUIET.step;
  const isOutcome = "outcomes" in step &&
    step.outcomes.some((outcome) => "quiet" in outcome);
  return isOutcome ? QUIET.outcome : 0;
}

function sentBy(step: Step): readonly SendItem[] {
  if ("send" in step) return step.send;
  if ("flood" in step) return step.flood.send;
  return "storm" in step ? step.storm.send : [];
}

function expectationsOf(step: Step): readonly Expectation[] {
  if ("expect" in step) return step.expect;
  if ("all" in step) return step.all;
  if (!("outcomes" in step)) return [];
  return step.outcomes.flatMap((outcome) =>
    "expect" in outcome ? outcome.expect : []
  );
}

/** Returns how long what is sent tells an operation to take, or a call to wait, in milliseconds. */
function timeOf(item: SendItem): number {
  if (!("kind" in item)) return 0;
  const { operation, payload, wait } = item;
  if (wait !== undefined) return numberOf(wait);
  if (typeof operation !== "string" || payload === undefined) return 0;
  return TIMES.get(operation)?.(payload as Bytes) ?? 0;
}

/** The standard operations that take the time that their input states. */
const TIMES: ReadonlyMap<string, (input: Bytes) => number> = new Map([
  ["delay", stated],
  ["persist", stated],
  ["login", stated],
  ["echo-later", (input) => numberOf(textOf(input).slice(0, 4))],
]);

/** Returns the time in an input such as `{"ms":100}`; 0 if there is none. */
function stated(input: Bytes): number {
  try {
    return numberOf(JSON.parse(textOf(input)).ms);
  } catch {
    // Some cases send what is not JSON.
    return 0;
  }
}

function textOf(input: Bytes): string {
  return typeof input === "string" ? input : utf8.decode(toBytes(input));
}

function numberOf(value: unknown): number {
  return Number(value) || 0;
}
