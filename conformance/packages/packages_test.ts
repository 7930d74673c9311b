/** Checks that the packages have the version of the corpus, and decode its cases as the runner does. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { crc32 } from "node:zlib";
import { findProgram, needing } from "../../scripts/find_program.ts";
import { outputOf } from "../../scripts/run_program.ts";
import { toBytes } from "../runner/cases/bytes.ts";
import type { CaseMessage, CodecCase } from "../runner/cases/case.ts";
import {
  type ChunkName,
  chunkNames,
  chunkSizes,
} from "../runner/cases/chunks.ts";
import { CORPUS } from "../runner/cases/corpus.ts";

const HERE = new URL("./", import.meta.url);

/** The path of the module for Go. Its `go.mod` is what decides it: no other page knows the address of the repository. */
const module = await goModule("../corpus/go.mod");

async function goModule(path: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(path, HERE));
  return /^module (\S+)$/m.exec(text)![1]!;
}

/** How long it may take to build and run a program, in milliseconds. */
const BOUND = 1_800_000;

/** What Cargo builds is no part of the project. */
const target = await Deno.makeTempDir({ prefix: "gotalk-crate-" });
Deno.test.afterAll(() => Deno.remove(target, { recursive: true }));

/** Runs a program, and returns what it prints. */
function run(
  folder: string,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return outputOf(command, {
    cwd: new URL(folder, HERE),
    env: { ...env, GOFLAGS: "-buildvcs=false", CARGO_TARGET_DIR: target },
  });
}

/** The lines that the programs called dump print. */
function expectedLines(): string[] {
  const lines: string[] = [];
  for (const [path, { cases }] of Object.entries(CORPUS.files)) {
    if (!path.startsWith("codec/")) continue;
    for (const each of cases as readonly CodecCase[]) {
      if (each.withdrawn !== undefined) continue;
      const wire = toBytes(each.wire ?? "");
      const messages = each.messages.map(textOf).join("\n");
      lines.push(`${each.id} ${crc32(wire)} ${crc32(messages)}`);
      const chosen: readonly ChunkName[] = each.chunks ??
        chunkNames(wire.length);
      for (const name of chunkNames(wire.length)) {
        if (name === "glued" || !chosen.includes(name)) continue;
        const sizes = chunkSizes(name, wire.length).join(",");
        lines.push(`${each.id} ${name} ${crc32(sizes)}`);
      }
    }
  }
  return lines;
}

function textOf(message: CaseMessage): string {
  return Object.entries(message).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) =>
      `${name}=${
        ["id", "operation", "name", "payload"].includes(name)
          ? toBytes(value).toHex()
          : value
      }`
    ).join(" ");
}

/** The programs that print the cases as a package decodes them. */
const DUMPS: Readonly<
  Record<string, {
    readonly folder: string;
    readonly command: readonly [string, ...string[]];
    readonly env?: Readonly<Record<string, string>>;
    readonly harmless: string;
  }>
> = {
  Go: {
    folder: "go/dump/",
    command: ["go", "run", "."],
    harmless: "version",
  },
  npm: { folder: "npm/", command: ["node", "dump.mjs"], harmless: "--version" },
  Python: {
    folder: "python/",
    command: ["python3", "-B", "tests/dump.py"],
    env: { PYTHONPATH: "src" },
    harmless: "--version",
  },
  Rust: {
    folder: "rust/",
    command: ["cargo", "run", "--quiet", "--example", "dump"],
    harmless: "--version",
  },
};

for (
  const [name, { folder, command, env, harmless }] of Object.entries(DUMPS)
) {
  const [program] = command;
  const found = await findProgram([program], harmless);
  Deno.test(needing({ [program]: found }, {
    name: `the package for ${name} decodes and cuts each codec case`,
    timeout: BOUND,
    fn: async () => {
      const lines = (await run(folder, command, env)).trimEnd().split("\n");
      assertEquals(lines, expectedLines());
    },
  }));
}

