/**
 * The statements of the annotated protocol, to which cases refer.
 *
 * @module
 */

import page from "../../corpus/statements.json" with { type: "json" };
import type { Level } from "./case.ts";

/** A statement of the annotated protocol. */
export interface Statement {
  /** Its permanent identifier. */
  readonly id: string;
  /** Its level. */
  readonly level: Level;
  /** What it requires. */
  readonly text: string;
}

/** All statements, in the order of the protocol page. */
export const STATEMENTS: readonly Statement[] = page
  .statements as readonly Statement[];
