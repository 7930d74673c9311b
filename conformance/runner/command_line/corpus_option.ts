/**
 * Finds the corpus in the options of a command.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import type { CaseFile } from "../cases/case.ts";
import { CORPUS, type Corpus } from "../cases/corpus.ts";
import { readCorpus } from "../cases/corpus_files.ts";
import { SUITE_NAMES } from "../cases/suites.ts";
import { changedFiles } from "../cases/verify.ts";
import { lintOwnCases } from "../lint/lint.ts";
import type { Given } from "./arguments.ts";
import { UsageError } from "./command.ts";

/** The help for the option. */
export const CORPUS_HELP = `  --corpus DIR           Use the cases in DIR/${
  SUITE_NAMES.join("/, ")
}/
                         in place of the corpus, or those in these folders of DIR/corpus/`;

/**
 * Returns the corpus of this package, or the one in a folder.
 *
 * @throws {UsageError} If the corpus differs from its manifest, or the folder has malformed cases or none.
 */
export async function corpusOption(
  { text: { corpus: folder } }: Given,
): Promise<Corpus> {
  if (folder !== undefined) return await readOwn(folder);
  const changed = await changedFiles();
  if (changed.length === 0) return CORPUS;
  throw new UsageError(
    `the corpus differs from its manifest in ${
      changed.join(", ")
    }; after a change of your own, run conformance/runner/cases/manifest.ts`,
  );
}

/** How many findings in own cases are shown. */
const MOST_SHOWN = 10;

async function readOwn(folder: string): Promise<Corpus> {
  const url = pathToFileURL(`${folder}/`) as URL;
  const inner = await readCorpus(url);
  const files = inner.length > 0 ? inner : await readCorpus(url, "./");
  if (files.length === 0) {
    throw new UsageError(
      `--corpus is ${folder}: there are no files, wanted some such as ${folder}/session/mine.json`,
    );
  }
  const findings = await lintOwnCases(files);
  if (findings.length > 0) {
    const shown = findings.slice(0, MOST_SHOWN)
      .map(({ path, pointer, message }) => `${path}${pointer}: ${message}`);
    const hidden = findings.length - shown.length;
    if (hidden > 0) shown.push(`and ${hidden} more`);
    throw new UsageError(
      `--corpus is ${folder}, whose cases are malformed\n  ${
        shown.join("\n  ")
      }`,
    );
  }
  return {
    version: CORPUS.version,
    own: true,
    statements: CORPUS.statements,
    files: Object.fromEntries(
      files.map(({ path, value }) => [path, value as CaseFile]),
    ),
  };
}
