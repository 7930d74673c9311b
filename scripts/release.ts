/**
 * Builds everything that is published in one folder: `deno task release
 * FOLDER`. Publishes nothing.
 *
 * @module
 */

import { resolve } from "node:path";
import library from "../deno.json" with { type: "json" };
import suite from "../conformance/deno.json" with { type: "json" };
import { ROOT } from "./_project_files.ts";
import { begin, end } from "./_steps.ts";

const HELP = `Builds everything that is published. Publishes nothing.

Usage: deno task release FOLDER [NAME…]

FOLDER is created, or must be empty. With names, builds only these. Each line
shows what was built, or why not; SHA256SUMS in FOLDER has the hashes. The exit
status is 1 if something failed, and 0 if the programs for it are missing.

Names:`;

/** How a part of the release ended. */
type Outcome =
  | { readonly built: readonly string[] }
  | { readonly checked: string }
  | { readonly missing: string };

/** A part of the release. */
interface Part {
  /** What it is, for the help text. */
  readonly about: string;
  /** Builds it. Files to keep go to the folder; the other folder is empty, and removed afterwards. */
  readonly build: (folder: string, scratch: string) => Promise<Outcome>;
}

/** The parts, in the order in which they are built. */
const PARTS: Readonly<Record<string, Part>> = {
  bundle: {
    about: "the corpus as one JSON file",
    async build(folder) {
      const name = `gotalk-conformance-${suite.version}.json`;
      await deno("run", "--allow-all", MAIN, "bundle", `${folder}/${name}`);
      return { built: [name] };
    },
  },
  npm: {
    about: "the library for npm",
    build: (folder, scratch) =>
      packBuilt("scripts/npm_package.ts", folder, scratch),
  },
  "npm-conformance": {
    about: "the conformance suite for npm",
    build: (folder, scratch) =>
      packBuilt("scripts/npm_suite_package.ts", folder, scratch),
  },
  "npm-data": {
    about: "the cases as data for npm",
    async build(folder, scratch) {
      const from = "conformance/packages/npm/";
      for (const name of NPM_DATA) {
        await Deno.copyFile(new URL(from + name, ROOT), `${scratch}/${name}`);
      }
      // npm leaves out symbolic links.
      await deno("run", "--allow-all", MAIN, "copy", scratch);
      return await pack(scratch, folder);
    },
  },
  jsr: {
    about: "both packages for JSR: checked, as JSR builds them itself",
    async build() {
      for (const path of ["deno.json", "conformance/deno.json"]) {
        const dry = ["publish", "--dry-run", "--allow-dirty"];
        const { success, output } = await run(Deno.execPath(), [
          ...dry,
          `--config=${path}`,
        ]);
        if (success) continue;
        if (!/network|dns|connect|timed out|unreachable/i.test(output)) {
          throw new Error(output);
        }
        return {
          missing: `the dry run needs the network: ${lastLine(output)}`,
        };
      }
      const both = [library, suite].map(({ name, version }) =>
        `${name}@${version}`
      );
      return { checked: `dry run of ${both.join(" and ")}` };
    },
  },
  crate: {
    about: "the cases as data for Cargo",
    async build(folder, scratch) {
      const manifest = "conformance/packages/rust/Cargo.toml";
      // Building it as well is for the tests of the package.
      const options = ["--allow-dirty", "--no-verify", "--quiet"];
      const target = ["--manifest-path", manifest, "--target-dir", scratch];
      await need("cargo", ["package", ...options, ...target]);
      return await keep(`${scratch}/package`, folder, ".crate");
    },
  },
  python: {
    about: "the cases as data for Python: a wheel and a source distribution",
    async build(folder, scratch) {
      await buildPython(scratch);
      return await keep(`${scratch}/dist`, folder, ".whl", ".tar.gz");
    },
  },
  go: {
    about: "the cases as data for Go: the module as a folder in an archive",
    async build(folder, scratch) {
      // The proxy makes its archive of the tagged commit; this one is for a vendored copy.
      const name = `gotalk-conformance-go-${suite.version}.tar.gz`;
      const top = `${scratch}/gotalk-conformance`;
      await copyFolder("conformance/corpus", top);
      await need("go", ["-C", top, "vet", "./..."]);
      const options = [
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
      ];
      const date = "--mtime=1980-01-01";
      await need("tar", [
        ...options,
        date,
        "-C",
        scratch,
        "-czf",
        `${folder}/${name}`,
        "gotalk-conformance",
      ]);
      return { built: [name] };
    },
  },
};

const MAIN = "conformance/main.ts";

/** The files of the data for npm, besides the corpus. */
const NPM_DATA = [
  "LICENSE",
  "README.md",
  "index.d.ts",
  "index.mjs",
  "package.json",
];

/** What builds Python packages. */
const PYTHON_BUILD = "build==1.3.0";

/** A program that is not there. */
class Missing extends Error {}

interface Ran {
  readonly success: boolean;
  readonly output: string;
}

