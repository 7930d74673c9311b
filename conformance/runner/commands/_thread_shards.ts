/**
 * Threads that each execute a share of the runs.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import { AdapterError } from "../implementation.ts";
import type { Shard } from "../judging/shard.ts";
import {
  SHARD_THREAD,
  type ShardCommand,
  type ShardEvent,
} from "./_shard_message.ts";

/** Threads, which end when it is disposed of. */
export class ThreadShards implements Disposable {
  /** The shards, one for each thread. */
  readonly all: readonly Shard[];
  readonly #workers: readonly Worker[];

  /**
   * Starts threads, which load the program meanwhile.
   *
   * @param program The module of the program.
   * @param args The arguments of the command.
   * @param count The number of threads besides this one.
   */
  constructor(program: string, args: readonly string[], count: number) {
    this.#workers = Array.from(
      { length: count },
      () => new Worker(program, { type: "module", name: SHARD_THREAD }),
    );
    this.all = this.#workers.map((worker) => shardOf(worker, args, count + 1));
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

function shardOf(
  worker: Worker,
  args: readonly string[],
  threads: number,
): Shard {
  const send = (command: ShardCommand) => worker.postMessage(command);
  return {
    async execute(supply, { done, exited, remark, signal }, description) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const given = new Map<string, CaseRun>();
      const give = (runs: readonly CaseRun[]) => {
        for (const run of runs) given.set(run.name, run);
        send({ type: "runs", names: runs.map(({ name }) => name) });
      };
      worker.onmessage = ({ data }: MessageEvent<ShardEvent>) => {
        switch (data.type) {
          case "take":
            return void supply(data.batch).then(give, reject);
          case "done": {
            const { name, ...outcome } = data.outcome;
            return done({ ...outcome, run: given.get(name)! });
          }
          case "exited":
            return exited(data.how);
          case "remark":
            return remark(data.text);
          case "over":
            return resolve();
          case "failed":
            return reject(
              data.isAdapterError
                ? new AdapterError(data.message, { fatal: true })
                : new Error(data.message),
            );
          default:
            return data satisfies never;
        }
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Cannot run cases in a thread: ${event.message}`));
      };
      const end = () => send({ type: "end" });
      send({ type: "execute", args, threads, description });
      if (signal?.aborted) end();
      signal?.addEventListener("abort", end);
      try {
        await promise;
      } finally {
        signal?.removeEventListener("abort", end);
      }
    },
  };
}
