/**
 * Write units for those who write now and then.
 *
 * @module
 */

import { WriteUnits } from "./write_units.ts";

/** How many are kept: as many as are being written at a time, on most machines. */
const MOST_SPARE = 16;

const spare: WriteUnits[] = [];

/**
 * Takes an empty batch.
 *
 * Thousands of connections rest most of the time, and one that rests should hold no memory for what it
 * might write. Those that write share what there is, the one that was used last first.
 */
export function takeUnits(): WriteUnits {
  return spare.pop() ?? new WriteUnits();
}

/** Gives back a batch that was taken and written. */
export function giveUnits(units: WriteUnits): void {
  units.clear();
  if (spare.length < MOST_SPARE) spare.push(units);
}
