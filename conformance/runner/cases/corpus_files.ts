/**
 * Reads the files of a corpus on disk.
 *
 * @module
 */

import type { Case, CaseFile } from "./case.ts";
import { withRepeatedSteps } from "./repeated_steps.ts";
import { SUITE_NAMES } from "./suites.ts";

/** One file of cases. */
export interface CorpusFile {
  /** Its path in the corpus: `codec/names.json`. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
  /** The value of the text, with repeated steps written out; `undefined` if the text is not JSON. */
  readonly value: unknown;
  /** Its cases; empty if the value has none. */
  readonly cases: readonly Case[];
}

/**
 * Reads all files of cases, sorted by path.
 *
 * @param folder The folder that contains `corpus/`.
 * @param inner The folder in it that contains the folders of the suites.
 */
export async function readCorpus(
  folder: URL,
  inner = "corpus/",
): Promise<CorpusFile[]> {
  const paths: string[] = [];
  for (const suite of [...SUITE_NAMES].sort()) {
    const names = jsonFiles(new URL(`${inner}${suite}/`, folder));
    paths.push(...names.map((name) => `${suite}/${name}`));
  }
  return await Promise.all(
    paths.map((path) => readFile(new URL(inner, folder), path)),
  );
}

/** Returns the names of the JSON files of a folder, sorted; none if there is no such folder. */
export function jsonFiles(folder: URL): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name)
      .filter((name) => name.endsWith(".json")).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function readFile(corpus: URL, path: string): Promise<CorpusFile> {
  const text = await Deno.readTextFile(new URL(path, corpus));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const cases = (value as { cases?: Case[] } | undefined)?.cases;
  if (!Array.isArray(cases)) return { path, text, value, cases: [] };
  const file = withRepeatedSteps(value as CaseFile);
  return { path, text, value: file, cases: file.cases };
}
