/** Checks the files for CI systems: their versions, and the commands that they run, by a stand-in for `npx`. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "yaml";
import { CORPUS } from "../runner/cases/corpus.ts";
import { runCasesCommand } from "../runner/commands/run.ts";

interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly description: string; readonly default: string }>
  >;
  readonly runs: {
    readonly using: string;
    readonly steps: readonly {
      readonly shell?: string;
      readonly "working-directory"?: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly run?: string;
    }[];
  };
}

interface Job {
  readonly variables: Readonly<Record<string, string>>;
  readonly script: readonly string[];
  readonly artifacts: { readonly reports: { readonly junit: string } };
}

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, import.meta.url));
}

/** The options of the command `run`, of a list of words. */
function unknownOptions(words: readonly string[]): string[] {
  return words.filter((word) => word.startsWith("--"))
    .filter((word) =>
      !new RegExp(`^ +${word} `, "m").test(runCasesCommand("").help)
    );
}

interface Ran {
  readonly status: number;
  /** The words after `npx`. */
  readonly words: readonly string[];
  readonly summary: string;
}

/** Runs a script in an empty folder, in which `npx` writes a report and fails with status 4. */
async function runScript(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const folder = await Deno.makeTempDir({ prefix: "gotalk-ci-" });
  try {
    const standIn = `#!/bin/sh
printf '%s\\n' "$@" > ${folder}/words
echo "the report" > ${folder}/conformance.md
exit 4
`;
    await Deno.writeTextFile(`${folder}/npx`, standIn, { mode: 0o755 });
    const { code } = await new Deno.Command("bash", {
      // As GitHub starts it.
      args: ["-eo", "pipefail", "-c", `PATH="${folder}:$PATH"\n${script}`],
      cwd: folder,
      env: {
        ...env,
        RUNNER_TEMP: folder,
        GITHUB_STEP_SUMMARY: `${folder}/summary`,
      },
    }).output();
    const words = await Deno.readTextFile(`${folder}/words`).catch(() => "");
    const summary = await Deno.readTextFile(`${folder}/summary`).catch(() =>
      ""
    );
    return {
      status: code,
      words: words.split("\n").slice(0, -1)
        .map((word) => word.replaceAll(folder, "TEMP")),
      summary,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the action for GitHub runs the suite with its inputs, keeps the status, and shows the report", async () => {
  const text = await read("github/action.yml");
  for (const [, used] of text.matchAll(/^ +- uses: (.*)/gm)) {
    // A tag can move.
    assertMatch(used!, /^[a-z/-]+@[0-9a-f]{40} # v[0-9.]+$/);
  }
  const { inputs, runs } = parse(text) as Action;
  assertEquals(inputs.version?.default, CORPUS.version);
  assertEquals(runs.using, "composite");
  const step = runs.steps.find(({ run }) => run !== undefined)!;
  assertEquals(step.shell, "bash");
  const used = [...Object.values(step.env!), step["working-directory"]!]
    .map((value) => /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(value)?.[1]);
  assertEquals(used.sort(), Object.keys(inputs).sort());
  const withInputs = (given: Readonly<Record<string, string>>) =>
    runScript(
      step.run!,
      Object.fromEntries(
        Object.entries(step.env!).map(([name, value]) => {
          const [, input] = /inputs\.([a-z-]+)/.exec(value)!;
          return [name, given[input!] ?? inputs[input!]!.default];
        }),
      ),
    );
  // Else the library that comes with the suite would be tested.
  assertEquals((await withInputs({})).status, 2);
  assertEquals((await withInputs({ arguments: "--hostile" })).words, []);
  const attached = await withInputs({ arguments: "--attach tcp://[::1]:1" });
  assertEquals(attached.status, 4);
  const least = await withInputs({ target: "tcp://127.0.0.1:1" });
  assertEquals(least, {
    status: 4,
    words: [
      "-y",
      `@gotalk/conformance@${CORPUS.version}`,
      "run",
      "--level",
      "must",
      "--report",
      "markdown:TEMP/conformance.md",
      "--target",
      "tcp://127.0.0.1:1",
    ],
    summary: "the report\n",
  });
  // The runner would test the library of this project.
  assertEquals(await withInputs({}), { status: 2, words: [], summary: "" });
  const most = await withInputs({
    adapter: "node adapter.mjs",
    target: "tcp://127.0.0.1:1",
    level: "should",
    "known-failing": "known.json",
    "expect-cases": "@cases.txt",
    arguments: "--hostile --seed 2",
  });
  assertEquals(most.words.slice(3), [
    "--level",
    "should",
    "--report",
    "markdown:TEMP/conformance.md",
    "--adapter",
    "node adapter.mjs",
    "--target",
    "tcp://127.0.0.1:1",
    "--known-failing",
    "@known.json",
    "--expect-cases",
    "@cases.txt",
    "--hostile",
    "--seed",
    "2",
  ]);
  assertEquals(unknownOptions(most.words), []);
});

Deno.test("the job for GitLab runs the suite, and keeps its report", async () => {
  const { conformance } = parse(await read("gitlab.yml")) as {
    conformance: Job;
  };
  const { variables, script, artifacts } = conformance;
  assertEquals(variables.VERSION, CORPUS.version);
  const { status, words } = await runScript(script.join("\n"), variables);
  assertEquals([status, words.slice(0, 3)], [4, [
    "-y",
    `@gotalk/conformance@${CORPUS.version}`,
    "run",
  ]]);
  assertEquals(words.at(-1), `junit:${artifacts.reports.junit}`);
  assertEquals(unknownOptions(words), []);
});

Deno.test("the page of the suite names the version of the corpus", async () => {
  const text = await read("../README.md");
  const named = Array.from(
    text.matchAll(/@gotalk\/conformance@([0-9.]+)/g),
    ([, version]) => version,
  );
  assertEquals(named, [CORPUS.version]);
});

Deno.test("the container has the version of the corpus, and starts the program of the package", async () => {
  const text = await read("Containerfile");
  const lines = text.split("\n").filter((line) => !/^(#.*)?$/.test(line));
  for (const line of lines) {
    assertMatch(line, /^((FROM|ARG|RUN|USER|WORKDIR|ENTRYPOINT|CMD) | {4})\S/);
  }
  assertEquals(lines.slice(1, 3), [
    `ARG VERSION=${CORPUS.version}`,
    'ARG PACKAGE="@gotalk/conformance@${VERSION}"',
  ]);
  assertStringIncludes(text, `/gotalk-conformance-${CORPUS.version}.tgz\n`);
  const builder = await Deno.readTextFile(
    new URL("../../scripts/npm_suite_package.ts", import.meta.url),
  );
  const [, program] = /bin: \{ "([^"]+)"/.exec(builder) ?? [];
  assertEquals(
    lines.filter((line) => line.startsWith("ENTRYPOINT")),
    [`ENTRYPOINT ["${program}"]`],
  );
});
