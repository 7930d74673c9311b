/**
 * Writes templates of adapters: files for several languages that answer every command, most of them with
 * `skipped`.
 *
 * @module
 */

/** The files of each template, below `implementations/templates/LANGUAGE/`. */
export const TEMPLATES = {
  deno: ["adapter.ts"],
  go: ["go.mod", "main.go"],
  node: ["adapter.mjs"],
  python: ["adapter.py"],
  rust: ["Cargo.toml", "src/main.rs"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A language for which there is a template. */
export type TemplateLanguage = keyof typeof TEMPLATES;

/** Returns whether there is a template for a language. */
export function isTemplateLanguage(
  language: string,
): language is TemplateLanguage {
  return Object.hasOwn(TEMPLATES, language);
}

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
  const files = await Promise.all(
    TEMPLATES[language].map(async (name) => {
      const from = new URL(
        `../implementations/templates/${language}/${name}`,
        import.meta.url,
      );
      const text = await (await fetch(from)).text();
      return { path: `${folder}/${name}`, text };
    }),
  );
  for (const { path } of files) {
    if (await exists(path)) {
      throw new Error(
        `Cannot write the adapter: ${path} exists, wanted a folder without it`,
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

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
