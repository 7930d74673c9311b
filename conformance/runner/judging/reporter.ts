/**
 * Receives the results of a run while it takes place.
 *
 * @module
 */

import type { Description } from "../implementation.ts";
import type { Report, Result } from "./report.ts";

/** Receives results during a run. A result can be replaced later: only the report is final. */
export interface Reporter {
  /** Called before the first run. */
  begin?(
    plan: { readonly total: number; readonly description: Description },
  ): void;
  /** Called with each result. */
  result?(result: Result): void;
  /** Called with a remark about the run itself, such as a restart of the implementation. */
  remark?(text: string): void;
  /** Called with the report. */
  end?(report: Report): void;
}
