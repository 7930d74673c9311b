/**
 * The files of the corpus that are generated.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type { Case, CaseFile } from "../cases/case.ts";
import { CORPUS } from "../cases/corpus.ts";
import { isSession } from "../cases/expand.ts";
import { cancelCases } from "./cancel_cases.ts";
import { idCases, nameCases, payloadCases } from "./codec_cases.ts";
import { contentCases } from "./content_cases.ts";
import { creditCases } from "./credit_cases.ts";
import { fieldCases } from "./field_cases.ts";
import { numberCases } from "./number_cases.ts";
import { placeCases } from "./place_cases.ts";
import {
  cutCases,
  kindCases,
  limitCases,
  unwritableCases,
} from "./refusal_cases.ts";
import { skipCases } from "./skip_cases.ts";
import { unitCases } from "./unit_cases.ts";

/** What makes each generated file, by its path in the corpus. */
export const GENERATED = {
  "codec/matrix-cuts.json": cutCases,
  "codec/matrix-ids.json": idCases,
  "codec/matrix-kinds.json": kindCases,
  "codec/matrix-limits.json": limitCases,
  "codec/matrix-names.json": nameCases,
  "codec/matrix-numbers.json": numberCases,
  "codec/matrix-payloads.json": payloadCases,
  "codec/matrix-range.json": unwritableCases,
  "extensions/matrix-cancel.json": cancelCases,
  "extensions/matrix-credit.json": creditCases,
  "session/matrix-content.json": contentCases,
  "session/matrix-fields.json": fieldCases,
  "session/matrix-places.json": placeCases,
  "session/matrix-skips.json": skipCases,
  "websocket/matrix-units.json": unitCases,
} as const satisfies Readonly<Record<string, () => CaseFile>>;

/** The name of a generated file. */
export type GeneratedPath = keyof typeof GENERATED;

/** Returns the texts of the generated files, without the cases that people have written. */
export function generatedFiles(): Map<string, string> {
  const written = new Set(
    Object.entries(CORPUS.files)
      .filter(([path]) => !Object.hasOwn(GENERATED, path))
      .flatMap(([, { cases }]) => cases.map(contentOf)),
  );
  return new Map(
    Object.entries(GENERATED).map(([path, make]) => {
      const file: CaseFile = make();
      const cases = file.cases.filter((each) => !written.has(contentOf(each)));
      return [path, `${JSON.stringify({ ...file, cases }, undefined, 2)}\n`];
    }),
  );
}

/** What a case is about, without its name and its reasons. */
function contentOf(each: Case): string {
  if (isSession(each)) {
    const { roles, options, steps } = each;
    return JSON.stringify([roles, options, steps]);
  }
  const { wire, messages, directions, handshake, version, end } = each;
  const { limits, error } = each;
  return JSON.stringify([
    wire === undefined ? messages : toBytes(wire).subarray(0, 5000).toHex(),
    [directions, handshake, version, end, limits, error],
  ]);
}
