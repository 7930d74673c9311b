/**
 * The page that shows what attacks do.
 *
 * @module
 */

import { merge, type Row, rowsOf, table } from "./_report.ts";

/** What follows it is generated. */
const MARKER = "<!-- table -->\n";

/** Returns the names of the rows that a page has. */
export function rowNames(page: string): ReadonlySet<string | undefined> {
  return new Set(rowsOf(tableOf(page)).map(([name]) => name));
}

/**
 * Returns a page with the rows in its table: in the places of those of the same
 * names, in the order of `names`. A row whose name is none of them goes.
 * `cores` is the number of the machine's cores.
 */
export function updated(
  page: string,
  rows: readonly Row[],
  names: readonly string[],
  cores: number,
): string {
  const [head] = page.split(MARKER);
  const merged = merge(rowsOf(tableOf(page)), rows, names);
  return `${head}${MARKER}
Last run: on ${cores} core${
    cores === 1 ? "" : "s"
  }. ${merged.length} of ${names.length} rows.

${table(merged)}
`;
}

function tableOf(page: string): string {
  return page.split(MARKER).slice(1).join(MARKER);
}
