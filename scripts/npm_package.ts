/**
 * Builds the package for npm in a folder: `deno task npm FOLDER`. It runs in Node
 * and Bun, and has no dependencies: the std packages are part of it.
 *
 * @module
 */

import { stop, transform } from "esbuild";
import ts from "typescript";
import config from "../deno.json" with { type: "json" };
import { buildInFolder, createEmptyFolder, needDeno } from "./_built_folder.ts";
import { copyPages } from "./_package_pages.ts";
import { bundlePageScript } from "./_page_script.ts";
import { ROOT } from "./_project_files.ts";

const ROOT_PATH = ROOT.pathname;

/**
 * The entries that need Deno, by the start of their names. In the package, they
 * throw an error that says so, since an entry that is missing
 * misleads: Bun reports that the package is not installed.
 */
const NEEDS_DENO = [
  "./cli",
  "./tap",
  "./transport/tcp",
  "./transport/tls",
  "./transport/unix",
  "./transport/websocket-listener",
  "./transport/websocket-upgrade",
  "./workers",
];

/** Packages that a user of a back-plane installs. */
const PEERS = ["@nats-io/transport-node", "@redis/client"] as const;

/** The pages that the package contains, from the root of the project. */
const PAGES = [
  "README.md",
  "CHANGELOG.md",
  "SECURITY.md",
  "codec/README.md",
  "docs/attacks.md",
  "docs/proxies.md",
  "docs/reliability.md",
  "docs/scaling.md",
  "peer/README.md",
  "transport/README.md",
];

/**
 * The entry for pages. It is the script that servers hand out, so that a page
 * that is bundled is as small.
 */
const BROWSER = "browser.ts";

/** What the types need of the language beyond ES2022. */
const LIBRARIES = `/// <reference lib="esnext.disposable" />\n`;

/** What the main module does first, as npm only warns of an older Node. */
const CHECK = `if (typeof Promise.withResolvers !== "function") {
  throw new Error("Cannot load @gotalk/gotalk: wanted Node 22 or later, Bun, or Deno");
}
`;

/** The command, and what it uses of Node in place of Deno. */
const COMMAND = { main: "cli/main", runtime: "cli/node_runtime" } as const;

/** The program of the command. */
const PROGRAM = `#!/usr/bin/env node
import process from "node:process";

if (typeof Promise.withResolvers !== "function") {
  console.error("gotalk: cannot run in this Node, wanted 22 or later");
  process.exit(2);
}
const args = process.argv.slice(2);
const { needsDeno } = await import("../lib/${COMMAND.runtime}.js");
const needing = needsDeno(args);
if (needing !== undefined) {
  console.error(\`gotalk: \${needing} needs Deno: deno run -A jsr:@gotalk/gotalk/cli\`);
  process.exit(2);
}
const { main } = await import("../lib/${COMMAND.main}.js");
process.exit(await main(args));
`;

const HELP = `Builds the package for npm.

Usage: deno task npm FOLDER

FOLDER is created, or must be empty. Pack or publish it by npm.`;

/** All entries: their names, and their sources from the root of the project. */
const allEntries = Object.entries<string>(config.exports)
  .map(([name, path]) => [name, path.slice("./".length)] as const);

/** The entries that run in Node and Bun. */
const entries = allEntries.filter(([name]) => !needsDeno(name));

/** The types of the entries that need Deno: none, so that compilers refuse what is imported. */
const NO_TYPES = "./types/needs_deno.d.ts";

/** Builds the package in a folder, and returns its name and version. */
async function buildNpmPackage(folder: string): Promise<string> {
  await createEmptyFolder(folder);
  await bundle(`${folder}/lib`);
  await runInNode(`${folder}/lib`);
  await writeEntriesThatNeedDeno(folder);
  await Deno.mkdir(`${folder}/bin`);
  await Deno.writeTextFile(`${folder}/bin/gotalk.js`, PROGRAM, { mode: 0o755 });
  await writeTypes(`${folder}/types`);
  await Deno.writeTextFile(`${folder}/${NO_TYPES}`, "export {};\n");
  await copyPages(
    folder,
    Object.fromEntries(PAGES.map((page) => [page, page])),
  );
  await Deno.copyFile(`${ROOT_PATH}LICENSE`, `${folder}/LICENSE`);
  const manifest = JSON.stringify(npmManifest(), null, 2);
  await Deno.writeTextFile(`${folder}/package.json`, `${manifest}\n`);
  return `${config.name} ${config.version}`;
}

