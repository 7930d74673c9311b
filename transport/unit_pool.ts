/**
 * A pool of {@linkcode WriteUnits}.
 * Internal to the package.
 *
 * @module
 */

import { freeMemory } from "../quoting/free_memory.ts";
import { WriteUnits } from "./write_units.ts";

/**
 * Batches kept at most: about as many as are written at a time on most machines
 * (connections-1000).
 */
const MAX_POOLED = 16;

const pool: WriteUnits[] = [];

/**
 * Returns an empty batch, the one that was released last if there is one.
 *
 * Most of thousands of connections are quiet most of the time, and a quiet one
 * should hold no memory for writing (connections-idle).
 */
export function acquireUnits(): WriteUnits {
  return pool.pop() ?? new WriteUnits();
}

/** Returns an acquired batch to the pool, once it has been written or dropped. */
export function releaseUnits(units: WriteUnits): void {
  units.clear();
  if (pool.length < MAX_POOLED) pool.push(units);
  else freeMemory(units.buffer);
}
