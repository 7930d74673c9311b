/**
 * Judges outcomes and formats them.
 *
 * @module
 */

import type { Target } from "./_attack.ts";
import {
  type AttackOptions,
  filesAreBack,
  type Latency,
  type Outcome,
  type Spread,
} from "./_measure.ts";

const MIB = 1024 * 1024;

/** How much the memory of a server may grow, in bytes (R12). */
const MAX_GROWTH = 256 * MIB;

/** The latency that is always good enough, in milliseconds (R12). */
const GOOD_LATENCY = 50;

/** The longest time that a new connection and its first call may take beside resets, in milliseconds. */
const MOST_TO_CONNECT = 100;

/** How much slower than beside a plain server the well-behaved client may be. */
const MAX_RATIO = 3;

/** Returns the goals that an outcome misses. */
export function misses(outcome: Outcome): string[] {
  const { memory, files, latency, control, failure, exception, reconnects } =
    outcome;
  const missed: string[] = [];
  if (failure !== undefined) missed.push(failure);
  if (failure === undefined && Number.isNaN(latency.p99)) {
    missed.push("no call was answered");
  }
  const most = exception?.most ?? MAX_GROWTH;
  if (memory.peak - memory.before >= most) missed.push("memory");
  if (!filesAreBack(outcome)) {
    missed.push(`${files.after - files.before} files open`);
  }
  if (reconnects) {
    if (latency.max >= MOST_TO_CONNECT) missed.push("slow");
  } else if (
    control !== undefined && latency.p99 > GOOD_LATENCY &&
    latency.p99 > MAX_RATIO * control.latency.p99
  ) missed.push("slow");
  return missed;
}

const COLUMNS = [
  "attack",
  "memory, MiB",
  "plain server, MiB",
  "open files",
  "latency, ms",
  "plain server, ms",
  "connections",
  "clients, time",
  "missed",
  "note",
] as const;

/** A row of the table: its cells. The first names the attack and its target. */
export type Row = readonly string[];

/** Returns the row of an outcome, with how it was measured. */
export function row(
  outcome: Outcome,
  { clients, seconds }: Pick<AttackOptions, "clients" | "seconds">,
): Row {
  const { memory, files, latency, control, count } = outcome;
  return [
    rowName(outcome.attack, outcome.target),
    memoryText(memory),
    control === undefined ? "" : memoryText(control.memory),
    spreadText(files, (number) => number),
    latencyText(latency),
    control === undefined ? "" : latencyText(control.latency),
    `${count.connections}, ${count.ended} ended`,
    `${clients}, ${seconds} s`,
    // A bar would end the cell.
    misses(outcome).join(", ").replaceAll("|", "/"),
    memory.peak - memory.before < MAX_GROWTH
      ? ""
      : outcome.exception?.why ?? "",
  ];
}

/** Returns the first cell of the row of an attack. */
export function rowName(attack: string, target: Target): string {
  return `${attack} (${target})`;
}

/** Returns rows as a table in Markdown, aligned as `deno fmt` does. */
export function table(rows: readonly Row[]): string {
  const all = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, column) =>
    Math.max(3, ...all.map((cells) => cells[column]!.length))
  );
  const [head, ...body] = all.map((cells) => line(cells, widths));
  const rule = line(widths.map((width) => "-".repeat(width)), widths);
  return [head, rule, ...body].join("\n");
}

function line(cells: Row, widths: readonly number[]): string {
  return `| ${
    cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")
  } |`;
}

/** Returns the rows of a table in Markdown; none if it has other columns. */
export function rowsOf(markdown: string): Row[] {
  const [head, _rule, ...rows] = markdown.split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
  return head?.join() === COLUMNS.join() ? rows : [];
}

/**
 * Returns rows with the new ones in the places of those with the same names,
 * in the order of the names; a row whose name is none of them goes.
 */
export function merge(
  rows: readonly Row[],
  newRows: readonly Row[],
  names: readonly string[],
): Row[] {
  const byName = new Map([...rows, ...newRows].map((row) => [row[0], row]));
  return names.map((name) => byName.get(name)).filter((row) =>
    row !== undefined
  );
}

function memoryText(memory: Spread): string {
  return spreadText(memory, (bytes) => Math.round(bytes / MIB));
}

function spreadText(
  { before, peak, after }: Spread,
  shown: (figure: number) => number,
): string {
  return [before, peak, after].map(shown).join(" → ");
}

function latencyText({ median, p99, max }: Latency): string {
  return [median, p99, max].map((figure) => figure.toFixed(1)).join(" / ");
}

/** Returns a line that sums up the outcomes. */
export function summary(
  outcomes: readonly Outcome[],
  { clients, seconds, heap }: AttackOptions,
): string {
  const missed = outcomes.filter((outcome) => misses(outcome).length > 0);
  return `${
    outcomes.length - missed.length
  } passed, ${missed.length} failed: ${clients} hostile clients, ${seconds} s each, heap of ${heap} MiB`;
}
