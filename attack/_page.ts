/**
 * The page that shows what attacks do.
 *
 * @module
 */

import type { AttackOptions } from "./_measure.ts";
import { merge, type Row, rowsOf, table } from "./_report.ts";

/** What follows it is generated. */
const MARKER = "<!-- table -->\n";

/** Where and how an attack was measured. */
export interface Conditions extends Pick<AttackOptions, "clients" | "seconds"> {
  /** The number of the machine's cores. */
  readonly cores: number;
}

/**
 * Returns a page with the rows in its table: in the places of those of the same
 * names, in the order of `names`. A row whose name is none of them goes.
 */
export function updated(
  page: string,
  rows: readonly Row[],
  names: readonly string[],
  { cores, clients, seconds }: Conditions,
): string {
  const [head, ...rest] = page.split(MARKER);
  const merged = merge(rowsOf(rest.join(MARKER)), rows, names);
  const count = (number: number, what: string) =>
    `${number} ${what}${number === 1 ? "" : "s"}`;
  return `${head}${MARKER}
Last run: ${count(cores, "core")}, ${count(clients, "hostile client")}, ${
    count(seconds, "second")
  } each.

${table(merged)}
`;
}