/** The content of `package.json`. */
function npmManifest(): Record<string, unknown> {
  const { name, version, license, imports } = config;
  const exported = allEntries.map(([entry, path]) => [
    entry,
    needsDeno(entry) ? { types: NO_TYPES, default: pathOfError(entry) } : {
      types: `./types/${path.replace(/\.ts$/, ".d.ts")}`,
      default: `./lib/${path.replace(/\.ts$/, ".js")}`,
    },
  ]);
  const peers = PEERS.map((
    peer,
  ) => [peer, `^${imports[peer].split("@").at(-1)}`]);
  return {
    name,
    version,
    description: "The Gotalk protocol: peers that call each other",
    license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=22" },
    exports: Object.fromEntries(exported),
    bin: { gotalk: "bin/gotalk.js" },
    files: ["bin", "lib", "types", ...PAGES],
    peerDependencies: Object.fromEntries(peers),
    peerDependenciesMeta: Object.fromEntries(
      PEERS.map((peer) => [peer, { optional: true }]),
    ),
  };
}

/** Bundles the entries into modules that share what they have in common. */
async function bundle(folder: string): Promise<void> {
  await needDeno(
    "bundle",
    "--quiet",
    "--code-splitting",
    ...[...PEERS, "ws"].map((name) => `--external=${name}`),
    `--outdir=${folder}`,
    ...entries.map(([, path]) => path).filter((path) => path !== BROWSER),
    ...Object.values(COMMAND).map((path) => `${path}.ts`),
  );
  const script = await bundlePageScript("browser.js");
  await Deno.writeTextFile(`${folder}/browser.js`, script.code);
  await Deno.writeTextFile(`${folder}/browser.js.map`, script.map);
  const main = `${folder}/mod.js`;
  await Deno.writeTextFile(main, CHECK + await Deno.readTextFile(main));
}

/** Has the modules of the command use Node where they use Deno, and no syntax that Node 22 lacks. */
async function runInNode(folder: string): Promise<void> {
  const inCommand = Deno.readDirSync(`${folder}/cli`);
  const paths = [
    ...Array.from(Deno.readDirSync(folder), ({ name }) => name),
    ...Array.from(inCommand, ({ name }) => `cli/${name}`),
  ].filter((path) => path.endsWith(".js"));
  for (const path of paths) {
    const text = await Deno.readTextFile(`${folder}/${path}`);
    if (!/^\/\/ cli\//m.test(text)) continue;
    const usesRuntime = /\bDeno\./.test(text) &&
      path !== `${COMMAND.runtime}.js`;
    const to = path.includes("/") ? ".." : ".";
    const start = usesRuntime
      ? `import { Deno } from "${to}/${COMMAND.runtime}.js";\n`
      : "";
    const { code } = await transform(start + text, { target: "node22" });
    await Deno.writeTextFile(`${folder}/${path}`, code);
  }
  await stop();
}

function needsDeno(entry: string): boolean {
  return NEEDS_DENO.some((start) => entry.startsWith(start));
}

/** The path of the module that an entry that needs Deno has in the package. */
function pathOfError(entry: string): string {
  return `./lib/needs_deno/${entry.slice("./".length)}.js`;
}

/** Writes a module that throws for each entry that needs Deno. It exports what the entry does, without which a module that imports it would not link. */
async function writeEntriesThatNeedDeno(folder: string): Promise<void> {
  for (const [entry, source] of allEntries) {
    if (!needsDeno(entry)) continue;
    const name = config.name + entry.slice(".".length);
    const instead = entry.startsWith("./transport/")
      ? `; connect and serve open sockets in Node and Bun, and so does ${config.name}/transport/node`
      : "";
    const message =
      `Cannot load ${name}: it needs Deno, and is in jsr:${config.name} only${instead}`;
    const names = Object.keys(await import(`${ROOT}${source}`));
    const path = `${folder}/${pathOfError(entry)}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(
      path,
      `${names.map((each) => `export const ${each} = undefined;\n`).join("")}
throw new Error(${JSON.stringify(message)});
`,
    );
  }
}

/** Writes the types of all modules that the entries reach, with the doc comments. */
async function writeTypes(folder: string): Promise<void> {
  const program = ts.createProgram({
    rootNames: entries.map(([, path]) => `${ROOT_PATH}${path}`),
    options: {
      allowImportingTsExtensions: true,
      declaration: true,
      emitDeclarationOnly: true,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      // Deno has checked them, and exported declarations name their types.
      noCheck: true,
      lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
      outDir: folder,
      rootDir: ROOT_PATH,
      target: ts.ScriptTarget.ESNext,
      types: [],
    },
  });
  const files = new Map<string, string>();
  program.emit(undefined, (path, text) => {
    const relative = text.replaceAll(
      /(["'])(\.\.?\/[^"']+)\.ts\1/g,
      "$1$2.js$1",
    );
    files.set(path, relative);
  });
  for (const [, source] of entries) {
    const path = `${folder}/${source.replace(/\.ts$/, ".d.ts")}`;
    files.set(path, `${LIBRARIES}${files.get(path)}`);
  }
  for (const [path, text] of files) {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

if (import.meta.main) await buildInFolder(HELP, buildNpmPackage);
