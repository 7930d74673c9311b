/**
 * The command `copy`.
 *
 * @module
 */

import manifest from "../../corpus/manifest.json" with { type: "json" };
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";

/** The files that are copied besides those that the manifest lists with their hashes. */
const UNLISTED = [
  "corpus/LICENSE",
  "corpus/README.md",
  "corpus/manifest.json",
  "corpus/schema/README.md",
  "corpus/schema/codec.schema.json",
  "corpus/schema/common.schema.json",
  "corpus/schema/manifest.schema.json",
  "corpus/schema/session.schema.json",
  "corpus/schema/statements.schema.json",
];

/** Copies the corpus to a folder. */
export const copyCommand: Command = {
  name: "copy",
  summary: "copy the files of the corpus to a folder",
  help: `Usage: copy DIR

Writes the files of the corpus to DIR/corpus, and their JSON Schemas to DIR/corpus/schema. Checks the
files against the hashes in the manifest. Overwrites existing files.`,
  async run(args, { out }) {
    const { words: [folder] } = parseArguments(args, {
      words: { least: 1, most: 1 },
    });
    const listed = [...manifest.files, manifest.statements];
    for (const { path, sha256 } of listed) {
      await copyFile(`corpus/${path}`, folder!, sha256);
    }
    for (const path of UNLISTED) await copyFile(path, folder!);
    out(
      `${
        listed.length + UNLISTED.length
      } files of corpus ${manifest.version} written to ${folder}\n`,
    );
    return 0;
  },
};

async function copyFile(
  path: string,
  folder: string,
  wanted?: string,
): Promise<void> {
  const response = await fetch(new URL(`../../${path}`, import.meta.url));
  if (!response.ok) {
    throw new Error(
      `Cannot copy ${path}: got status ${response.status}, wanted 200`,
    );
  }
  const bytes = await response.bytes();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  if (wanted !== undefined && hash.toHex() !== wanted) {
    throw new Error(
      `Cannot copy ${path}: got SHA-256 ${hash.toHex()}, wanted ${wanted}`,
    );
  }
  const target = `${folder}/${path}`;
  try {
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
      recursive: true,
    });
    await Deno.writeFile(target, bytes);
  } catch (error) {
    throw new UsageError(`cannot write ${target}: ${messageOf(error)}`);
  }
}
