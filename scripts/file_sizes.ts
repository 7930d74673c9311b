/**
 * Checks that no file has become too long to be read at one go. Run as a
 * program it prints those that have.
 *
 * @module
 */

import { isTest, projectFiles, ROOT } from "./_project_files.ts";

/** The most lines of a file, comments and empty lines included. */
export const MAX_LINES = { source: 400, test: 850 } as const;

/** The files that are written by hand, and are no data. */
const EXTENSIONS = [".ts", ".js", ".mjs", ".go", ".py", ".rs"];

/** Names the rule that a file breaks, if it does. */
export function tooLong(path: string, text: string): string | undefined {
  const kind = isTest(path) ? "test" : "source";
  const lines = text.split("\n").length - 1;
  return lines > MAX_LINES[kind]
    ? `${path} has ${lines} lines: a ${kind} file may have ${MAX_LINES[kind]}`
    : undefined;
}

if (import.meta.main) {
  let failed = false;
  for (const path of await projectFiles(EXTENSIONS)) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const complaint = tooLong(path, text);
    if (complaint === undefined) continue;
    console.error(complaint);
    failed = true;
  }
  Deno.exit(failed ? 1 : 0);
}
