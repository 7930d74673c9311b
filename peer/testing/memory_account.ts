/**
 * Memory accounts for tests.
 *
 * @module
 */

import { VirtualClock } from "./virtual_clock.ts";
import { MemoryAccount } from "../link/memory_account.ts";
import { MemoryTotal } from "../memory_total.ts";

/** Options of {@linkcode openAccount}. */
export interface AccountOptions {
  /** What it is a part of; by default, a total without a maximum. */
  readonly total?: MemoryTotal;
  /** Its limit; none by default. */
  readonly maxBytes?: number;
  /** Its clock. */
  readonly clock?: VirtualClock;
  /** Called when the connection must end. */
  readonly ended?: (error: Error) => void;
}

/** Opens an account. */
export function openAccount(
  {
    total = new MemoryTotal(Infinity),
    maxBytes = Infinity,
    clock = new VirtualClock(),
    ended = () => {},
  }: AccountOptions = {},
): MemoryAccount {
  const limits = { maxHeldBytes: maxBytes };
  return new MemoryAccount(total, { clock, limits, giveWay: ended });
}
