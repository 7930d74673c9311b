/**
 * The messages between a thread and the thread that started it.
 *
 * @module
 */

import type { Description } from "../implementation.ts";
import type { Batch } from "../judging/pool.ts";
import type { Outcome } from "../judging/execution.ts";

/** The name of a thread that runs cases. */
export const SHARD_THREAD = "gotalk-conformance-shard";

/** What a thread receives. */
export type ShardCommand =
  | {
    readonly type: "execute";
    /** The arguments of the command. */
    readonly args: readonly string[];
    /** The number of threads. */
    readonly threads: number;
    /** The description that the instances must give of themselves. */
    readonly description: Description;
  }
  | {
    readonly type: "runs";
    /** The full names of runs of the batch that was asked for; none if no more are left. */
    readonly names: readonly string[];
  }
  | { readonly type: "end" };

/** An outcome, with the full name of its run. */
export type NamedOutcome = Omit<Outcome, "run"> & { readonly name: string };

/** What a thread sends. */
export type ShardEvent =
  | { readonly type: "take"; readonly batch: Batch }
  | { readonly type: "done"; readonly outcome: NamedOutcome }
  | { readonly type: "exited"; readonly how: string }
  | { readonly type: "remark"; readonly text: string }
  | { readonly type: "over" }
  | {
    readonly type: "failed";
    readonly message: string;
    /** Whether the implementation cannot be used. */
    readonly isAdapterError: boolean;
  };
