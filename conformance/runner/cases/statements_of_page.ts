/**
 * Finds the statements of the annotated protocol in its page.
 *
 * @module
 */

import type { Level } from "./case.ts";
import type { Statement } from "./statements.ts";

/** The beginning of a statement, as the page defines it. */
const BEGINNING =
  /^- <a id="([a-z0-9]+\/[a-z0-9-]+)"><\/a>\*\*[^*]+\*\* \((must|should|may|undefined)\):/gm;

/** The end of a list item: an empty line, or the next item. */
const END = /\n(?:\n|- )/;

/**
 * Returns the statements of the page, in its order.
 *
 * @param page The text of `codec/README.md`.
 */
export function statementsOfPage(page: string): Statement[] {
  return Array.from(page.matchAll(BEGINNING), (match) => {
    const [beginning, id, level] = match;
    const rest = page.slice(match.index + beginning.length);
    return {
      id: id!,
      level: level as Level,
      text: plain(rest.slice(0, rest.search(END))),
    };
  });
}

/** Returns Markdown on one line, without links and emphasis. */
function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replace(/(?<![\w`])[*_]([^*_`]+)[*_](?![\w`])/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
