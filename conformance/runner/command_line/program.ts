/**
 * How this program is started.
 *
 * @module
 */

const MAIN = new URL("../../main.ts", import.meta.url);

/** Whether the suite is on disk, as in a checkout, and not in the cache of a registry. */
export const IS_ON_DISK: boolean = MAIN.protocol === "file:";

/** The words that start the program on a command line. */
export const PROGRAM: readonly string[] = ["deno", "run", "-A", nameOf(MAIN)];

function nameOf({ protocol, href }: URL): string {
  if (protocol === "file:") return "conformance/main.ts";
  const [, version] = /\/@gotalk\/conformance\/([^/]+)\/main\.ts$/.exec(href) ??
    [];
  return version === undefined
    ? href
    : `jsr:@gotalk/conformance@${version}/cli`;
}
