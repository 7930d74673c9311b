import { assert, assertEquals, assertRejects } from "@std/assert";
import type { CaseRun } from "../cases/expand.ts";
import { allRuns } from "../cases/plan.ts";
import {
  CodecImplementation,
  SMALL_CORPUS,
} from "../testing/codec_implementation.ts";
import { RunningImplementation } from "./_running_implementation.ts";
import { execute } from "./execute.ts";
import type { Execution, Outcome } from "./execution.ts";
import { type Batch, Pool } from "./pool.ts";

const GUILTY = "codec/small/error/encode";

/** Runs the small corpus, or these batches, with the judge of a test, which sees the instances that were started. */
async function executeWith(
  judge: (
    name: string,
    subjects: readonly CodecImplementation[],
  ) => Promise<Outcome["verdict"]>,
  options: Partial<Execution>,
  batches?: ReadonlyMap<Batch, readonly CaseRun[]>,
): Promise<
  { verdicts: Record<string, string>; subjects: CodecImplementation[] }
> {
  const subjects: CodecImplementation[] = [];
  const open = () => {
    const implementation = new CodecImplementation();
    subjects.push(implementation);
    return implementation;
  };
  const { expected = () => undefined } = options;
  const pool = new Pool(allRuns(SMALL_CORPUS), expected);
  const left = new Map(batches);
  const supply = (batch: Batch) => {
    if (batches === undefined) return Promise.resolve(pool.take(batch));
    const runs = left.get(batch) ?? [];
    left.delete(batch);
    return Promise.resolve(runs);
  };
  const outcomes = await execute(supply, {
    open,
    first: await RunningImplementation.start(open),
    jobs: 64,
    instances: 1,
    expected,
    endingTimeout: Infinity,
    judge: async ({ name }) => ({
      verdict: await judge(name, subjects),
      trace: [],
    }),
    done() {},
    isEnough: () => false,
    exited() {},
    remark() {},
    ...options,
  });
  const verdicts = Object.fromEntries(
    outcomes.map(({ run, verdict }) => [run.name, verdict]),
  );
  return { verdicts, subjects };
}

/** Ends the implementation that was started last, and never comes back. */
function crash(subjects: readonly CodecImplementation[]): Promise<never> {
  try {
    subjects.at(-1)!.crash();
  } catch {
    // Who is asked to judge says nothing of it.
  }
  return new Promise(() => {});
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await undefined;
}

Deno.test("runs that fail while the implementation does not respond are repeated if it exits", async () => {
  const { now } = performance;
  let passed = 0;
  performance.now = () => now.call(performance) + passed;
  try {
    const failed = new Set<string>();
    const { verdicts } = await executeWith(async (name, subjects) => {
      if (name === GUILTY) {
        await someTurns();
        passed += 10_000;
        return await crash(subjects);
      }
      const isFirst = !failed.has(name);
      failed.add(name);
      return isFirst ? "fail" : "pass";
    }, {});
    const { [GUILTY]: guilty, ...others } = verdicts;
    assertEquals(guilty, "fail");
    assertEquals(new Set(Object.values(others)), new Set(["pass"]));
  } finally {
    performance.now = now;
  }
});

Deno.test("runs that fail in idle time are outcomes like others, and what goes wrong with them ends all", async () => {
  const names = allRuns(SMALL_CORPUS).map(({ name }) => name);
  const [first, ...others] = names;
  // The first run takes the only job, so that the others fill idle time.
  const judged = new Set<string>();
  const all = Promise.withResolvers<void>();
  const judge = async (name: string) => {
    judged.add(name);
    if (judged.size === names.length) all.resolve();
    if (name === first) await all.promise;
    return name === first ? "pass" : "fail";
  };
  const idle = { jobs: 1, mostJobs: 1 + names.length };
  const { verdicts } = await executeWith(judge, idle);
  assertEquals(Object.keys(verdicts).sort(), names.toSorted());
  for (const name of others) assertEquals(verdicts[name], "fail");

  judged.clear();
  const done = ({ run }: Outcome) => {
    if (run.name === others[0]) throw new Error("the report is lost");
  };
  const passes = (name: string) => {
    if (name === first) return new Promise<never>(() => {});
    return Promise.resolve("pass" as const);
  };
  await assertRejects(
    () => executeWith(passes, { ...idle, done }),
    Error,
    "the report is lost",
  );
});

Deno.test("suspects run with separate instances, several at a time", async () => {
  const three = Promise.withResolvers<void>();
  let together = 0;
  const { verdicts, subjects } = await executeWith(async (name, subjects) => {
    if (subjects.length === 1) {
      return name === GUILTY ? await crash(subjects) : new Promise(() => {});
    }
    if (++together === 3) three.resolve();
    await three.promise;
    return "pass";
  }, { instances: 3 });
  assertEquals(new Set(Object.values(verdicts)), new Set(["pass"]));
  assert(subjects.every(({ disposed }) => disposed));
});

Deno.test("runs that wait for time limits come first in another thread, and others fill their time", async () => {
  const [timed, ...common] = allRuns(SMALL_CORPUS).slice(0, 4);
  const othersDone = Promise.withResolvers<void>();
  const begun: string[] = [];
  let done = 0;
  const { verdicts } = await executeWith(
    async (name) => {
      begun.push(name);
      if (name === timed!.name) await othersDone.promise;
      else if (++done === common.length) othersDone.resolve();
      return "pass";
    },
    { jobs: 1, mostJobs: 2, isTimedFirst: true },
    new Map([["timed", [timed!]], ["common", common]]),
  );
  const names = [timed, ...common].map((run) => run!.name);
  assertEquals(Object.keys(verdicts).sort(), names.toSorted());
  assertEquals(begun, names);
});

Deno.test("few large and busy runs run at the same time, with common ones beside them", async () => {
  const runs = allRuns(SMALL_CORPUS).slice(0, 8);
  const batches = new Map<Batch, readonly CaseRun[]>([
    ["large", runs.slice(0, 3)],
    ["busy", runs.slice(3, 5)],
    ["common", runs.slice(5)],
  ]);
  const batchOf = new Map(
    [...batches].flatMap(([batch, of]) =>
      of.map(({ name }) => [name, batch] as const)
    ),
  );
  const running: Batch[] = [];
  const seen = new Set<string>();
  const { verdicts } = await executeWith(
    async (name) => {
      const batch = batchOf.get(name)!;
      running.push(batch);
      // What can begin now has begun after a turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 0));
      seen.add(running.toSorted().join(" "));
      running.splice(running.indexOf(batch), 1);
      return "pass";
    },
    { jobs: 5 },
    batches,
  );
  assertEquals(Object.keys(verdicts).length, runs.length);
  assert(seen.has("busy busy common large large"), [...seen].join("; "));
  const counts = (batch: Batch) =>
    [...seen].map((at) =>
      at.split(" ").filter((each) => each === batch).length
    );
  assertEquals(Math.max(...counts("large")), 2);
  assertEquals(Math.max(...counts("busy")), 2);
});
