/**
 * The command `lint`.
 *
 * @module
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isCheckout, type Manifest } from "../cases/manifest.ts";
import { lint } from "../lint/lint.ts";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";
import { IS_ON_DISK } from "../command_line/program.ts";
import { printable } from "../printable.ts";

/** Checks the corpus. */
export const lintCommand: Command = {
  name: "lint",
  summary: "check the corpus, for people who change it",
  help: `Usage: lint [DIR] [options]

Checks the corpus in DIR/corpus, and the lists of known failures in DIR/implementations/known if there
are any (default for DIR: this checkout). Prints each finding with its file and a JSON pointer.

Only a checkout of the project has the annotated protocol; elsewhere, the statements in the corpus are
not compared with it.

Options:
  --previous FILE        Check that all identifiers in FILE, the manifest of the previous version, still exist

Exit status: 0 if there are no findings; 1 if there are; 2 if the arguments are wrong.`,
  async run(args, { out, err }) {
    const { text: { previous }, words: [folder] } = parseArguments(args, {
      text: ["previous"],
      words: { least: 0, most: 1 },
    });
    if (folder === undefined && !IS_ON_DISK) {
      throw new UsageError(
        "this copy of the suite is not on disk: name a DIR that the command copy has written",
      );
    }
    const page = await isCheckout();
    if (!page) {
      err("The annotated protocol is not here: statements are not checked\n");
    }
    const findings = await lint({
      page,
      ...folder === undefined
        ? {}
        : { folder: pathToFileURL(`${resolve(folder)}/`) },
      ...previous === undefined
        ? {}
        : { previous: await readManifest(previous) },
    });
    for (const { path, pointer, message } of findings) {
      out(`${printable(`${path}${pointer}: ${message}`)}\n`);
    }
    return findings.length === 0 ? 0 : 1;
  },
};

async function readManifest(path: string): Promise<Manifest> {
  try {
    const manifest = JSON.parse(await Deno.readTextFile(path)) as Manifest;
    if (Array.isArray(manifest.ids)) return manifest;
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
  throw new UsageError(`cannot read ${path}: it is not a manifest`);
}
