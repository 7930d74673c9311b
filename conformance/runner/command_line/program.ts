/**
 * How this program is started.
 *
 * @module
 */

const MAIN = new URL("../../main.ts", import.meta.url);

/** Whether the suite is on disk, as in a checkout, and not in the cache of a registry. */
export const IS_ON_DISK: boolean = MAIN.protocol === "file:";

/** Returns the words that start the program on a command line, in the current folder. */
export function programWords(): readonly string[] {
  const npx = startedByNpx() ? ["npx", "-y"] : [];
  return [...npx, "deno", "run", "-A", nameOf(MAIN)];
}

function nameOf({ protocol, href, pathname }: URL): string {
  if (protocol === "file:") {
    const folder = `${Deno.cwd()}/`;
    const path = decodeURIComponent(pathname);
    return path.startsWith(folder) ? path.slice(folder.length) : path;
  }
  const [, version] = /\/@gotalk\/conformance\/([^/]+)\/main\.ts$/.exec(href) ??
    [];
  return version === undefined
    ? href
    : `jsr:@gotalk/conformance@${version}/cli`;
}

/** Returns whether `npx` has started Deno, which is then not on the path elsewhere. */
function startedByNpx(): boolean {
  try {
    return Deno.env.get("npm_command") === "exec";
  } catch {
    return false;
  }
}
