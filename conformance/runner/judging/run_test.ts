import {
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { BrokenAdapterError } from "../adapter_protocol/adapter_client.ts";
import {
  AdapterError,
  type Commands,
  SkippedError,
} from "../implementation.ts";
import {
  type CodecChanges,
  CodecImplementation,
  SMALL_CORPUS,
} from "../testing/codec_implementation.ts";
import type { Report, Result, Verdict } from "./report.ts";
import { run, type RunOptions } from "./run.ts";

/** Runs the small corpus with a codec, and gives what came of it and how many subjects it took. */
async function runWith(
  changes: (implementation: CodecImplementation) => CodecChanges,
  options: RunOptions = {},
): Promise<{ report: Report; subjects: CodecImplementation[] }> {
  const subjects: CodecImplementation[] = [];
  const open = () => {
    const implementation: CodecImplementation = new CodecImplementation({
      encode: (args, right) =>
        changes(implementation).encode?.(args, right) ?? right,
      decode: (args, right) =>
        changes(implementation).decode?.(args, right) ?? right,
    });
    subjects.push(implementation);
    return implementation;
  };
  const report = await run(open, { corpus: SMALL_CORPUS, ...options });
  return { report, subjects };
}

function verdicts({ results }: Report): Record<string, Verdict> {
  return Object.fromEntries(
    results.map(({ name, verdict }) => [name, verdict]),
  );
}

function find({ results }: Report, name: string): Result {
  return results.find((result) => result.name === name)!;
}

/** The bytes with their digits in upper case. */
function upperCase({ encode = "" } = {}): CodecChanges {
  return {
    encode: (_, right) =>
      "bytes" in right
        ? {
          bytes: new TextEncoder().encode(
            new TextDecoder().decode(right.bytes).replace("a", "A") + encode,
          ),
        }
        : right,
  };
}

const UPPER = "codec/small/upper-case/encode";
const ERROR = "codec/small/error/encode";

Deno.test("correct behaviour passes, and the report describes the run", async () => {
  const { report, subjects: [implementation] } = await runWith(() => ({}), {
    seed: 5,
    jobs: 3,
  });
  assertEquals(new Set(Object.values(verdicts(report))), new Set(["pass"]));
  assertEquals(report.status, 0);
  assertEquals(report.stale, []);
  assertEquals(report.corpus.version, "9.9.9");
  assertEquals(report.options, { level: "must", seed: 5, jobs: 3 });
  assertEquals(
    report.statements.map(({ id, passed, failed }) => [id, passed > 0, failed]),
    [
      ["wire/a", true, 0],
      ["wire/b", true, 0],
      ["wire/c", false, 0],
    ],
  );
  assertEquals(report.results.some(({ trace }) => trace !== undefined), false);
  assertEquals(implementation!.disposed, true);
});

Deno.test("a report says how many cases that apply and count were left out", async () => {
  const leftOut = async (options: RunOptions) =>
    (await runWith(() => ({}), options)).report.leftOut;
  assertEquals(await leftOut({}), undefined);
  assertEquals(await leftOut({ level: "should", hostile: true }), undefined);
  // The other case does not count at level must.
  assertEquals(await leftOut({ run: ["**/error/**"] }), undefined);
  assertEquals(
    await leftOut({ run: ["**/error/**"], level: "should" }),
    { cases: 1, of: 2 },
  );
  assertEquals(
    await leftOut({ skip: ["**/error/chunk:whole"] }),
    { cases: 1, of: 1 },
  );
  assertEquals(await leftOut({ run: [UPPER] }), { cases: 1, of: 1 });
  const { report } = await runWith(() => upperCase(), {
    level: "should",
    failFast: true,
    jobs: 1,
    run: ["**/error/**", UPPER],
  });
  assertEquals(
    report.leftOut === undefined,
    report.planned === report.results.length,
  );
});

Deno.test("passing runs have traces on request", async () => {
  const { report } = await runWith(() => ({}), { trace: true });
  assertEquals(report.results.every(({ trace }) => trace!.length > 0), true);
});

Deno.test("failures count up to the level of the run", async () => {
  const { report: must } = await runWith(() => upperCase());
  assertEquals([
    find(must, UPPER).verdict,
    find(must, UPPER).gated,
    must.status,
  ], ["fail", false, 0]);
  const { report: should } = await runWith(() => upperCase(), {
    level: "should",
  });
  assertEquals([
    find(should, UPPER).verdict,
    find(should, UPPER).gated,
    should.status,
  ], ["fail", true, 1]);
  assertEquals(should.statements.map(({ failed }) => failed), [1, 1, 0]);
  assertEquals(find(should, UPPER).expected, ["the bytes f0000000a"]);
});

Deno.test("known failures are expected, always or now and then", async () => {
  const entry = { case: "**/upper-case", reason: "decides otherwise" };
  const { report: known } = await runWith(() => upperCase(), {
    level: "should",
    known: [entry],
  });
  assertEquals([find(known, UPPER).verdict, known.status], ["known", 0]);
  assertEquals(find(known, UPPER).reason, "decides otherwise: wrote f0000000A");
  const { report: flaky } = await runWith(() => upperCase(), {
    level: "should",
    flaky: [entry],
  });
  assertEquals([find(flaky, UPPER).verdict, flaky.status], ["flaky", 0]);
});

Deno.test("a run in which nothing can be judged is not as expected, whatever the lists say", async () => {
  const broken = () => {
    throw new AdapterError("Cannot do that");
  };
  const nothing = () => ({ encode: broken, decode: broken });
  for (
    const options of [
      { known: [{ case: "**", reason: "It is so" }] },
      { flaky: [{ case: "**", reason: "It is so" }] },
      // A failure of this case does not count.
      { run: [UPPER] },
    ]
  ) {
    const { report } = await runWith(nothing, options);
    assertEquals(report.status, 3);
    assertEquals(report.statements.filter(({ tested }) => tested), []);
  }
  const { report } = await runWith(nothing);
  assertEquals(report.status, 1);
});

Deno.test("an entry is stale if it passes or matches nothing, but not if it was left out", async () => {
  const known = ["codec/small/upper-case", "codec/gone"].map((each) => ({
    case: each,
    reason: "x",
  }));
  const { report } = await runWith(() => ({}), { known });
  assertEquals([report.stale, report.status], [[
    "codec/small/upper-case",
    "codec/gone",
  ], 4]);
  const { report: part } = await runWith(() => ({}), {
    known: known.slice(0, 1),
    skip: ["**/upper-case"],
  });
  assertEquals([part.stale, part.status], [[], 0]);
  const { report: flaky } = await runWith(() => ({}), { flaky: known });
  assertEquals([flaky.stale, flaky.status], [[], 0]);
  const { report: failing } = await runWith(() => upperCase({ encode: "!" }), {
    known: [{ case: "codec/small/error/chunk:whole", reason: "x" }],
  });
  assertEquals([failing.stale.length, failing.status], [1, 1]);
});

Deno.test("with failFast, a run stops at the first failure", async () => {
  const { report } = await runWith(
    () => ({ decode: () => ({ messages: [] }) }),
    { failFast: true, jobs: 1 },
  );
  assertEquals(report.results.length, 1);
  assertEquals(report.status, 1);
});

Deno.test("an aborted run reports the results so far, and waits for no answer", async () => {
  const controller = new AbortController();
  let decoded = 0;
  const { report } = await runWith(() => ({
    decode(_, right) {
      if (++decoded === 1) return right;
      controller.abort();
      return new Promise(() => {});
    },
  }), { signal: controller.signal, jobs: 1 });
  assertEquals(report.results.length, 1);
  assertEquals(report.status, 130);
});

Deno.test("the case that ends the implementation is found, and all others are judged", async () => {
  const remarks: string[] = [];
  const { report, subjects } = await runWith((implementation) => ({
    encode: ({ message }, right) =>
      message?.code === 1 ? implementation.crash() : right,
  }), { reporter: { remark: (text) => remarks.push(text) } });
  const { [ERROR]: crashed, ...others } = verdicts(report);
  assertEquals(crashed, "fail");
  assertEquals(new Set(Object.values(others)), new Set(["pass"]));
  const { reason, trace } = find(report, ERROR);
  assertStringIncludes(
    reason!,
    "the implementation exited: it exited with status 2",
  );
  assertStringIncludes(trace!.at(-1)!.text, "it exited with status 2");
  assertEquals(subjects.every(({ disposed }) => disposed), true);
  assertEquals(remarks.length, 1);
  assertEquals(report.status, 1);
});

Deno.test("a report contains nothing unprintable of what an implementation answers", async () => {
  const hostile = "\x1b[2J\x07\x7f\x9b31m\u202e\u2028\ue000\u00a0";
  const { report } = await runWith(() => ({
    encode: () => {
      throw new AdapterError(`Cannot encode: ${hostile}`);
    },
    decode: () => ({ messages: hostile }) as never,
  }), { trace: true });
  assertStringIncludes(
    find(report, ERROR).reason!,
    "\\x1b[2J\\x07\\x7f\\x9b31m",
  );
  for (const { reason = "", expected = [], trace = [] } of report.results) {
    for (const text of [reason, ...expected, ...trace.map((at) => at.text)]) {
      assertNotMatch(text, /(?![ \n])[\p{C}\p{Z}]/u);
    }
  }
});

Deno.test("a run that fails just before the implementation exits is repeated", async () => {
  let crashes = 0;
  const { report } = await runWith((implementation) => ({
    encode({ message }, right) {
      if (message?.code !== 1) return right;
      // Answers wrongly, and breaks down after the answer.
      crashes++;
      queueMicrotask(() => {
        try {
          implementation.crash();
        } catch {
          // Nobody asked.
        }
      });
      return { refused: { reason: "no" } };
    },
  }), { jobs: 1 });
  assertStringIncludes(
    find(report, ERROR).reason!,
    "the implementation exited: ",
  );
  assertEquals(crashes, 2);
});

Deno.test("an exit that does not recur is no failure of a case, but is reported and counts", async () => {
  let crashed = false;
  const { report } = await runWith((implementation) => ({
    decode(_, right) {
      if (crashed) return right;
      crashed = true;
      return implementation.crash();
    },
  }));
  assertEquals(new Set(Object.values(verdicts(report))), new Set(["pass"]));
  assertEquals(report.exits, { times: 1, last: "it exited with status 2" });
  assertEquals(report.status, 1);
});

Deno.test("after a case has ended the implementation repeatedly, its other runs are left out", async () => {
  const { report } = await runWith((implementation) => ({
    decode: () => implementation.crash(),
  }), { jobs: 1 });
  const decoded = report.results.filter(({ id }) => id === "codec/small/error");
  assertEquals(decoded.filter(({ verdict }) => verdict === "fail").length, 3);
  assertEquals(
    decoded.filter(({ verdict }) => verdict === "errored").length,
    decoded.length - 3,
  );
  assertEquals(find(report, UPPER).verdict, "pass");
});

Deno.test("cases that are known to end the implementation run last and alone", async () => {
  const remarks: string[] = [];
  const asked: number[] = [];
  const { report, subjects } = await runWith((implementation) => ({
    encode({ message }, right) {
      asked.push(message?.code ?? 0);
      return message?.code === 1 ? implementation.crash() : right;
    },
  }), {
    known: [{ case: ERROR, reason: "It crashes.", alone: true }],
    reporter: { remark: (text) => remarks.push(text) },
  });
  assertEquals([find(report, ERROR).verdict, report.status], ["known", 0]);
  assertEquals(asked.at(-1), 1);
  assertEquals(remarks, []);
  assertEquals(subjects.length, 1);
});

Deno.test("cases that are known to block the implementation are abandoned after a bound", async () => {
  const { report, subjects: [implementation] } = await runWith(() => ({
    encode: ({ message }, right) =>
      message?.code === 1 ? new Promise(() => {}) : right,
  }), {
    known: [{ case: ERROR, reason: "It never returns.", alone: true }],
    timeoutScale: 0.01,
  });
  assertEquals(
    find(report, ERROR).reason,
    "It never returns: the implementation exited: no verdict in 30 ms",
  );
  assertEquals(report.status, 0);
  assertEquals(implementation!.disposed, true);
});

Deno.test("more known failures run at the same time, since they mostly wait", async () => {
  let most = 0;
  let running = 0;
  const { report } = await runWith(() => ({
    async decode(_, right) {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 100; turn++) await undefined;
      running--;
      return right;
    },
  }), {
    jobs: 1,
    known: [{ case: "codec/small/error", reason: "It is slow." }],
  });
  const listed = report.results.filter(({ name }) =>
    name.startsWith("codec/small/error/chunk:")
  );
  assertEquals(most, Math.min(listed.length, 16));
});

