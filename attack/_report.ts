/**
 * Judges outcomes and formats them.
 *
 * @module
 */

import { type AttackOptions, filesAreBack, type Outcome } from "./_measure.ts";

const MIB = 1024 * 1024;

/** How much the memory of a server may grow, in bytes (R12). */
const MAX_GROWTH = 256 * MIB;

/** The latency that is always good enough, in milliseconds (R12). */
const GOOD_LATENCY = 50;

/** How much slower than beside a plain server the well-behaved client may be. */
const MAX_RATIO = 3;

/** Returns the goals that an outcome misses. */
export function misses(outcome: Outcome): string[] {
  const { memory, files, latency, control, failure, exception } = outcome;
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
  if (
    control !== undefined && latency.p99 > GOOD_LATENCY &&
    latency.p99 > MAX_RATIO * control.p99
  ) missed.push("slow");
  return missed;
}

const COLUMNS = [
  "attack",
  "memory, MiB",
  "open files",
  "latency, ms",
  "plain server, ms",
  "connections",
  "missed",
  "note",
] as const;

/** Returns the outcomes as a table in Markdown. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = [COLUMNS, COLUMNS.map(() => "---"), ...outcomes.map(row)];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function row(outcome: Outcome): string[] {
  const { attack, target, memory, files, latency, control, count } = outcome;
  const mebibytes = (bytes: number) => Math.round(bytes / MIB);
  return [
    `${attack} (${target})`,
    [memory.before, memory.peak, memory.after].map(mebibytes).join(" → "),
    [files.before, files.peak, files.after].join(" → "),
    latencyText(latency),
    control === undefined ? "" : latencyText(control),
    `${count.connections}, ${count.ended} ended`,
    misses(outcome).join(", "),
    outcome.memory.peak - outcome.memory.before < MAX_GROWTH
      ? ""
      : outcome.exception?.why ?? "",
  ];
}

function latencyText({ median, p99, max }: Outcome["latency"]): string {
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
