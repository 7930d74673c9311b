/**
 * The sizes at which implementations go wrong: powers of two, and the sizes of buffers.
 *
 * @module
 */

/** Returns a power of two with its neighbours. */
export function around(exponent: number): number[] {
  const power = 2 ** exponent;
  return [power - 1, power, power + 1];
}

/** Returns the powers of two from one exponent to another, with their neighbours, each size once. */
function powers(from: number, to: number): number[] {
  const exponents = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  return [...new Set(exponents.flatMap(around))].sort((a, b) => a - b);
}

/** The last sizes of which a WebSocket header has one byte, and the first of which it has more. */
const WEBSOCKET_SIZES = [125, 126];

/** The largest size of a name. */
export const LONGEST_NAME = 4095;

/** The sizes of names, the empty one first. */
export const NAME_SIZES: readonly number[] = [
  ...new Set([0, 1, ...powers(1, 11), ...WEBSOCKET_SIZES, LONGEST_NAME]),
].sort((a, b) => a - b);

/** The sizes of payloads that cost little, up to the first size of a buffer. */
export const SMALL_SIZES: readonly number[] = [
  ...new Set([0, 1, ...powers(1, 12), ...WEBSOCKET_SIZES]),
].sort((a, b) => a - b);

/** The sizes of buffers from 8 KiB to 64 KiB, the last size of a WebSocket header of four bytes among them. */
export const LARGE_SIZES: readonly number[] = powers(13, 16);

/** The exponents of the sizes of large buffers. */
export const HUGE_EXPONENTS = [17, 18, 19, 20] as const;
