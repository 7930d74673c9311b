/**
 * How Deno lays out a JSR package in vendor/, and how the std packages, which
 * npm has as folders of plain JavaScript, are brought into that layout:
 *
 *     vendor/jsr.io/@std/NAME/meta.json           which versions there are
 *     vendor/jsr.io/@std/NAME/VERSION_meta.json   exports, sizes, checksums
 *     vendor/jsr.io/@std/NAME/VERSION/...         the files
 *
 * @module
 */

/** A std package as deno.json requires it. */
export interface Requirement {
  /** The name on JSR without the scope: `data-structures`. */
  name: string;
  /** The range of versions: `^1.0.13`. */
  range: string;
}

/** The files of one package: path from the package's own folder to text. */
export type Files = Map<string, string>;

/** A std package as vendor/ holds it. */
export interface Package {
  /** What JSR calls an entry (`./equals`), and the file that holds it. */
  exports: Record<string, string>;
  files: Files;
  /** The other std packages it imports. */
  needs: Set<string>;
}

/** Finds the std packages among the imports of a deno.json. */
export function requirements(imports: Record<string, string>): Requirement[] {
  return Object.values(imports).flatMap((specifier) => {
    const [, name, range] = /^jsr:@std\/([^@/]+)@([^/]+)/.exec(specifier) ?? [];
    return name && range ? [{ name, range }] : [];
  });
}

/** Whether a version lies in a range such as `^1.0.13`, the only supported kind. */
export function satisfies(version: string, range: string): boolean {
  const [, major, minor = "0", patch = "0"] =
    /^\^([1-9]\d*)(?:\.(\d+))?(?:\.(\d+))?$/.exec(range) ?? [];
  const [a, b, c] = version.split(".");
  return a === major &&
    (Number(b) - Number(minor) || Number(c) - Number(patch)) >= 0;
}

/** The name under which JSR exports a file of a std package, if it does. */
export function exportName(path: string): string | undefined {
  if (path.split("/").some((part) => part.startsWith("_"))) return undefined;
  const stem = path.replace(/\.js$/, "").replace(/(^|\/)mod$/, "");
  return stem === "" ? "." : `./${stem.replaceAll("_", "-")}`;
}

/** The folder of vendor/ that stands for a registry. */
export function vendorFolder(registry: URL): string {
  const { protocol, host } = registry;
  return (protocol === "https:" ? "" : "http_") + host.replace(":", "_");
}

/**
 * The name a file gets in vendor/. Deno finds a name of more than 30 bytes
 * there only by its hash in a separate list, so such a name is cut.
 */
function vendorName(path: string): string {
  return path.replace(/([^/]{26})[^/]*\.js$/, "$1.js");
}

/**
 * Turns the files of one npm folder, in which imports of another package are
 * relative paths (`../internal/format.js`), into a package that imports the
 * other by its name on JSR.
 */
export function toJsr(
  folder: string,
  version: string,
  files: Files,
): Package {
  const made: Package = { exports: {}, files: new Map(), needs: new Set() };
  // Lines that begin with the keyword or the end of its list are code; the
  // examples in doc comments begin with an asterisk and stay as they are.
  const imports = /^((?:import|export|\}).*from ")(\.\.?\/[^"]+)"/gm;
  for (const [path, text] of files) {
    const target = vendorName(path);
    if (made.files.has(target)) {
      throw new Error(`Cannot name ${folder}/${path}: ${target} is taken`);
    }
    const name = exportName(path);
    if (name !== undefined) made.exports[name] = `./${target}`;
    const resolve = (specifier: string) => {
      const { pathname } = new URL(specifier, `file:///${folder}/${path}`);
      const [, home = "", ...rest] = pathname.split("/");
      if (home === folder) return vendorName(specifier);
      const need = home.replaceAll("_", "-");
      const entry = exportName(rest.join("/"));
      if (entry === undefined) {
        throw new Error(
          `Cannot rewrite ${folder}/${path}: it imports ${specifier}, which ` +
            `@std/${need} does not export`,
        );
      }
      made.needs.add(need);
      return `jsr:@std/${need}@${version}${entry.slice(1)}`;
    };
    made.files.set(
      target,
      text
        .replace(imports, (_, start, to) => `${start}${resolve(to)}"`)
        // To TypeScript every parameter of a JavaScript function is optional,
        // but not when a tag without a type documents it.
        .replace(/^( *\* )@param /gm, "$1"),
    );
  }
  return made;
}

/** Makes the VERSION_meta.json of a package: its exports and checksums. */
export async function versionMeta({ exports, files }: Package): Promise<{
  exports: Record<string, string>;
  manifest: Record<string, { size: number; checksum: string }>;
}> {
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const [path, text] of files) {
    const bytes = new TextEncoder().encode(text);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    manifest[`/${path}`] = {
      size: bytes.length,
      checksum: `sha256-${new Uint8Array(digest).toHex()}`,
    };
  }
  return { exports, manifest };
}