/** Runs a program in the folder of the project. */
async function run(program: string, args: readonly string[]): Promise<Ran> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: ROOT,
      env: { NO_COLOR: "1", GOFLAGS: "-buildvcs=false" },
    }).output();
    const decoder = new TextDecoder();
    return {
      success,
      output: decoder.decode(stdout) + decoder.decode(stderr),
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Missing(`there is no ${program}`);
  }
}

/** Runs a program that has to succeed. */
async function need(program: string, args: readonly string[]): Promise<string> {
  const { success, output } = await run(program, args);
  if (!success) throw new Error(`${program} ${args.join(" ")}\n${output}`);
  return output;
}

async function deno(...args: readonly string[]): Promise<void> {
  await need(Deno.execPath(), args);
}

/** Builds a package for npm by a script, and packs it. */
async function packBuilt(
  script: string,
  folder: string,
  scratch: string,
): Promise<Outcome> {
  await deno("run", "--allow-all", script, `${scratch}/package`);
  return await pack(`${scratch}/package`, folder);
}

async function pack(from: string, folder: string): Promise<Outcome> {
  const before = new Set(names(folder));
  await need("npm", ["pack", from, "--silent", "--pack-destination", folder]);
  return { built: names(folder).filter((name) => !before.has(name)) };
}

/** Builds the Python package in `dist/` of a folder, by the usual tool, which is installed there. */
async function buildPython(scratch: string): Promise<void> {
  const source = `${scratch}/source`;
  await copyFolder("conformance/packages/python", source);
  await need("python3", ["-m", "venv", `${scratch}/venv`]);
  const python = `${scratch}/venv/bin/python`;
  await need(python, ["-m", "pip", "install", "--quiet", PYTHON_BUILD]);
  await need(python, [
    "-m",
    "build",
    "--outdir",
    `${scratch}/dist`,
    source,
  ]);
}

/** Copies a folder of the project as it would be with the targets of its symbolic links. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const { name } of Deno.readDirSync(new URL(`${from}/`, ROOT))) {
    if (["build", "dist", "target", "__pycache__"].includes(name)) continue;
    if (name.endsWith(".egg-info")) continue;
    const path = `${from}/${name}`;
    if (Deno.statSync(new URL(path, ROOT)).isDirectory) {
      await copyFolder(path, `${to}/${name}`);
    } else await Deno.copyFile(new URL(path, ROOT), `${to}/${name}`);
  }
}

/** Moves the files with these endings to the folder. */
async function keep(
  from: string,
  folder: string,
  ...endings: readonly string[]
): Promise<Outcome> {
  const built = names(from)
    .filter((name) => endings.some((ending) => name.endsWith(ending)));
  for (const name of built) {
    await Deno.copyFile(`${from}/${name}`, `${folder}/${name}`);
  }
  if (built.length === 0) throw new Error(`${from} has no ${endings}`);
  return { built };
}

function names(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

/** Builds a part, and prints its line. Returns whether it did not fail. */
async function build(name: string, folder: string): Promise<boolean> {
  begin(name);
  const start = performance.now();
  const scratch = await Deno.makeTempDir({ prefix: "gotalk-release-" });
  const seconds = () => (performance.now() - start) / 1000;
  try {
    const outcome = await PARTS[name]!.build(folder, scratch);
    end(textOf(outcome), seconds());
    return true;
  } catch (error) {
    if (error instanceof Missing) {
      end(`NOT BUILT: ${error.message}`, seconds());
      return true;
    }
    end(
      "FAILED",
      seconds(),
      error instanceof Error ? error.message : `${error}`,
    );
    return false;
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function textOf(outcome: Outcome): string {
  if ("built" in outcome) return outcome.built.join(", ");
  if ("checked" in outcome) return `checked: ${outcome.checked}`;
  return `NOT BUILT: ${outcome.missing}`;
}

/** Writes the hashes of all files, in the form of `sha256sum`. */
async function writeHashes(folder: string): Promise<void> {
  let text = "";
  for (const name of names(folder)) {
    const bytes = await Deno.readFile(`${folder}/${name}`);
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    text += `${new Uint8Array(hash).toHex()}  ${name}\n`;
  }
  await Deno.writeTextFile(`${folder}/SHA256SUMS`, text);
}

async function main(args: readonly string[]): Promise<number> {
  const help = `${HELP}\n${
    Object.entries(PARTS).map(([name, { about }]) =>
      `  ${name.padEnd(16)} ${about}`
    ).join("\n")
  }`;
  const [given, ...chosen] = args;
  if (given === "--help" || given === "-h") {
    console.log(help);
    return 0;
  }
  const unknown = chosen.find((name) => !Object.hasOwn(PARTS, name));
  if (given === undefined || given.startsWith("-") || unknown !== undefined) {
    console.error(help);
    return 2;
  }
  const folder = resolve(given);
  await Deno.mkdir(folder, { recursive: true });
  for (const name of names(folder)) {
    console.error(`Cannot build in ${folder}: it contains ${name}`);
    return 2;
  }
  let good = true;
  for (const name of chosen.length > 0 ? chosen : Object.keys(PARTS)) {
    good = await build(name, folder) && good;
  }
  await writeHashes(folder);
  return good ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
