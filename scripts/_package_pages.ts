/**
 * Puts pages of the project into a package, where their links have to lead to what is there.
 *
 * @module
 */

import { posix } from "node:path";
import { ROOT } from "./_project_files.ts";

/** Copies pages to the folder of a package, by their paths in it and in the project. */
export async function copyPages(
  folder: string,
  pages: Readonly<Record<string, string>>,
): Promise<void> {
  const targets = new Map(
    Object.entries(pages).map(([target, source]) => [source, target]),
  );
  for (const [target, source] of Object.entries(pages)) {
    const text = await Deno.readTextFile(new URL(source, ROOT));
    const path = `${folder}/${target}`;
    await Deno.mkdir(posix.dirname(path), { recursive: true });
    await Deno.writeTextFile(path, withLinks(text, source, target, targets));
  }
}

/**
 * Returns the text of a page with its relative links as they are in a package: a link to another page leads
 * there, and one to a file that the package does not have becomes its text.
 *
 * @param source The path of the page in the project.
 * @param target Its path in the package.
 * @param targets The paths of all pages in the package, by those in the project.
 */
export function withLinks(
  text: string,
  source: string,
  target: string,
  targets: ReadonlyMap<string, string>,
): string {
  const from = posix.dirname(target);
  const rewrite = (whole: string, label: string, path: string, hash = "") => {
    if (path === "" || /^[a-z]+:/.test(path)) return whole;
    const wanted = posix.join(posix.dirname(source), path)
      .replace(/\/$/, "");
    const found = targets.get(wanted) ?? targets.get(`${wanted}/README.md`);
    if (found === undefined) return label;
    return `[${label}](${posix.relative(from, found)}${hash})`;
  };
  return text.split(/(^ *```[^]*?^ *```$)/m).map((part, index) =>
    // Every other part is a block of code.
    index % 2 === 1
      ? part
      : part.replace(/\[([^\[\]]+)\]\(([^()\s#]*)(#[^()\s]*)?\)/g, rewrite)
  ).join("");
}
