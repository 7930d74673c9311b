/**
 * The command that copies the corpus.
 *
 * @module
 */

import manifest from "../../corpus/manifest.json" with { type: "json" };
import { parseArguments } from "./_arguments.ts";
import { type Command, messageOf, UsageError } from "./_command.ts";

/** What goes along with the files that the manifest lists; it has no hashes. */
const BESIDE = [
  "corpus/LICENSE",
  "corpus/README.md",
  "corpus/manifest.json",
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

Writes the files of the corpus to DIR/corpus and their schemas to DIR/corpus/schema, byte by byte, and
checks them against the hashes in the manifest. Files that are there already are overwritten.`,
  async run(args, { out }) {
    const { words: [folder] } = parseArguments(args, {
      words: { least: 1, most: 1 },
    });
    const listed = [...manifest.files, manifest.statements];
    for (const { path, sha256 } of listed) {
      await copyFile(`corpus/${path}`, folder!, sha256);
    }
    for (const path of BESIDE) await copyFile(path, folder!);
    out(
      `${
        listed.length + BESIDE.length
      } files of corpus ${manifest.version} are in ${folder}\n`,
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
      `Cannot copy ${path}: the status is ${response.status}, wanted 200`,
    );
  }
  const bytes = await response.bytes();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  if (wanted !== undefined && hash.toHex() !== wanted) {
    throw new Error(
      `Cannot copy ${path}: its SHA-256 is ${hash.toHex()}, wanted ${wanted}`,
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
