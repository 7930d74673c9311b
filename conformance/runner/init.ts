/**
 * Writes templates of adapters: programs in several languages that read and write the first kind of message,
 * and answer every other command with `skipped`.
 *
 * @module
 */

import { CORPUS } from "./cases/corpus.ts";
import {
  type Template,
  type TemplateLanguage,
  TEMPLATES,
  workflow,
} from "./templates.ts";

/** The file that is the same in every language. */
const KNOWN = "known.json";

/**
 * Writes a template to a folder, which is created if it does not exist. Needs permission to read and write
 * there, and to read this package.
 *
 * @returns The paths of the files.
 * @throws {Error} If one of the files exists; then nothing is written.
 */
export async function writeTemplate(
  language: TemplateLanguage,
  folder: string,
): Promise<string[]> {
  const template: Template = TEMPLATES[language];
  const sources = template.files.map((name) => [name, `${language}/${name}`]);
  const files = await Promise.all(
    [...sources, [KNOWN, KNOWN]].map(async ([name, from]) => ({
      path: `${folder}/${name}`,
      text: await read(from!),
    })),
  );
  files.push(
    {
      path: `${folder}/.gitignore`,
      text: [...template.ignored, "/conformance.md", ""].join("\n"),
    },
    {
      path: `${folder}/.github/workflows/conformance.yml`,
      text: workflow(template, CORPUS.version),
    },
  );
  for (const { path } of files) {
    if (await exists(path)) {
      throw new Error(
        `${path} exists, wanted a folder without it`,
      );
    }
  }
  for (const { path, text } of files) {
    const above = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(above, { recursive: true });
    await Deno.writeTextFile(path, text, { createNew: true });
  }
  return files.map(({ path }) => path);
}

async function read(name: string): Promise<string> {
  const from = new URL(`../implementations/templates/${name}`, import.meta.url);
  return await (await fetch(from)).text();
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
