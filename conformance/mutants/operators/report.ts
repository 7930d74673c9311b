/**
 * What a hunt has found, as text.
 *
 * @module
 */

import type { Fate } from "./campaign.ts";
import { OPERATORS, type Point } from "./point.ts";

/** A mutant, and whether it is killed. */
export interface Tried {
  readonly point: Pick<Point, "file" | "operator">;
  readonly status: Fate["status"];
}

/** A number of mutants that are killed, of those that should be. */
export interface Rate {
  readonly killed: number;
  readonly all: number;
}

/** Returns the rate of some mutants. Those that are undecided count as not killed. */
export function rateOf(fates: readonly Tried[]): Rate {
  const killed = fates.filter(({ status }) => status === "killed").length;
  return { killed, all: fates.length };
}

/** Whether at least `floor` percent are killed. */
export function isEnough(fates: readonly Tried[], floor: number): boolean {
  const { killed, all } = rateOf(fates);
  return 100 * killed >= floor * all;
}

/** Returns a rate as text: `57 of 60 (95.0 %)`. */
export function showRate({ killed, all }: Rate): string {
  const share = all === 0 ? 100 : 100 * killed / all;
  return `${killed} of ${all} (${share.toFixed(1)} %)`;
}

/** Returns one line for a result. */
export function fateLine({ point, status, killedBy }: Fate): string {
  const by = killedBy.length === 0 ? "" : ` by ${killedBy.join(", ")}`;
  return `${status.padEnd(9)} ${point.id}${by}\n`;
}

/** Returns a mutant with its source before and after, on a few lines. */
export function showPoint(
  { id, file, line, operator, before, after }: Point,
): string {
  const shown = (text: string) => short(text.replace(/\s+/g, " "));
  return [
    `${file}:${line}: ${operator} (${OPERATORS[operator]})`,
    `  - ${shown(before)}`,
    `  + ${after === "" ? "(nothing)" : shown(after)}`,
    `  ${id}`,
    "",
  ].join("\n");
}

/** The longest piece of source that is shown whole, in characters. */
const LONGEST = 160;

function short(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} …`;
}

/** Returns the survivors with the source of each, and the rates. */
export function summary(fates: readonly Fate[]): string {
  const left = fates.filter(({ status }) => status !== "killed")
    .sort((a, b) =>
      a.point.file < b.point.file
        ? -1
        : a.point.file > b.point.file
        ? 1
        : a.point.line - b.point.line
    );
  return [
    "",
    ...left.map(({ point, status, reaching }) =>
      `${status}, reached by ${reaching} runs: ${showPoint(point)}`
    ),
    ...rates(fates).map(([name, rate]) =>
      `${name.padEnd(24)} ${showRate(rate)}`
    ),
    "",
  ].join("\n");
}

/** The rates by folder, by operator, and of all. */
export function rates(fates: readonly Tried[]): [string, Rate][] {
  const by = (key: (fate: Tried) => string) =>
    [...Map.groupBy(fates, key)].sort(([a], [b]) => a < b ? -1 : 1)
      .map(([name, some]): [string, Rate] => [name, rateOf(some)]);
  return [
    ...by(({ point }) => folderOf(point)),
    ...by(({ point }) => point.operator),
    ["all", rateOf(fates)],
  ];
}

/** The folder of a mutant: `peer/link`. */
function folderOf({ file }: Pick<Point, "file">): string {
  const parts = file.split("/");
  // The files of a small program are its parts.
  return parts.length === 1
    ? file
    : parts.slice(0, Math.min(2, parts.length - 1)).join("/");
}
