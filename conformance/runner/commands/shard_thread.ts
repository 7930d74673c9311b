/**
 * The program in a thread that executes a share of the runs.
 *
 * @module
 */

import { CORPUS } from "../cases/corpus.ts";
import { allRuns } from "../cases/plan.ts";
import { corpusOption } from "../command_line/corpus_option.ts";
import { messageOf } from "../command_line/command.ts";
import { AdapterError } from "../implementation.ts";
import type { Outcome } from "../judging/execution.ts";
import type { Batch } from "../judging/pool.ts";
import { executeShare } from "../judging/shard.ts";
import { judgingOption, parseRunArguments } from "./_run_options.ts";
import {
  SHARD_THREAD,
  type ShardCommand,
  type ShardEvent,
} from "./_shard_message.ts";

/** The global object of a thread. */
interface ThreadGlobal {
  readonly name?: string;
  onmessage: ((event: MessageEvent<ShardCommand>) => void) | null;
  postMessage(event: ShardEvent): void;
}

const thread = globalThis as unknown as ThreadGlobal;

/** Whether this is a thread that was started to run cases. */
export function isShardThread(): boolean {
  return thread.name === SHARD_THREAD;
}

/** Executes the runs that the thread receives. */
export function serveShard(): void {
  const ended = new AbortController();
  const asked: ((names: readonly string[]) => void)[] = [];
  ended.signal.addEventListener("abort", () => {
    for (const answer of asked.splice(0)) answer([]);
  });
  const take = (batch: Batch) => {
    if (ended.signal.aborted) return Promise.resolve([]);
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    asked.push(resolve);
    thread.postMessage({ type: "take", batch });
    return promise;
  };
  thread.onmessage = ({ data }) => {
    if (data.type === "end") return ended.abort();
    // What was asked first is answered first.
    if (data.type === "runs") return asked.shift()?.(data.names);
    void execute(data, take, ended.signal).then(
      () => thread.postMessage({ type: "over" }),
      (error) =>
        thread.postMessage({
          type: "failed",
          message: messageOf(error),
          isAdapterError: error instanceof AdapterError,
        }),
    );
  };
}

async function execute(
  { args, threads, description }: Extract<ShardCommand, { type: "execute" }>,
  take: (batch: Batch) => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<void> {
  const given = parseRunArguments(args);
  // The thread that started this one has compared the corpus with its manifest.
  const corpus = given.text.corpus === undefined
    ? CORPUS
    : await corpusOption(given);
  const { open, options } = await judgingOption(given, threads);
  const runs = new Map(allRuns(corpus).map((run) => [run.name, run]));
  const supply = async (batch: Batch) => {
    const names = await take(batch);
    return names.map((name) => runs.get(name)!);
  };
  if (signal.aborted) return;
  await executeShare(open, options, supply, {
    done: (outcome) =>
      thread.postMessage({ type: "done", outcome: named(outcome, options) }),
    exited: (how) => thread.postMessage({ type: "exited", how }),
    remark: (text) => thread.postMessage({ type: "remark", text }),
    signal,
  }, description);
}

/** Returns what the report needs of an outcome. */
function named(
  { run: { name }, ...outcome }: Outcome,
  { trace = false }: { readonly trace?: boolean | undefined },
): Extract<ShardEvent, { type: "done" }>["outcome"] {
  const isDropped = outcome.verdict === "pass" && !trace;
  return { ...outcome, name, ...isDropped ? { trace: [] } : {} };
}
