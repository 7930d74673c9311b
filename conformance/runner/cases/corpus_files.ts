/**
 * The files of a corpus on disk, as text and as what it says.
 *
 * @module
 */

import type { Case } from "./case.ts";

/** One file of cases. */
export interface CorpusFile {
  /** Its path in the corpus: `codec/names.json`. */
  readonly path: string;
  /** What is in it. */
  readonly text: string;
  /** The text as JSON; `undefined` when it is none. */
  readonly value: unknown;
  /** Its cases, as far as there are any. */
  readonly cases: readonly Case[];
}

/** The folders of the corpus, one for each suite. */
const SUITES = ["codec", "hostile", "session", "websocket"];

/**
 * Reads all files of cases, sorted by path.
 *
 * @param folder The folder that has `corpus/`.
 */
export async function readCorpus(folder: URL): Promise<CorpusFile[]> {
  const paths: string[] = [];
  for (const suite of SUITES) {
    const names = jsonFiles(new URL(`corpus/${suite}/`, folder));
    paths.push(...names.map((name) => `${suite}/${name}`));
  }
  return await Promise.all(paths.map((path) => readFile(folder, path)));
}

/** The names of the JSON files of a folder, sorted; none where there is no such folder. */
export function jsonFiles(folder: URL): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name)
      .filter((name) => name.endsWith(".json")).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function readFile(folder: URL, path: string): Promise<CorpusFile> {
  const text = await Deno.readTextFile(new URL(`corpus/${path}`, folder));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const cases = (value as { cases?: Case[] } | undefined)?.cases;
  return { path, text, value, cases: Array.isArray(cases) ? cases : [] };
}
