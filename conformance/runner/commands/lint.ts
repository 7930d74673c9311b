/**
 * The command that looks for what is wrong in the corpus.
 *
 * @module
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { lint, type LintOptions } from "../lint/lint.ts";
import type { Manifest } from "../cases/manifest.ts";
import { parseArguments } from "./_arguments.ts";
import { type Command, messageOf, UsageError } from "./_command.ts";

/** Looks at the corpus. */
export const lintCommand: Command = {
  name: "lint",
  summary: "look for what is wrong in the corpus",
  help: `Usage: lint [DIR] [options]

Looks at the files in DIR/corpus and at the lists in DIR/implementations/known, those of this checkout when there is no DIR,
and prints what is wrong, each with the file and a JSON pointer.

  --previous FILE        the manifest of the version before, whose identifiers must still be there

Exit status: 0 nothing is wrong; 1 something is.`,
  async run(args, { out }) {
    const { text: { previous }, words: [folder] } = parseArguments(args, {
      text: ["previous"],
      words: { least: 0, most: 1 },
    });
    const options: LintOptions = {
      ...folder === undefined
        ? {}
        : { folder: pathToFileURL(`${resolve(folder)}/`) },
      ...previous === undefined
        ? {}
        : { previous: await readManifest(previous) },
    };
    const findings = await lint(options);
    for (const { path, pointer, message } of findings) {
      out(`${path}${pointer}: ${message}\n`);
    }
    return findings.length === 0 ? 0 : 1;
  },
};

async function readManifest(path: string): Promise<Manifest> {
  try {
    const manifest = JSON.parse(await Deno.readTextFile(path)) as Manifest;
    if (Array.isArray(manifest.ids)) return manifest;
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${messageOf(error)}`);
  }
  throw new UsageError(`Cannot read ${path}: it is no manifest`);
}
