/**
 * Checks that the cases fill the matrix, but for the holes that the manifest explains.
 *
 * @module
 */

import type { CorpusFile } from "../cases/corpus_files.ts";
import type { Manifest } from "../cases/manifest.ts";
import { coverageOf } from "../matrix/matrix.ts";
import type { Finding } from "./finding.ts";

/** Compares the matrix of a corpus with its manifest; a manifest without holes is one without a matrix. */
export function* lintMatrix(
  files: readonly CorpusFile[],
  { holes: reasons }: Pick<Manifest, "holes">,
): Generator<Finding> {
  if (reasons === undefined) return;
  const path = "manifest.json";
  const { holes, stale } = coverageOf(
    files.flatMap(({ cases }) => cases),
    reasons,
  );
  for (const { cell: { name, missing, wanted }, pattern } of holes) {
    if (pattern !== undefined) continue;
    const which = missing.length === wanted
      ? ""
      : ` completely: ${missing.slice(0, 5).join(", ")}`;
    const message =
      `no case fills the cell ${name}${which}, and no reason is given`;
    yield { path, pointer: "/holes", message };
  }
  for (const pattern of stale) {
    const pointer = `/holes/${
      pattern.replaceAll("~", "~0").replaceAll("/", "~1")
    }`;
    yield { path, pointer, message: "no cell without cases matches this" };
  }
}