Deno.test("an implementation that every case ends cannot be used", async () => {
  let asked = 0;
  // What it cannot do shows no more than a crash does.
  const act = (implementation: CodecImplementation) => {
    if (asked++ === 0) throw new SkippedError("not yet");
    implementation.crash();
  };
  const crash = (implementation: CodecImplementation): CodecChanges => ({
    decode: () => act(implementation),
    encode: () => act(implementation),
  });
  const cases = Array.from({ length: 9 }, (_, at) => ({
    ...SMALL_CORPUS.files["codec/small.json"]!.cases[1]!,
    id: `codec/small/${at}`,
  }));
  const corpus = {
    ...SMALL_CORPUS,
    files: { "codec/small.json": { about: "", notes: {}, cases } },
  };
  await assertRejects(
    () => runWith(crash, { corpus, jobs: 1 }),
    AdapterError,
    "each of 5 cases ended it",
  );
});

Deno.test("an implementation that skips start cannot be used", async () => {
  class Skipping extends CodecImplementation {
    override ask(): Promise<never> {
      return Promise.reject(new SkippedError("not today"));
    }
  }
  await assertRejects(
    () => run(() => new Skipping(), { corpus: SMALL_CORPUS }),
    AdapterError,
    "Cannot use the implementation: it skips start: not today",
  );
});

