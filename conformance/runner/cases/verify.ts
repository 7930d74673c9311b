/**
 * Compares the corpus on disk with its manifest.
 *
 * @module
 */

import manifest from "../../corpus/manifest.json" with { type: "json" };

/** The folder of the corpus. */
const CORPUS = new URL("../../corpus/", import.meta.url);

/**
 * Returns the files of the corpus that differ from the manifest; none if the corpus is not on disk, where a
 * registry has verified it.
 */
export async function changedFiles(folder: URL = CORPUS): Promise<string[]> {
  if (folder.protocol !== "file:") return [];
  const listed = [...manifest.files, manifest.statements];
  const same = await Promise.all(listed.map(async ({ path, sha256 }) => {
    const bytes = await Deno.readFile(new URL(path, folder));
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    return new Uint8Array(hash).toHex() === sha256;
  }));
  return listed.map(({ path }) => path).filter((_, at) => !same[at]);
}
