/**
 * Values that messages quote, shortened: a name in a case may have thousands of
 * bytes.
 *
 * @module
 */

/** How many characters of a value a message quotes. */
const QUOTED = 80;

/** Returns a text, or its beginning and how long it is. */
export function shorten(text: string): string {
  if (text.length <= QUOTED) return text;
  const beginning = text.slice(0, QUOTED).replace(/[\ud800-\udbff]$/, "");
  return `${beginning}… (${text.length} characters)`;
}

/** Returns a value as JSON, shortened. */
export function quoteValue(value: unknown): string {
  return shorten(JSON.stringify(value) ?? "nothing");
}