Deno.test("an implementation that does not start cannot be used", async () => {
  const implementation = new CodecImplementation();
  await assertRejects(
    () =>
      run(() => {
        try {
          implementation.crash("it exited with status 1");
        } catch {
          // It is still an implementation.
        }
        return implementation;
      }),
    AdapterError,
    "it exited with status 1",
  );
  assertEquals(implementation.disposed, true);
});

Deno.test("an adapter that violates the adapter protocol cannot be used", async () => {
  class Broken extends CodecImplementation {
    #broken = false;
    override ask(
      ...[command, args]: Parameters<CodecImplementation["ask"]>
    ): Promise<never> {
      this.#broken ||= command === "encode";
      if (this.#broken) throw new BrokenAdapterError("it is not JSON");
      return super.ask(command, args) as Promise<never>;
    }
  }
  await assertRejects(
    () => run(() => new Broken(), { corpus: SMALL_CORPUS }),
    BrokenAdapterError,
    "it is not JSON",
  );
});

Deno.test("an unexpected error of the judge is reported with its stack", async () => {
  const { report } = await runWith(() => ({
    decode: () => ({}) as Commands["decode"]["answer"],
  }));
  const { verdict, reason } = find(report, "codec/small/error/chunk:whole");
  assertEquals(verdict, "errored");
  assertStringIncludes(reason!, "iterable");
});

Deno.test("two runs have the same results", async () => {
  const [one, other] = await Promise.all([1, 2].map(async () => {
    const { report } = await runWith(() => upperCase());
    return report.results.map((
      { name, verdict, reason },
    ) => [name, verdict, reason]);
  }));
  assertEquals(one, other);
});

/** Runs a number of cases with an implementation whose instances each exit at the third command. */
function runExiting(count: number): ReturnType<typeof runWith> {
  const [each] = SMALL_CORPUS.files["hostile/small.json"]!.cases;
  const cases = Array.from({ length: count }, (_, at) => ({
    ...each!,
    id: `codec/small/error-${at}`,
  }));
  const corpus = {
    ...SMALL_CORPUS,
    files: { "codec/small.json": { about: "Many.", notes: {}, cases } },
  };
  const commands = new WeakMap<CodecImplementation, number>();
  return runWith((implementation) => ({
    encode(_, right) {
      const count = (commands.get(implementation) ?? 0) + 1;
      commands.set(implementation, count);
      return count === 3 ? implementation.crash() : right;
    },
  }), { jobs: 1, corpus });
}

Deno.test("an implementation that exits now and then, whatever it does, is given up", async () => {
  await assertRejects(
    () => runExiting(100),
    AdapterError,
    "Cannot use the implementation: it exited 20 times, and no case",
  );
});

Deno.test("exits that no case explains are a failure, although every case passes", async () => {
  const { report } = await runExiting(8);
  assertEquals(
    new Set(report.results.map(({ verdict }) => verdict)),
    new Set(["pass"]),
  );
  assertEquals(report.exits, { times: 3, last: "it exited with status 2" });
  assertEquals(report.status, 1);
});
