/**
 * What keeps a report from being one of the whole corpus, in words: every
 * format says it.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { counted } from "./summary.ts";

/** Returns how a run ended before its last case; `undefined` if it did not. */
export function earlyEnd(report: Report): string | undefined {
  const { interrupted, results, planned = results.length } = report;
  const after = `after ${results.length} of ${counted(planned, "run")}`;
  if (interrupted) return `interrupted ${after}`;
  return results.length < planned
    ? `ended at the first failure, ${after}`
    : undefined;
}

/** Returns why a report is not one of the whole corpus, for each reason a text; nothing if it is. */
export function whyPartial(report: Report): string[] {
  const { leftOut, corpus, options } = report;
  const end = earlyEnd(report);
  return [
    ...end === undefined ? [] : [end],
    ...leftOut === undefined ? [] : [
      `${leftOut.cases} of ${
        counted(leftOut.of, "case")
      } that apply at level ${options.level} were left out, in some or all of their runs`,
    ],
    ...corpus.own ? ["own cases in place of the corpus"] : [],
  ];
}

/** Names the cases of a report: `corpus 1.0.0`. */
export function corpusName({ corpus: { version, own } }: Report): string {
  return own
    ? `own cases in the form of corpus ${version}`
    : `corpus ${version}`;
}
