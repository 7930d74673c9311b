import { assert, assertEquals, assertRejects } from "@std/assert";
import { allRuns } from "../cases/plan.ts";
import { AdapterError } from "../implementation.ts";
import {
  CodecImplementation,
  SMALL_CORPUS,
} from "../testing/codec_implementation.ts";
import { RunningImplementation } from "./_running_implementation.ts";
import type { Execution, Outcome } from "./execution.ts";
import { executeInShards, executeShare, type Shard } from "./shard.ts";

const RUNS = allRuns(SMALL_CORPUS);

async function executionWith(
  options: Partial<Execution> = {},
): Promise<Execution> {
  const open = () => new CodecImplementation();
  return {
    open,
    first: await RunningImplementation.start(open),
    jobs: 2,
    instances: 1,
    expected: () => undefined,
    endingTimeout: Infinity,
    judge: () => Promise.resolve({ verdict: "pass", trace: [] }),
    done() {},
    isEnough: () => false,
    exited() {},
    remark() {},
    ...options,
  };
}

/** A shard in this thread. */
const SHARD: Shard = {
  execute: (supply, events, description) =>
    executeShare(
      () => new CodecImplementation(),
      {},
      supply,
      events,
      description,
    ),
};

Deno.test("shards execute all runs, each once, and all report", async () => {
  const reported: Outcome[] = [];
  const outcomes = await executeInShards(
    RUNS,
    await executionWith({ done: (outcome) => reported.push(outcome) }),
    [SHARD, SHARD],
  );
  const names = outcomes.map(({ run }) => run.name).sort();
  assertEquals(names, RUNS.map(({ name }) => name).sort());
  assert(outcomes.every(({ verdict }) => verdict === "pass"));
  assertEquals(reported.length, RUNS.length);
});

Deno.test("an error of a shard ends the others, and is the error of the run", async () => {
  const broken: Shard = {
    execute: () => Promise.reject(new AdapterError("gone", { fatal: true })),
  };
  let ended: AbortSignal | undefined;
  const waiting: Shard = {
    execute: (_, { signal }) => {
      ended = signal;
      return new Promise((resolve) =>
        signal!.addEventListener("abort", () => resolve())
      );
    },
  };
  await assertRejects(
    async () =>
      await executeInShards(RUNS, await executionWith(), [broken, waiting]),
    AdapterError,
    "gone",
  );
  assertEquals(ended?.aborted, true);
});

Deno.test("all shards end after an outcome that is enough, and when the run is interrupted", async () => {
  const waiting: Shard = {
    execute: (_, { signal }) =>
      new Promise((resolve) =>
        signal!.aborted
          ? resolve()
          : signal!.addEventListener("abort", () => resolve())
      ),
  };
  const enough = await executeInShards(
    RUNS,
    await executionWith({ isEnough: () => true }),
    [waiting],
  );
  assert(enough.length < RUNS.length);
  const none = await executeInShards(
    RUNS,
    await executionWith({ signal: AbortSignal.abort() }),
    [waiting],
  );
  assertEquals(none, []);
});

Deno.test("instances that describe different implementations cannot be used", async () => {
  const description = { operations: ["echo"] };
  const changed: Shard = {
    execute: (supply, events, wanted) =>
      executeShare(
        () => new CodecImplementation({ description }),
        {},
        supply,
        events,
        wanted,
      ),
  };
  await assertRejects(
    async () => await executeInShards(RUNS, await executionWith(), [changed]),
    AdapterError,
    "its instances differ in operations of the answer to start",
  );
});

Deno.test("an instance may describe itself in another order", async () => {
  const { description } = await RunningImplementation.start(() =>
    new CodecImplementation()
  );
  const { limits: { name, payload }, operations, versions } = description;
  const reordered = {
    operations: operations.toReversed(),
    versions: versions.toReversed(),
    limits: { payload, name },
  };
  await RunningImplementation.start(
    () => new CodecImplementation({ description: reordered }),
    description,
  );
});
