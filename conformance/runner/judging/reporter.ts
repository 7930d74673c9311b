/**
 * Who hears of a run while it goes on.
 *
 * @module
 */

import type { Description } from "../implementation.ts";
import type { Report, Result } from "./report.ts";

/** Hears of a run. What was heard of a result can be taken back: only the report has the last word. */
export interface Reporter {
  /** The run begins. */
  begin?(
    plan: { readonly total: number; readonly description: Description },
  ): void;
  /** One more run of a case is through. */
  result?(result: Result): void;
  /** Something about the run itself, such as an implementation that has to be started again. */
  remark?(text: string): void;
  /** The run is over. */
  end?(report: Report): void;
}
