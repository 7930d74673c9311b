/**
 * Times in words.
 *
 * @module
 */

/** Returns a time in words: `85 µs`, `1.23 ms`, `2.5 s`. */
export function milliseconds(time: number): string {
  if (time < 0.9995) return `${digits(time * 1000)} µs`;
  if (time < 999.5) return `${digits(time)} ms`;
  return `${digits(time / 1000)} s`;
}

function digits(number: number): string {
  return String(Number(number.toPrecision(3)));
}
