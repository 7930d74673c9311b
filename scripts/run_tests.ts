/**
 * Runs all tests and doc tests, and checks the coverage of the library.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";
import {
  type CoveredFolder,
  dataFolder,
  judgeCoverage,
  measure,
  THRESHOLDS,
} from "./_coverage.ts";
import { begin, end, runDeno, type Step } from "./_steps.ts";
import { Tally } from "./_tally.ts";

const HELP =
  `Runs all tests and doc tests, and checks the coverage of the library.

Usage: deno task test [OPTIONS FOR deno test] [-- OPTIONS FOR THE TESTS]

  deno task test --filter=decoder          the tests with "decoder" in their name
  deno task test -- --runs=10000           turns the property tests up
  deno task test -- --runs=100 --seed=42   repeats a run of the property tests

Prints a line for each group of tests, what failed, and a total. Tests that
need a program that is missing are skipped; with CI=true in the environment
they fail. A run with options for deno test is a part of the whole, and does
not check coverage.
`;

/** The variables that the npm package `ws` reads when it is loaded. */
const WS_VARIABLES = "WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE";

/** Where the tests with foreign peers are, those of the adapters for them, and those that use a compiler or a package manager. */
const FOREIGN = [
  "conformance/mutants/operators",
  "interop",
  "conformance/runner/init_test.ts",
  "conformance/implementations/adapters/gotalk_js",
  "conformance/implementations/adapters/java",
  "conformance/implementations/adapters/python",
  "conformance/implementations/adapters/python_gotalk",
  "conformance/ci",
  "conformance/npm_package_test.ts",
  "conformance/packages",
  "scripts/release_test.ts",
];

/** The tests that need every permission: they read how much memory a process has, write to a device, or end groups of processes. */
const PRIVILEGED = [
  "cli/commands/_programs_test.ts",
  "cli/tap/tap_test.ts",
  "conformance/runner/adapter_protocol/start_adapter_test.ts",
  "conformance/runner/session/_health_checks_test.ts",
  "conformance/runner/session/_process_memory_test.ts",
  "interop/page_memory_test.ts",
];

const LOCAL_PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  // Not only loopback: Unix sockets in temporary folders could not be named here.
  "--allow-net",
  `--allow-env=CI,INIT_CWD,${WS_VARIABLES}`,
  // The certificates that `node:tls` trusts.
  "--allow-sys",
  // Shells that complete commands, the client of the examples for HTTP, Wireshark, a terminal, and named pipes.
  `--allow-run=${[
    Deno.execPath(),
    "sh",
    "bash",
    "zsh",
    "fish",
    "curl",
    "tshark",
    "script",
    "mkfifo",
  ]}`,
];

/** A run of `deno test`. */
interface TestStep extends Step {
  /** The folder of which it measures the coverage. */
  readonly covers?: CoveredFolder;
}

const STEPS: readonly TestStep[] = [
  {
    name: "codec, without any permission",
    covers: "codec",
    args: ["--doc", "--no-prompt", "codec"],
  },
  {
    name: "peer",
    covers: "peer",
    args: ["--doc", ...LOCAL_PERMISSIONS, "peer"],
  },
  {
    name: "transport",
    covers: "transport",
    args: ["--doc", ...LOCAL_PERMISSIONS, "transport"],
  },
  {
    name: "everything else",
    args: [
      "--doc",
      ...LOCAL_PERMISSIONS,
      `--ignore=codec,peer,transport,${[...PRIVILEGED, ...FOREIGN]}`,
      ".",
    ],
  },
  { name: "privileged", args: ["--allow-all", ...PRIVILEGED] },
  {
    name: "foreign peers",
    args: [
      "--allow-read",
      "--allow-write",
      // As above.
      "--allow-net",
      // The compiler reads variables of its own.
      "--allow-env",
      "--allow-run",
      `--ignore=${PRIVILEGED}`,
      ...FOREIGN,
    ],
  },
];

/**
 * Runs the tests of one step.
 *
 * @param own Further options for `deno test`.
 * @param forTests The options for the tests, after their `--`.
 */
async function test(
  { name, covers, args }: TestStep,
  own: readonly string[],
  forTests: readonly string[],
  report: string,
): Promise<Tally> {
  begin(name);
  const coverage = covers === undefined ? [] : [
    "--clean",
    `--coverage=${dataFolder(covers)}`,
    "--coverage-raw-data-only",
  ];
  const { success, output, seconds } = await runDeno([
    "test",
    "--reporter=dot",
    `--junit-path=${report}`,
    ...coverage,
    ...args,
    ...own,
    ...forTests,
  ]);
  const tally = new Tally();
  // There is no report of tests that could not be run at all.
  const xml = await Deno.readTextFile(report).catch(() => "");
  await Deno.remove(report).catch(() => {});
  tally.addReport(xml, own.length > 0);
  // Nor does it have the files that could not be loaded, among others that could.
  const unloaded = new Set(output.match(/^\S+(?= \(uncaught error\))/gm));
  unloaded.forEach(() => tally.add(false));
  if (!success && tally.failed === 0) tally.add(false);
  end(String(tally), seconds, success ? "" : failuresIn(output));
  return tally;
}

/** The part of what `deno test` prints that is about failures. */
function failuresIn(output: string): string {
  const lines = output.split("\n");
  const start = lines.findIndex((line) =>
    stripVTControlCharacters(line).trim() === "ERRORS"
  );
  return lines.slice(Math.max(start, 0)).join("\n");
}

/** Checks the coverage of a folder, whose tests have run. */
async function cover(folder: CoveredFolder): Promise<boolean> {
  begin(`coverage of ${folder}`);
  const start = performance.now();
  const coverage = await measure(folder);
  const { success, text } = judgeCoverage(coverage, THRESHOLDS[folder]);
  const seconds = (performance.now() - start) / 1000;
  end(success ? text : `FAILED: ${text}`, seconds);
  return success;
}

/** Runs all steps, and returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const split = args.includes("--") ? args.indexOf("--") : args.length;
  const own = args.slice(0, split);
  const forTests = args.slice(split);
  if (own.includes("--help") || own.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const total = new Tally();
  const folder = await Deno.makeTempDir({ prefix: "gotalk-test-" });
  try {
    for (const step of STEPS) {
      total.addAll(await test(step, own, forTests, `${folder}/report.xml`));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  if (own.length === 0) {
    for (const { covers } of STEPS) {
      if (covers !== undefined) total.add(await cover(covers));
    }
  }
  console.log(String(total));
  return total.failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
