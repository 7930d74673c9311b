/**
 * Shows what was measured.
 *
 * @module
 */

import type { Contender } from "./_contenders.ts";
import { type Find, type Goal, isMet } from "./_goals.ts";
import type { Memory, Result } from "./_measure.ts";
import { type Row, type Scenario, SCENARIOS } from "./_scenarios.ts";

/** What became of a goal. */
export interface Judgement extends Omit<Goal, "value"> {
  readonly value: number;
  readonly met: boolean;
}

/** One line of the table. */
export interface Line {
  readonly scenario: string;
  readonly title: string;
  readonly unit: string;
  /** The median of each contender. */
  readonly figures: Readonly<Partial<Record<Contender, number>>>;
  /** This implementation's median, divided by that of each other contender. */
  readonly ratios: Readonly<Partial<Record<Contender, number>>>;
  /** The goals that can be judged with what was measured. */
  readonly goals: readonly Judgement[];
}

/** What was measured, line by line, in the order of the scenarios. */
export function lines(
  results: readonly Result[],
  goals: readonly Goal[],
): Line[] {
  const find: Find = (scenario, contender = "gotalk") =>
    results.find((result) =>
      result.scenario === scenario && result.contender === contender
    );
  return SCENARIOS
    .filter(({ name }) => results.some(({ scenario }) => scenario === name))
    .flatMap((scenario) =>
      scenario.rows.map((row) => ({
        ...figuresOf(scenario, row, results),
        goals: goals
          .filter((goal) =>
            goal.scenario === scenario.name &&
            (goal.figure ?? scenario.rows[0]!.figure) === row.figure
          )
          .flatMap((goal) => judge(goal, find)),
      }))
    );
}

function figuresOf(
  { name }: Scenario,
  { figure, title, unit }: Row,
  results: readonly Result[],
): Omit<Line, "goals"> {
  const figures: Partial<Record<Contender, number>> = {};
  for (const { scenario, contender, figures: found } of results) {
    if (scenario === name) figures[contender] = found[figure]!;
  }
  const { gotalk, ...others } = figures;
  const ratios = Object.entries(others)
    .map(([contender, other]) => [contender, gotalk! / other]);
  return {
    scenario: name,
    title,
    unit,
    figures,
    ratios: Object.fromEntries(ratios),
  };
}

/** Nothing when something was not measured that the goal needs. */
function judge({ value, ...goal }: Goal, find: Find): Judgement[] {
  const found = value(find);
  if (found === undefined) return [];
  return [{ ...goal, value: found, met: isMet(goal, found) }];
}

/** The table. */
export function table(
  results: readonly Result[],
  goals: readonly Goal[],
  options: { readonly memory: boolean },
): string {
  const others = (["raw", "go"] as const).filter((other) =>
    results.some(({ contender }) => contender === other)
  );
  const columns = ["gotalk", ...others] as const;
  const rows = [[
    "scenario",
    "unit",
    ...columns,
    ...others.map((other) => `× ${other}`),
    ...(options.memory ? columns.map((name) => `${name} MB`) : []),
    "goals",
  ]];
  for (const line of lines(results, goals)) {
    const [goal = "", ...moreGoals] = line.goals.map(goalText);
    rows.push([
      line.title,
      line.unit,
      ...columns.map((name) => digits(line.figures[name])),
      ...others.map((name) => digits(line.ratios[name])),
      ...(options.memory
        ? columns.map((name) => memoryText(results, line.scenario, name))
        : []),
      goal,
    ]);
    for (const goal of moreGoals) {
      rows.push([...rows[0]!.slice(1).map(() => ""), goal]);
    }
  }
  return aligned(rows);
}

/** `P1 ≥ 0.95 × raw: met at 1.02`. */
function goalText(
  { id, measure, atLeast, atMost, value, met }: Judgement,
): string {
  const wanted = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const outcome = met ? "met" : "not met";
  return `${id} ${wanted} ${measure}: ${outcome} at ${digits(value)}`;
}

/** The most that client and server had. */
function memoryText(
  results: readonly Result[],
  scenario: string,
  contender: Contender,
): string {
  const result = results.find((result) =>
    result.scenario === scenario && result.contender === contender
  );
  const megabytes = ({ peak }: Memory) => Math.round(peak / 1e6);
  return result && `${megabytes(result.client)}/${megabytes(result.server)}` ||
    "";
}

/** Three digits: measured again, the third is another one. */
function digits(figure: number | undefined): string {
  return figure?.toLocaleString("en", { maximumSignificantDigits: 3 }) ?? "";
}

/** Words to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const last = rows[0]!.length - 1;
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column < 2 || column === last
        ? cell.padEnd(widths[column]!)
        : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  ).join("\n");
}
