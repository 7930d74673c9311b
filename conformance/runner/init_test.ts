import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { canRun, findProgram, needing } from "../../scripts/find_program.ts";
import { startAdapter } from "./adapter_protocol/start_adapter.ts";
import { parseKnownFailures } from "./judging/known_failures.ts";
import type { Report } from "./judging/report.ts";
import { run, type RunOptions } from "./judging/run.ts";
import { CORPUS } from "./cases/corpus.ts";
import { writeTemplate } from "./init.ts";
import {
  isTemplateLanguage,
  type Template,
  type TemplateLanguage,
  TEMPLATES,
} from "./templates.ts";
import { AdapterError, SkippedError } from "./implementation.ts";

/** How long it may take to build and to start an adapter, in milliseconds. */
const BOUND = 1_800_000;

/** How adapters are started: the machine may be busy. */
const OPTIONS = { strict: true, answerTimeout: BOUND };

/** The programs that build and start the adapters, and what they do without harm. */
const PROGRAMS: Readonly<
  Record<TemplateLanguage, readonly (readonly [string, string])[]>
> = {
  c: [["make", "--version"], ["cc", "--version"]],
  cpp: [["make", "--version"], ["c++", "--version"]],
  csharp: [["dotnet", "--version"]],
  deno: [[Deno.execPath(), "--version"]],
  go: [["go", "version"]],
  java: [["javac", "--version"], ["java", "--version"]],
  node: [["node", "--version"]],
  python: [["python3", "--version"]],
  rust: [["cargo", "--version"]],
  swift: [["swift", "--version"]],
};

/** Those that CI does not have: their tests are skipped there too. */
const OPTIONAL: readonly string[] = ["dotnet", "swift"];

async function find(
  program: string,
  harmless: string,
): Promise<string | undefined> {
  if (!OPTIONAL.includes(program)) {
    return await findProgram([program], harmless);
  }
  return await canRun(program, harmless) ? program : undefined;
}

/** The command that starts an adapter in its folder. */
function inFolder(folder: string, start: string): string {
  const command = start.replace(/^deno /, `${Deno.execPath()} `);
  return `sh -c "cd ${folder} && exec ${command}"`;
}

async function build(language: TemplateLanguage, folder: string) {
  const template: Template = TEMPLATES[language];
  if (template.build === undefined) return;
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", template.build],
    cwd: folder,
    // Nothing but the version control of this project is there.
    env: { GOFLAGS: "-buildvcs=false" },
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  assert(success, output);
  assertEquals(output.match(/^.*\bwarning\b.*$/gim), null);
}

async function judge(
  language: TemplateLanguage,
  folder: string,
  options: RunOptions,
): Promise<Report> {
  const command = inFolder(folder, TEMPLATES[language].start);
  return await run(() => startAdapter(command, OPTIONS), options);
}

for (
  const [language, programs] of Object.entries(PROGRAMS) as [
    TemplateLanguage,
    readonly (readonly [string, string])[],
  ][]
) {
  const found = await Promise.all(programs.map(async ([program, harmless]) =>
    [
      program === Deno.execPath() ? "deno" : program,
      await find(program, harmless),
    ] as const
  ));
  Deno.test(needing(Object.fromEntries(found), {
    name:
      `writeTemplate gives an adapter in ${language} whose first cases pass`,
    timeout: BOUND,
    fn: async () => {
      await using folder = await temporary();
      await writeTemplate(language, folder.path);
      await build(language, folder.path);
      const report = await judge(language, folder.path, {
        run: ["codec/heartbeat/**"],
      });
      assertEquals(
        report.results.filter(({ verdict }) => verdict !== "pass"),
        [],
      );
      assertEquals([report.status, report.description.features], [0, [
        "codec",
      ]]);
      await using adapter = await startAdapter(
        inFolder(folder.path, TEMPLATES[language].start),
        OPTIONS,
      );
      const bytes = new TextEncoder().encode("R000100000000");
      const { refused } = await adapter.ask("decode", { chunks: [bytes] });
      assertEquals(refused, { chunk: 0, reason: "unknown-kind", code: 2 });
      await assertRejects(
        () => adapter.ask("decode", { chunks: [bytes], end: true }),
        SkippedError,
      );
      await assertRejects(() => adapter.ask("encode", {}), SkippedError);
      await adapter.ask("reset", {});
      const wrong = { protocol: 2 } as unknown as { protocol: 1 };
      await assertRejects(() => adapter.ask("start", wrong), AdapterError);
    },
  }));
}

