/**
 * Matches the full names of cases with patterns.
 *
 * @module
 */

import { quoteValue } from "../shorten.ts";

/**
 * Returns a test for full names: in a pattern, `*` matches any part of a component, `**` any number of
 * components, `?` one character, and `{a,b}` one of several texts. A pattern that matches the first
 * components of a name matches the name, so that an identifier matches all its runs.
 *
 * @throws {TypeError} If a brace is not closed.
 */
export function glob(pattern: string): (name: string) => boolean {
  const expression = new RegExp(`^${translate(pattern)}(?:/.*)?$`);
  return (name) => expression.test(name);
}

function translate(pattern: string): string {
  let depth = 0;
  const translated = pattern.replace(/\/+$/, "").replace(
    /\*\*\/|\/\*\*$|\*\*|\*|\?|\{|\}|,|[^*?{},]/g,
    (token) => {
      if (token === "**/") return "(?:[^/]+/)*";
      if (token === "/**") return "(?:/.*)?";
      if (token === "**") return ".*";
      if (token === "*") return "[^/]*";
      if (token === "?") return "[^/]";
      if (token === "{") {
        depth++;
        return "(?:";
      }
      if (token === "}" && depth > 0) {
        depth--;
        return ")";
      }
      if (token === "," && depth > 0) return "|";
      return RegExp.escape(token);
    },
  );
  if (depth > 0) {
    throw new TypeError(
      `Cannot use the pattern ${
        quoteValue(pattern)
      }: a brace is open, wanted it closed`,
    );
  }
  return translated;
}
