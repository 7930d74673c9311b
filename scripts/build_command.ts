/**
 * Builds the command in a folder: `deno task command FOLDER`. It is two files, of
 * which the first starts fast, since it has only what requests, notifications and
 * listening need.
 *
 * @module
 */

import { resolve } from "node:path";
import { runDeno } from "./_steps.ts";

const HELP = `Builds the command in two files, gotalk.js and gotalk_all.js.

Usage: deno task command FOLDER

Install it by: deno install -gA -n gotalk FOLDER/gotalk.js`;

/** The sources of the files. */
const FILES = {
  "gotalk.js": "cli/quick.ts",
  "gotalk_all.js": "cli/main.ts",
} as const;

async function buildCommand(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, source] of Object.entries(FILES)) {
    const { success, output } = await runDeno([
      "bundle",
      "--quiet",
      "--platform=deno",
      "--minify",
      `--output=${folder}/${name}`,
      source,
    ]);
    if (!success) throw new Error(output);
  }
}

if (import.meta.main) {
  const [folder, ...others] = Deno.args;
  if (folder === undefined || others.length > 0 || folder.startsWith("-")) {
    const wanted = folder === "--help" || folder === "-h";
    (wanted ? console.log : console.error)(HELP);
    Deno.exit(wanted ? 0 : 2);
  }
  await buildCommand(resolve(folder));
  console.log(`Built ${Object.keys(FILES).join(" and ")} in ${folder}`);
}
