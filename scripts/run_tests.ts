/**
 * Runs all tests and doc tests, then holds the codec to its coverage.
 *
 * Arguments go on to `deno test` (`--filter=decoder`), those after `--` to the
 * tests themselves. A run with options for `deno test` is taken as a part of
 * the whole, and coverage is not judged by it.
 *
 * @module
 */

import { runSteps, type Step } from "./_steps.ts";

/** What the npm package `ws` looks for when it is loaded. */
const WS_VARIABLES = "WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE";

/** Where the tests with foreign peers are, and those of the adapters to begin with. */
const FOREIGN = [
  "interop",
  "conformance/init_test.ts",
  "conformance/adapters/gotalk_js",
  "conformance/adapters/python",
  "conformance/adapters/python_gotalk",
];

/** The test that reads how much memory a process has, which takes every permission. */
const MEASURING = "conformance/session/_resident_memory_test.ts";

const steps: Step[] = [
  {
    name: "codec tests, which get no permission",
    args: [
      "test",
      "--doc",
      "--no-prompt",
      "--clean",
      "--coverage=coverage",
      "--coverage-raw-data-only",
      "codec",
      ...Deno.args,
    ],
  },
  {
    name: "all other tests",
    args: [
      "test",
      "--doc",
      "--allow-read",
      "--allow-write",
      // Not only loopback: Unix sockets in temporary folders could not be named here.
      "--allow-net",
      `--allow-env=${WS_VARIABLES}`,
      `--allow-run=${Deno.execPath()}`,
      `--ignore=codec,${MEASURING},${FOREIGN.join()}`,
      ".",
      ...Deno.args,
    ],
  },
  {
    name: "tests that measure memory",
    args: ["test", "--allow-all", MEASURING, ...Deno.args],
  },
  {
    name: "tests with foreign peers, which start what they find of them",
    args: [
      "test",
      "--allow-read",
      "--allow-write",
      "--allow-net=127.0.0.1",
      `--allow-env=CI,PYTHON_GOTALK,${WS_VARIABLES}`,
      "--allow-run",
      ...FOREIGN,
      ...Deno.args,
    ],
  },
];

if ((Deno.args[0] ?? "--") === "--") {
  steps.push({
    name: "codec coverage, as deno.json wants it",
    args: [
      "coverage",
      "--include=/codec/",
      "--exclude=_(test|bench)\\.ts$|/_oracle|/_arbitrary|/testdata/",
      "coverage",
    ],
  });
}

Deno.exit(await runSteps(steps) ? 0 : 1);
