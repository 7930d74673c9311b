/**
 * What the commands of measuring programs have in common.
 *
 * @module
 */

/**
 * Returns the number of an option.
 *
 * @throws {Error} If it is not a number greater than 0.
 */
export function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new Error(
    `Cannot set --${option}: got "${text}", wanted a number greater than 0`,
  );
}

/** Returns what an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
