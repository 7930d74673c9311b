/**
 * Builds the command in a folder: `deno task command FOLDER`. It is two files, of
 * which the first starts fast, since it has only what requests, notifications and
 * listening need.
 *
 * @module
 */

import { buildInFolder, createFolder, needDeno } from "./_built_folder.ts";

const HELP = `Builds the command in two files, gotalk.js and gotalk_all.js.

Usage: deno task command FOLDER

Install it by: deno install -gA -n gotalk FOLDER/gotalk.js`;

/** The sources of the files. */
const FILES = {
  "gotalk.js": "cli/quick/main.ts",
  "gotalk_all.js": "cli/main.ts",
} as const;

async function buildCommand(folder: string): Promise<string> {
  await createFolder(folder);
  for (const [name, source] of Object.entries(FILES)) {
    const options = ["--quiet", "--platform=deno", "--minify"];
    await needDeno("bundle", ...options, `--output=${folder}/${name}`, source);
  }
  return Object.keys(FILES).join(" and ");
}

if (import.meta.main) await buildInFolder(HELP, buildCommand);
