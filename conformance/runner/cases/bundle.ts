/**
 * Bundles the corpus into one value, for test suites in other languages.
 *
 * @module
 */

import type { Case } from "./case.ts";
import type { Corpus } from "./corpus.ts";
import { isSession, messageEnds } from "./expand.ts";

/** A case of a bundle; codec cases have the offset after each of their messages. */
export type BundledCase = Case & { readonly ends?: readonly number[] };

/** A corpus as one value. */
export interface Bundle {
  /** The version of this format. */
  readonly schema: 1;
  /** The version of the corpus. */
  readonly version: string;
  /** The statements of the protocol. */
  readonly statements: Corpus["statements"];
  /** The files of cases, under their paths. */
  readonly files: Readonly<
    Record<string, {
      readonly about: string;
      readonly notes: Readonly<Record<string, string>>;
      readonly cases: readonly BundledCase[];
    }>
  >;
}

/** Returns a corpus as one value. */
export function bundle({ version, statements, files }: Corpus): Bundle {
  return {
    schema: 1,
    version,
    statements,
    files: Object.fromEntries(
      Object.entries(files).map(([path, file]) => [
        path,
        { ...file, cases: file.cases.map(bundled) },
      ]),
    ),
  };
}

function bundled(each: Case): BundledCase {
  return isSession(each) || each.wire === undefined
    ? each
    : { ...each, ends: messageEnds(each) };
}