const node = await findProgram(["node"], "--version");

Deno.test(needing({ node }, {
  name: "writeTemplate gives a list that knows every codec case that fails",
  timeout: BOUND,
  fn: async () => {
    await using folder = await temporary();
    await writeTemplate("node", folder.path);
    const path = `${folder.path}/known.json`;
    const listed = await Deno.readTextFile(path);
    const report = await judge("node", folder.path, {
      run: ["codec/**/chunk:whole", "codec/**/encode"],
      known: parseKnownFailures(listed, path),
    });
    assertEquals([report.status, report.stale], [0, []]);
    const known = report.results.filter(({ verdict }) => verdict === "known");
    assert(known.length > 100);
  },
}));

Deno.test("writeTemplate gives a file for CI with the version of the corpus, and ignores what is built", async () => {
  for (const language of Object.keys(TEMPLATES) as TemplateLanguage[]) {
    await using folder = await temporary();
    await writeTemplate(language, folder.path);
    const template: Template = TEMPLATES[language];
    const workflow = await Deno.readTextFile(
      `${folder.path}/.github/workflows/conformance.yml`,
    );
    assertStringIncludes(
      workflow,
      `npx -y @gotalk/conformance@${CORPUS.version} run`,
    );
    assertStringIncludes(workflow, `--adapter "${template.start}"`);
    for (const [, used] of workflow.matchAll(/- uses: (.*)/g)) {
      assertMatch(used!, /^[a-z/-]+@[0-9a-f]{40} # v[0-9.]+$/);
    }
    if (template.build !== undefined) {
      assertStringIncludes(workflow, `- run: ${template.build}\n`);
    }
    const ignored = await Deno.readTextFile(`${folder.path}/.gitignore`);
    for (const each of template.ignored) assertStringIncludes(ignored, each);
  }
});

Deno.test("every template knows each command, and how to refuse", async () => {
  for (const language of Object.keys(TEMPLATES) as TemplateLanguage[]) {
    await using folder = await temporary();
    await writeTemplate(language, folder.path);
    const { files } = TEMPLATES[language];
    const texts = await Promise.all(
      files.map((name) => Deno.readTextFile(`${folder.path}/${name}`)),
    );
    for (const word of WORDS) {
      assert(
        texts.some((text) => text.includes(word)),
        `${language} has no ${word}`,
      );
    }
  }
});

/** What every template contains. */
const WORDS = [
  ..."start decode encode listen connect request notify open-stream write end cancel report"
    .split(" "),
  ..."close drain advance reset stop skipped errored seq codec features Heartbeat"
    .split(" "),
  ..."unknown-kind bad-hex out-of-range handshake limits".split(" "),
];

Deno.test("writeTemplate overwrites nothing", async () => {
  await using folder = await temporary();
  const path = `${folder.path}/main.go`;
  await Deno.writeTextFile(path, "mine");
  await assertRejects(
    () => writeTemplate("go", folder.path),
    Error,
    `${path} exists`,
  );
  assertEquals(await Deno.readTextFile(path), "mine");
  assertEquals(Array.from(Deno.readDirSync(folder.path)).length, 1);
});

Deno.test("TEMPLATES lists every file of every template", async () => {
  const here = new URL("../implementations/templates/", import.meta.url);
  const languages = Array.from(Deno.readDirSync(here))
    .filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  assertEquals(languages.sort(), Object.keys(TEMPLATES));
  for (const language of languages) {
    assertEquals(isTemplateLanguage(language), true);
    const files = await filesBelow(new URL(`${language}/`, here));
    assertEquals(files.sort(), [
      ...TEMPLATES[language as TemplateLanguage].files,
    ]);
  }
  assertEquals(isTemplateLanguage("toString"), false);
});

async function filesBelow(folder: URL, above = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    files.push(
      ...isDirectory
        ? await filesBelow(new URL(`${name}/`, folder), `${above}${name}/`)
        : [above + name],
    );
  }
  return files;
}

/** A folder that is removed when it is disposed of. */
async function temporary(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "gotalk-template-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
