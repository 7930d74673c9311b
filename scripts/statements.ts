/**
 * Checks that code and tests name the statements of the annotated protocol: a
 * test of the library names each statement that binds an implementation, and
 * every identifier that is named exists. Run as a program it prints what is
 * missing.
 *
 * @module
 */

import { projectFiles, ROOT } from "./_project_files.ts";

/** The identifier and level of a statement of the annotated protocol. */
export interface Statement {
  readonly id: string;
  readonly level: string;
}

/** A file of the project, by its path. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What names statements: the library, and what is built on it in the same
 * package.
 */
const NAMING = /^(codec|peer|transport|bench|examples|interop)\/|^[^/]+$/;

/** Statements that bind nothing in the library, and why. */
const NOT_OURS: Readonly<Record<string, string>> = {
  "version00/refusal": "peers speak version 01 only; version 00 is codec only",
};

/** The tests that hold the library to statements. */
const TESTING = /^((codec|peer|transport)\/.*|[^/]*)_test\.ts$/;

/**
 * Names what is missing: each `must` that no test names, and each identifier
 * that is no statement.
 *
 * @param untestable The identifiers of statements that no test can show.
 */
export function missingStatements(
  statements: readonly Statement[],
  untestable: ReadonlySet<string>,
  files: readonly SourceFile[],
): string[] {
  const known = new Set(statements.map(({ id }) => id));
  const tested = new Set<string>();
  const found: string[] = [];
  for (const { path, text } of files) {
    if (!NAMING.test(path)) continue;
    for (const id of identifiersIn(text, known)) {
      if (!known.has(id)) {
        found.push(`${path} names ${id}, which is no statement`);
      }
      if (TESTING.test(path)) tested.add(id);
    }
  }
  for (const { id, level } of statements) {
    if (level === "must" && !tested.has(id) && !untestable.has(id)) {
      found.push(`no test names ${id}`);
    }
  }
  return found;
}

/**
 * Finds what looks like the identifier of a statement: its first part is known.
 */
function identifiersIn(text: string, known: ReadonlySet<string>): Set<string> {
  const areas = new Set(Array.from(known, (id) => id.split("/")[0]!));
  const pattern = new RegExp(
    // Neither a part of a path (./wire/a.ts, node:stream/web) nor of a longer
    // name.
    `(?<![\\w/.:@-])(?:${[...areas].join("|")})/[a-z0-9-]+(?![\\w/-]|\\.\\w)`,
    "g",
  );
  return new Set(text.match(pattern));
}

/** Reads a file of the corpus. */
async function readCorpus(name: string): Promise<unknown> {
  const url = new URL(`conformance/corpus/${name}`, ROOT);
  return JSON.parse(await Deno.readTextFile(url));
}

if (import.meta.main) {
  const { statements } = await readCorpus("statements.json") as {
    statements: Statement[];
  };
  const { untestable } = await readCorpus("manifest.json") as {
    untestable: Record<string, string>;
  };
  const files = await Promise.all(
    (await projectFiles([".ts"])).map(async (path) => ({
      path,
      text: await Deno.readTextFile(new URL(path, ROOT)),
    })),
  );
  const found = missingStatements(
    statements,
    new Set([...Object.keys(untestable), ...Object.keys(NOT_OURS)]),
    files,
  );
  for (const complaint of found) console.error(complaint);
  Deno.exit(found.length === 0 ? 0 : 1);
}