Deno.test("all pages and programs use the path of the module for Go that its go.mod has", async () => {
  assert(module.endsWith("/conformance/corpus"));
  const pages = [
    "README.md",
    "go/dump/go.mod",
    "go/dump/main.go",
    "../../CHANGELOG.md",
  ];
  for (const page of pages) {
    const text = await Deno.readTextFile(new URL(page, HERE));
    const found = text.match(/[\w.]+\/[\w./-]+\/conformance\/corpus\b/g) ?? [];
    const paths = found.filter((path) => /^[\w-]+\.[a-z]+\//.test(path));
    assertEquals(new Set(paths), new Set([module]), page);
  }
});

const go = await findProgram(["go"], "version");
const git = await findProgram(["git"], "--version");
Deno.test(needing({ go, git }, {
  name: "go get finds the module for Go in a repository with its tag",
  timeout: BOUND,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "gotalk-go-get-" });
    try {
      const repository = `${folder}/repository`;
      const corpus = `${repository}/conformance/corpus`;
      await outputOf(["mkdir", "-p", corpus, `${folder}/user`]);
      await outputOf(["cp", "-rL", `${HERE.pathname}../corpus/.`, corpus]);
      const author = [
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@localhost",
      ];
      const tag = `conformance/corpus/v${CORPUS.version}`;
      for (
        const args of [
          ["init", "--quiet"],
          ["add", "--all"],
          [...author, "commit", "--quiet", "--message=Test"],
          ["tag", tag],
        ]
      ) await outputOf(["git", ...args], { cwd: repository });
      await Deno.writeTextFile(`${folder}/user/go.mod`, "module user\n");
      await outputOf(["go", "get", `${module}@v${CORPUS.version}`], {
        cwd: `${folder}/user`,
        env: {
          // The address leads to the folder, and nothing is taken from elsewhere.
          GIT_CONFIG_COUNT: "1",
          GIT_CONFIG_KEY_0: `url.file://${repository}.insteadOf`,
          GIT_CONFIG_VALUE_0: `https://${
            module.replace("/conformance/corpus", "")
          }`,
          GOPROXY: "direct",
          GOPRIVATE: "*",
          GOTOOLCHAIN: "local",
          GOFLAGS: "-modcacherw",
          GOMODCACHE: `${folder}/cache`,
        },
      });
      const required = await Deno.readTextFile(`${folder}/user/go.mod`);
      assertMatch(required, new RegExp(`^require ${module} v`, "m"));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));

Deno.test(needing({ go }, {
  name: "the commands and the test for Go on the page work with a clone",
  timeout: BOUND,
  fn: async () => {
    const page = await Deno.readTextFile(new URL("README.md", HERE));
    const block = (language: string, part: string) =>
      Array.from(
        page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g")),
        ([, text]) => text!,
      ).find((text) => text.includes(part))!;
    const clone = decodeURIComponent(new URL("../../", HERE).pathname);
    const folder = await Deno.makeTempDir({ prefix: "gotalk-go-clone-" });
    try {
      await Deno.writeTextFile(`${folder}/go.mod`, "module mine\n\ngo 1.23\n");
      await Deno.writeTextFile(
        `${folder}/mine_test.go`,
        block("go", "TestDecode"),
      );
      const edit = block("sh", "go mod edit").replace("CLONE/", clone);
      await outputOf(["sh", "-ec", edit], { cwd: folder });
      const out = await outputOf(["go", "test", "-v", "./..."], {
        cwd: folder,
        env: { GOPROXY: "off", GOTOOLCHAIN: "local" },
      });
      assertMatch(out, /^ {4}--- PASS: TestDecode\/request\/empty /m);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));

const cargo = await findProgram(["cargo"], "--version");
Deno.test(needing({ cargo }, {
  name: "the crate makes a test of each codec case",
  timeout: BOUND,
  fn: async () => {
    const out = await run("rust/", ["cargo", "test", "--test", "corpus"]);
    const codec = expectedLines().filter((line) => /^\S+ \d/.test(line));
    assertMatch(out, new RegExp(`\\b${codec.length + 3} passed; 0 failed`));
  },
}));

const pytest = await findProgram(["pytest"], "--version");
Deno.test(needing({ pytest }, {
  name: "the Python package makes a test of each codec case",
  timeout: BOUND,
  fn: async () => {
    const out = await run(
      "python/",
      ["pytest", "-q", "-p", "no:cacheprovider", "tests/each_case_pytest.py"],
      { PYTHONPATH: "src" },
    );
    assertMatch(out, /^\d{3,} passed\b/m);
  },
}));

Deno.test("every package has the version of the corpus", async () => {
  const version = JSON.stringify(CORPUS.version);
  for (
    const [path, line] of [
      ["npm/package.json", `  "version": ${version},`],
      ["python/pyproject.toml", `version = ${version}`],
      ["rust/Cargo.toml", `version = ${version}`],
    ] as const
  ) {
    const text = await Deno.readTextFile(new URL(path, HERE));
    assert(text.split("\n").includes(line), `${path} has no ${line}`);
  }
});
