/**
 * Checks a file of cases on its own, beyond its schema.
 *
 * @module
 */

import type { Case, CaseFile } from "../cases/case.ts";
import { isSession } from "../cases/expand.ts";
import { lintBytes } from "./_bytes.ts";
import { lintSteps } from "./_steps.ts";
import type { Finding } from "./finding.ts";
import { quoteValue, shorten } from "../shorten.ts";

/** A title is a sentence: at least three words, a capital letter first, no full stop. */
const TITLE = /^\p{Lu}\S*( \S+){2,}(?<![.:!?])$/u;

/** A note is at least one whole sentence. */
const NOTE = /^\p{Lu}.*\.$/u;

/** Checks a file that matches its schema. */
export function* lintFile(
  path: string,
  file: CaseFile,
  operations: ReadonlySet<string>,
): Generator<Finding> {
  const topic = path.replace(/\.json$/, "");
  const used = new Set(file.cases.flatMap(({ flags = [] }) => flags));
  for (const [flag, note] of Object.entries(file.notes)) {
    const pointer = `/notes/${flag}`;
    if (!used.has(flag)) {
      yield { path, pointer, message: "no case has this flag" };
    }
    if (!NOTE.test(note)) {
      yield { path, pointer, message: "the note is not a sentence" };
    }
  }
  for (const [at, each] of file.cases.entries()) {
    const pointer = `/cases/${at}`;
    const before = file.cases[at - 1]?.id ?? "";
    if (!each.id.startsWith(`${topic}/`)) {
      const message = `it is ${
        shorten(each.id)
      }, wanted an identifier that begins with ${topic}/`;
      yield { path, pointer: `${pointer}/id`, message };
    }
    if (each.id <= before) {
      const message = `${shorten(each.id)} follows ${
        shorten(before)
      }, wanted them sorted`;
      yield { path, pointer: `${pointer}/id`, message };
    }
    if (!TITLE.test(each.title)) {
      const message = `it is ${
        quoteValue(each.title)
      }, wanted at least three words, with a capital letter and without a full stop`;
      yield { path, pointer: `${pointer}/title`, message };
    }
    for (const [index, flag] of (each.flags ?? []).entries()) {
      if (Object.hasOwn(file.notes, flag)) continue;
      const message = `${
        shorten(flag)
      } is not explained in the notes of the file`;
      yield { path, pointer: `${pointer}/flags/${index}`, message };
    }
    yield* lintCase(each, path, pointer, operations);
  }
}

function* lintCase(
  each: Case,
  path: string,
  pointer: string,
  operations: ReadonlySet<string>,
): Generator<Finding> {
  yield* lintBytes(each, path, pointer);
  if (isSession(each)) yield* lintSteps(each, path, pointer, operations);
}
