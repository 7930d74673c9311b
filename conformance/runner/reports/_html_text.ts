/**
 * Text in the page of reports.
 *
 * @module
 */

/** Returns a text in which nothing is markup. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** Returns a text in which nothing is markup but what stands between backticks, which is code. */
export function withCode(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

/** Returns a text as a string of a style sheet, which cannot end the element it stands in. */
export function cssString(text: string): string {
  const letters = text.replace(
    /[^\w ./@-]/gu,
    (letter) => `\\${letter.codePointAt(0)!.toString(16)} `,
  );
  return `"${letters}"`;
}

/** Returns JSON that cannot end the script element it stands in. */
export function jsonInScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** Returns a time without fractions of seconds, as it is in UTC. */
export function dateTime(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}

/** Returns a duration in seconds. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
