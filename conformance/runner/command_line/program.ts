/**
 * How this program is started.
 *
 * @module
 */

const MAIN = new URL("../../main.ts", import.meta.url);

/** The variable in which the package for npm passes the words that start it. */
const COMMAND_VARIABLE = "GOTALK_CONFORMANCE_COMMAND";

/** Whether the suite is on disk as in a checkout, and not in the cache of a registry or in a package. */
export const IS_ON_DISK: boolean = MAIN.protocol === "file:" &&
  environment(COMMAND_VARIABLE) === undefined;

/** Returns the words that start the program on a command line, in the current folder. */
export function programWords(): readonly string[] {
  const command = environment(COMMAND_VARIABLE);
  if (command !== undefined) return command.split(" ");
  const npx = startedByNpx() ? ["npx", "-y"] : [];
  return [...npx, "deno", "run", "-A", nameOf(MAIN)];
}

/** Returns the path of a file of the suite, from the current folder if it is there; its address if it is remote. */
export function placeOf({ protocol, href, pathname }: URL): string {
  if (protocol !== "file:") return href;
  const folder = `${Deno.cwd()}/`;
  const path = decodeURIComponent(pathname);
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

function nameOf(main: URL): string {
  const { protocol, href } = main;
  if (protocol === "file:") return placeOf(main);
  const [, version] = /\/@gotalk\/conformance\/([^/]+)\/main\.ts$/.exec(href) ??
    [];
  return version === undefined
    ? href
    : `jsr:@gotalk/conformance@${version}/cli`;
}

/** The folder in which the user has started the task that runs this program; `undefined` without one. */
export function startFolder(): string | undefined {
  return environment("INIT_CWD");
}

/** Returns whether `npx` has started Deno, which is then not on the path elsewhere. */
function startedByNpx(): boolean {
  return environment("npm_command") === "exec";
}

/** Returns a variable of the environment; `undefined` also without permission to read it. */
function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}
