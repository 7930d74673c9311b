/**
 * The statements of the protocol, which cases refer to.
 *
 * @module
 */

import page from "../../corpus/statements.json" with { type: "json" };
import type { Level } from "./case.ts";

/** One requirement of the annotated protocol. */
export interface Statement {
  /** Its permanent identifier. */
  readonly id: string;
  /** How binding it is. */
  readonly level: Level;
  /** What it asks for. */
  readonly text: string;
}

/** All statements, in the order of the page. */
export const STATEMENTS: readonly Statement[] = page
  .statements as readonly Statement[];
