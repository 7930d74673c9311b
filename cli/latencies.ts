/**
 * Times of answers: percentiles and a histogram.
 *
 * @module
 */

import { milliseconds } from "./duration.ts";

/** Beyond this number of times, those that are kept are chosen at random. */
const MOST = 1_000_000;

/** The percentiles of a summary. */
const PERCENTILES = [50, 90, 99, 99.9] as const;

/** Times in milliseconds, as programs read them. */
export interface LatencySummary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly "p99.9": number;
  readonly max: number;
}

/** Collects times. */
export class Latencies {
  #times = new Float64Array(1024);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  /** The number of times that were added. */
  get count(): number {
    return this.#count;
  }

  /** Adds a time, in milliseconds. */
  add(milliseconds: number): void {
    const count = this.#count++;
    this.#sum += milliseconds;
    this.#min = Math.min(this.#min, milliseconds);
    this.#max = Math.max(this.#max, milliseconds);
    const index = count < MOST
      ? count
      : Math.floor(Math.random() * (count + 1));
    if (index >= MOST) return;
    if (index >= this.#times.length) {
      const times = new Float64Array(this.#times.length * 2);
      times.set(this.#times);
      this.#times = times;
    }
    this.#times[index] = milliseconds;
  }

  /** Returns the figures; `undefined` if there are no times. */
  summary(): LatencySummary | undefined {
    if (this.#count === 0) return undefined;
    const sorted = this.#kept().sort();
    const percentiles = PERCENTILES.map((percentile) => [
      `p${percentile}`,
      sorted[Math.ceil(sorted.length * percentile / 100) - 1]!,
    ]);
    const { p50, p90, p99, "p99.9": p999 } = Object.fromEntries(percentiles);
    return {
      count: this.#count,
      min: this.#min,
      mean: this.#sum / this.#count,
      p50,
      p90,
      p99,
      "p99.9": p999,
      max: this.#max,
    };
  }

  /** Returns the lines of a histogram, of at most `columns` characters. */
  histogram(columns: number): string[] {
    const rows = new Map<number, number>();
    for (const time of this.#kept()) {
      const row = rowOf(time);
      rows.set(row, (rows.get(row) ?? 0) + 1);
    }
    const first = Math.min(...rows.keys());
    const last = Math.max(...rows.keys());
    const most = Math.max(...rows.values());
    const lines: string[] = [];
    for (let row = first; row <= last; row++) {
      const count = rows.get(row) ?? 0;
      const share = `${(count / this.#kept().length * 100).toFixed(1)} %`;
      const head = `${rangeOf(row)} ${share.padStart(8)} `;
      const width = Math.max(1, columns - head.length - 1);
      lines.push((head + bar(count / most * width)).trimEnd());
    }
    return lines;
  }

  #kept(): Float64Array {
    return this.#times.subarray(0, Math.min(this.#count, MOST));
  }
}

const STEPS = [1, 2, 5] as const;

/** Returns the start of a row in milliseconds: 1, 2, 5, 10 and so on. */
function startOf(row: number): number {
  const step = STEPS[((row % 3) + 3) % 3]!;
  return step * 10 ** Math.floor(row / 3);
}

function rowOf(time: number): number {
  let row = Math.floor(Math.log10(Math.max(time, 0.001)) * 3);
  while (startOf(row) > time && row > -9) row--;
  while (startOf(row + 1) <= time) row++;
  return row;
}

function rangeOf(row: number): string {
  const [from, to] = [startOf(row), startOf(row + 1)].map(milliseconds);
  return `${from!.padStart(9)} – ${to!.padEnd(9)}`;
}

function bar(length: number): string {
  const eighths = Math.round(length * 8);
  const rest = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) +
    (rest === 0 ? "" : String.fromCodePoint(0x2590 - rest));
}

/** Returns the figures as lines of at most 80 characters. */
export function summaryLines(summary: LatencySummary): string[] {
  const lines = [["min", "mean", "max"], [
    "p50",
    "p90",
    "p99",
    "p99.9",
  ]] as const;
  return lines.map((names) =>
    names.map((name) => `${name} ${milliseconds(summary[name])}`).join("  ")
  );
}
