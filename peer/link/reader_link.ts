/**
 * What a reader needs of its link.
 *
 * @module
 */

import type { Channel } from "../../transport/channel.ts";
import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import type { Observers } from "../observers.ts";
import type { Keepalive } from "./keepalive.ts";
import type { MemoryAccount } from "./memory_account.ts";
import type { ReceiveBudget } from "./receive_budget.ts";
import type { Writer } from "./writer.ts";

/** What a reader needs of its link. */
export interface ReaderLink {
  readonly channel: Channel;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly memory: MemoryAccount;
  readonly keepalive: Keepalive;
  readonly observers: Observers;
  readonly receiveBudget: ReceiveBudget;
  readonly writer: Writer;
}
