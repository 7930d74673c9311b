/**
 * Formats the results as a table.
 *
 * @module
 */

import type { Contender } from "./_contenders.ts";
import { type FindResult, type Goal, isMet } from "./_goals.ts";
import type { Memory, Result } from "./_measure.ts";
import { type Row, type Scenario, SCENARIOS } from "./_scenarios.ts";

/** Whether a goal was met, and by which value. */
export interface GoalOutcome extends Omit<Goal, "value"> {
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
  /** The goals whose values could be calculated. */
  readonly goals: readonly GoalOutcome[];
}

/** Returns the lines of the table, in the order of the scenarios. */
export function lines(
  results: readonly Result[],
  goals: readonly Goal[],
): Line[] {
  const find: FindResult = (scenario, contender = "gotalk") =>
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
          .flatMap((goal) => checkGoal(goal, find)),
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

/**
 * Returns the outcome of a goal, or nothing if a result that it needs was not
 * measured.
 */
function checkGoal({ value, ...goal }: Goal, find: FindResult): GoalOutcome[] {
  const actual = value(find);
  if (actual === undefined) return [];
  return [{ ...goal, value: actual, met: isMet(goal, actual) }];
}

/** Returns the table as text. */
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

/** Returns a text such as `P1 ≥ 0.95 × raw: met at 1.02`. */
function goalText(
  { id, measure, atLeast, atMost, value, met }: GoalOutcome,
): string {
  const wanted = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const outcome = met ? "met" : "not met";
  return `${id} ${wanted} ${measure}: ${outcome} at ${digits(value)}`;
}

/** Returns the peak memory of client and server in MB. */
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

/**
 * Rounds to three significant digits; repeated runs already differ in the
 * third.
 */
function digits(figure: number | undefined): string {
  return figure?.toLocaleString("en", { maximumSignificantDigits: 3 }) ?? "";
}

/** Aligns text to the left and numbers to the right. */
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
