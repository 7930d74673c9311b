/**
 * Checks all files of the corpus together.
 *
 * @module
 */

import type { Case, Level } from "../cases/case.ts";
import type { CorpusFile } from "../cases/corpus_files.ts";
import type { Manifest } from "../cases/manifest.ts";
import { isBinding, LEVEL_RANKS } from "../cases/levels.ts";
import type { Statement } from "../cases/statements.ts";
import type { Finding } from "./finding.ts";
import { shorten } from "../shorten.ts";

/** Compares the cases with the statements, the manifest, and the manifest of the previous version. */
export function* lintCorpus(
  files: readonly CorpusFile[],
  statements: readonly Statement[],
  manifest: Manifest,
  previous: Manifest | undefined,
): Generator<Finding> {
  const levels = levelsOf(statements);
  const shown = new Set<string>();
  const ids = new Set<string>();
  for (const { path, cases } of files) {
    for (const [at, each] of cases.entries()) {
      const pointer = `/cases/${at}`;
      ids.add(each.id);
      if (each.withdrawn === undefined) {
        for (const id of each.spec) {
          if (isBinding(each.level, levels.get(id) ?? "must")) shown.add(id);
        }
      }
      if (isLater(each.since, manifest.version)) {
        const message =
          `it is ${each.since}, later than the version ${manifest.version} of the corpus`;
        yield { path, pointer: `${pointer}/since`, message };
      }
    }
  }
  yield* lintSpecs(files, statements);
  yield* lintCoverage(statements, shown, manifest);
  for (const id of previous?.ids ?? []) {
    if (ids.has(id)) continue;
    const message =
      `${id} of version ${previous?.version} is gone, wanted it withdrawn`;
    yield { path: "manifest.json", pointer: "/ids", message };
  }
}

/** Checks that the statements that cases name exist, and that one of each case is as binding as the case. */
export function* lintSpecs(
  files: readonly CorpusFile[],
  statements: readonly Statement[],
): Generator<Finding> {
  const levels = levelsOf(statements);
  for (const { path, cases } of files) {
    for (const [at, each] of cases.entries()) {
      yield* lintStatements(each, path, `/cases/${at}`, levels);
    }
  }
}

function levelsOf(statements: readonly Statement[]): Map<string, Level> {
  return new Map(statements.map(({ id, level }) => [id, level]));
}

/** Checks that the statements of a case exist, and that one of them is as binding as the case. */
function* lintStatements(
  each: Case,
  path: string,
  pointer: string,
  levels: ReadonlyMap<string, Level>,
): Generator<Finding> {
  let most = 0;
  for (const [at, id] of each.spec.entries()) {
    const level = levels.get(id);
    most = Math.max(most, LEVEL_RANKS[level ?? "must"]);
    if (level !== undefined) continue;
    const message = `${shorten(id)} is not a statement of the protocol`;
    yield { path, pointer: `${pointer}/spec/${at}`, message };
  }
  if (LEVEL_RANKS[each.level] > most) {
    const message = `it is ${each.level}, but no statement of its spec is`;
    yield { path, pointer: `${pointer}/level`, message };
  }
}

/** Checks that a case tests each binding statement, unless it is listed as untestable. */
function* lintCoverage(
  statements: readonly Statement[],
  shown: ReadonlySet<string>,
  { untestable }: Manifest,
): Generator<Finding> {
  const path = "manifest.json";
  for (const { id, level } of statements) {
    if (
      LEVEL_RANKS[level] < LEVEL_RANKS.should || shown.has(id) ||
      id in untestable
    ) {
      continue;
    }
    const message = `no case at its level tests ${id}, and it is not listed`;
    yield { path, pointer: "/untestable", message };
  }
  for (const id of Object.keys(untestable)) {
    const pointer = `/untestable/${id.replace("/", "~1")}`;
    if (shown.has(id)) {
      yield { path, pointer, message: "a case tests this statement" };
    } else if (!statements.some((statement) => statement.id === id)) {
      yield {
        path,
        pointer,
        message: "this is not a statement of the protocol",
      };
    }
  }
}

/** Returns whether a version is later than another one. */
function isLater(version: string, other: string): boolean {
  const [a, b] = [version, other].map((each) => each.split(".").map(Number));
  const at = a!.findIndex((part, index) => part !== b![index]);
  return at >= 0 && a![at]! > b![at]!;
}
