/**
 * What mutants are made of: the source of the library, the changes, and a copy of the workspace.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";
import { SourceTree } from "./source_tree.ts";

/** The root of the workspace. */
const ROOT = new URL("../../", import.meta.url);

/**
 * The source in which mutants make changes: the library, and the adapter that
 * drives it.
 */
const MUTABLE = [
  "codec/",
  "http/",
  "peer/",
  "quoting/",
  "transport/",
  "conformance/implementations/adapters/deno/",
];

/** What the adapter needs besides. */
const NEEDED = ["conformance/runner/"];

/**
 * The configurations that make the copy a workspace: its imports resolve to the
 * copy.
 */
const CONFIGURATIONS = ["deno.json", "conformance/deno.json"];

/** The adapter, by its path in a copy. */
const ADAPTER = "conformance/implementations/adapters/deno/main.ts";

/** Reads the source in which mutants make changes. */
export async function readSource(): Promise<SourceTree> {
  const paths = [
    ...await sourceFiles("", { recursive: false }),
    ...(await Promise.all(MUTABLE.map((folder) => sourceFiles(folder)))).flat(),
  ];
  return new SourceTree(await texts(paths));
}

/**
 * Makes the changes of a mutant.
 *
 * @throws {Error} If a change cannot be made.
 */
export function applyMutant(
  { name, edits }: Pick<Mutant, "name" | "edits">,
  tree: SourceTree,
): void {
  for (const edit of edits) {
    try {
      tree.apply(edit);
    } catch (error) {
      throw new Error(`Cannot make ${name}: ${(error as Error).message}`);
    }
  }
}

/** Returns the command that starts the adapter of a copy. */
export function adapterCommand(
  folder: URL,
  flags: readonly string[] = [],
): string {
  const config = new URL("deno.json", folder).pathname;
  return [
    Deno.execPath(),
    "run",
    "--no-check",
    "--allow-all",
    ...flags,
    `--config=${config}`,
    new URL(ADAPTER, folder).pathname,
  ].map((word) => `"${word}"`).join(" ");
}

/** Writes the part of the workspace that the adapter of the library needs to a folder: a tree, and the rest. */
export async function writeWorkspace(
  tree: SourceTree,
  folder: URL,
): Promise<void> {
  const needed = await Promise.all(NEEDED.map((path) => sourceFiles(path)));
  const files = await texts([...CONFIGURATIONS, ...needed.flat()]);
  for (const [path, text] of [...tree.files, ...files]) {
    const file = new URL(path, folder);
    await Deno.mkdir(new URL("./", file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  // Dependencies are the same in every copy.
  await Deno.symlink(new URL("vendor", ROOT), new URL("vendor", folder));
}

/**
 * The paths of the source files of a folder; tests, benchmarks and their
 * helpers are left out.
 */
async function sourceFiles(
  folder: string,
  { recursive = true } = {},
): Promise<string[]> {
  const paths: string[] = [];
  const entries = Deno.readDir(new URL(folder, ROOT));
  for await (const { name, isDirectory } of entries) {
    if (isDirectory) {
      if (!recursive || name === "testing") continue;
      paths.push(...await sourceFiles(`${folder}${name}/`));
    } else if (/\.ts$/.test(name) && !/_(?:test|bench)\.ts$/.test(name)) {
      paths.push(folder + name);
    }
  }
  return paths.sort();
}

async function texts(
  paths: readonly string[],
): Promise<Map<string, string>> {
  return new Map(
    await Promise.all(paths.map(async (path) =>
      [
        path,
        await Deno.readTextFile(new URL(path, ROOT)),
      ] as const
    )),
  );
}
