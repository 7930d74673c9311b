/**
 * Builds the package of the conformance suite for npm in a folder: `deno task
 * npm:conformance FOLDER`. Its program runs in Deno, which the package gets from
 * npm too, since the runner uses Deno's processes and connections.
 *
 * @module
 */

import config from "../conformance/deno.json" with { type: "json" };
import library from "../deno.json" with { type: "json" };
import { buildInFolder, createEmptyFolder, needDeno } from "./_built_folder.ts";
import { copyPages } from "./_package_pages.ts";
import { projectFiles, ROOT } from "./_project_files.ts";

/** The version of Deno that runs the program. */
const DENO_VERSION = "2.9.6";

const HELP = `Builds the package of the conformance suite for npm.

Usage: deno task npm:conformance FOLDER

FOLDER is created, or must be empty. Pack or publish it by npm.`;

/** The program, as npm starts it. */
const LAUNCHER = `#!/usr/bin/env node
// Runs the program in the Deno that npm has installed.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { basename } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const { name, version } = require("./package.json");

/** The command that starts this program again: a part of the commands that it prints. */
function command() {
  const packed = packedFile();
  if (packed !== undefined) return \`npx -y \${packed}\`;
  const started = process.argv[1];
  const isGlobal = basename(started) === "gotalk-conformance" &&
    !started.includes("/node_modules/.bin/");
  // In a project that has installed the package, npx takes it from there.
  return isGlobal ? basename(started) : \`npx -y \${name}@\${version}\`;
}

/** The packed file that the user has named to npx; undefined if the package is from a registry. */
function packedFile() {
  try {
    // The project that npx has made to install this package.
    const { _npx } = require("../../../package.json");
    return _npx.packages.find((each) => each.endsWith(".tgz"));
  } catch {
    return undefined;
  }
}

const main = fileURLToPath(new URL("lib/runner/main.js", import.meta.url));
const options = ["--allow-all", "--no-check", "--no-config", "--no-lock"];
const deno = spawn(
  require("deno/install_api.cjs").runInstall(),
  ["run", ...options, main, ...process.argv.slice(2)],
  {
    stdio: "inherit",
    env: {
      DENO_NO_UPDATE_CHECK: "1",
      ...process.env,
      GOTALK_CONFORMANCE_COMMAND: command(),
    },
  },
);
// A terminal sends its interrupt to both processes, and a second one ends Deno at once; anybody else sends it to
// this process alone, as the starter of a container does.
const hasTerminal = [process.stdin, process.stdout, process.stderr]
  .some(({ isTTY }) => isTTY);
process.on("SIGINT", () => hasTerminal || deno.kill("SIGINT"));
process.on("SIGTERM", () => deno.kill("SIGTERM"));
deno.on("error", (error) => {
  console.error(\`Cannot start Deno: \${error.message}\`);
  process.exit(3);
});
deno.on("exit", (code, signal) => {
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
});
`;

/** The content of `package.json`. */
function manifest(): Record<string, unknown> {
  return {
    name: config.name,
    version: config.version,
    description: "Tests implementations of Gotalk for conformance",
    license: config.license,
    type: "module",
    engines: { node: ">=18" },
    bin: { "gotalk-conformance": "bin.js" },
    files: ["bin.js", "lib", ...Object.keys(PAGES), "corpus"],
    dependencies: { deno: DENO_VERSION },
  };
}

/** Builds the package in a folder, and returns its name and version. */
async function buildSuitePackage(folder: string): Promise<string> {
  await createEmptyFolder(folder);
  // In the folders from which the modules that it is made of find their files.
  await needDeno("bundle", "--quiet", `--outdir=${folder}/lib/runner`, MAIN);
  await nameLibrary(`${folder}/lib/runner/main.js`);
  await needDeno("run", "--allow-all", MAIN, "copy", folder);
  for (const path of await projectFiles([""], TEMPLATES)) {
    const name = path.slice("conformance/".length);
    await copy(name, `${folder}/lib/${name}`);
  }
  await copyPages(folder, PAGES);
  await copy("LICENSE", `${folder}/LICENSE`);
  await Deno.writeTextFile(`${folder}/bin.js`, LAUNCHER, { mode: 0o755 });
  const text = JSON.stringify(manifest(), null, 2);
  await Deno.writeTextFile(`${folder}/package.json`, `${text}\n`);
  return `${config.name} ${config.version}`;
}

const MAIN = "conformance/main.ts";

/** The pages, by their paths in the package and in the project, and what they name. */
const PAGES = {
  "README.md": "conformance/README.md",
  "ci/README.md": "conformance/ci/README.md",
  "ci/Containerfile": "conformance/ci/Containerfile",
  "ci/github/action.yml": "conformance/ci/github/action.yml",
  "ci/gitlab.yml": "conformance/ci/gitlab.yml",
  "codec/README.md": "codec/README.md",
  "corpus/README.md": "conformance/corpus/README.md",
  "corpus/breaks.md": "conformance/corpus/breaks.md",
  "corpus/schema/README.md": "conformance/corpus/schema/README.md",
  "implementations/adapters/README.md":
    "conformance/implementations/adapters/README.md",
};

/** The folder of what `init` writes. */
const TEMPLATES = "conformance/implementations/templates/";

/** Writes the version of the library, which is part of the bundle, where the program looks it up. */
async function nameLibrary(path: string): Promise<void> {
  const { name, version } = library;
  const text = await Deno.readTextFile(path);
  const [before, behind, ...others] = text.split(
    `import.meta.resolve("${name}")`,
  );
  if (behind === undefined || others.length > 0) {
    throw new Error(`Cannot name the version of ${name}: wanted one look-up`);
  }
  const address = JSON.stringify(`npm:/${name}/${version}/`);
  await Deno.writeTextFile(path, before + address + behind);
}

/** Copies a file of the suite. */
async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  await Deno.copyFile(new URL(`conformance/${from}`, ROOT), to);
}

if (import.meta.main) await buildInFolder(HELP, buildSuitePackage);
