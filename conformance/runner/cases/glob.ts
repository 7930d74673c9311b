/**
 * Patterns for the full names of cases.
 *
 * @module
 */

/**
 * Makes a test for full names out of a pattern: `*` is any part of a component, `**` any number of
 * components, `?` one character, `{a,b}` one of several. A pattern that matches the first components of
 * a name matches the name, so an identifier stands for all that it is expanded to.
 *
 * @throws {TypeError} When braces are not closed.
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
        JSON.stringify(pattern)
      }: a brace is open, wanted it closed`,
    );
  }
  return translated;
}
