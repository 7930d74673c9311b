/**
 * The files of the project, as the gates look at them.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** The folder of the project. */
export const ROOT: URL = new URL("../", import.meta.url);

/**
 * Lists the files of the project that end in one of some extensions, sorted by
 * path. Hidden folders and those that `deno.json` excludes are left out.
 */
export async function projectFiles(
  extensions: readonly string[],
  folder = "",
): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = folder + entry.name;
    if (entry.name.startsWith(".") || isExcluded(path)) continue;
    if (entry.isDirectory) {
      files.push(...await projectFiles(extensions, `${path}/`));
    } else if (extensions.some((extension) => path.endsWith(extension))) {
      files.push(path);
    }
  }
  return files.sort();
}

function isExcluded(path: string): boolean {
  // Package managers fill these, below the packages of the corpus too.
  return config.exclude.includes(path) ||
    /\/(node_modules|target)$/.test(path);
}

/** Whether a file is a test or a benchmark, or lies in a room of what they use. */
export function isTest(path: string): boolean {
  return /_(test|bench)\.[a-z]+$|(^|\/)testing\//.test(path);
}
