/**
 * The command that repeats a run.
 *
 * @module
 */

import { suiteOf, SUITES } from "../cases/suites.ts";

/**
 * Returns the command line that repeats a run.
 *
 * @param command The command line without the name of the run.
 * @param name The full name of the run.
 */
export function repeatCommand(command: string, name: string): string {
  const hostile = SUITES[suiteOf(name)].isOptIn ? "--hostile " : "";
  return `${command} ${hostile}--run ${quoted(name)}`;
}

/** Returns a word of a command line in the form that shells read. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
