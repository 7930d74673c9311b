/**
 * What programs share that build something in a folder.
 *
 * @module
 */

import { resolve } from "node:path";
import { runDeno } from "./_steps.ts";

/** Thrown if nothing can be built; the message says why. */
class BuildFailure extends Error {
  override readonly name = "BuildFailure";
}

/** Runs `deno`, which has to succeed. */
export async function needDeno(...args: readonly string[]): Promise<void> {
  const { success, output } = await runDeno(args);
  if (!success) throw new BuildFailure(output.trim());
}

/** Creates a folder, unless it exists. */
export async function createFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    // What exists may be a file.
    for await (const _ of Deno.readDir(folder)) break;
  } catch (error) {
    const { message } = error as Error;
    throw new BuildFailure(`Cannot build in ${folder}: ${message}`);
  }
}

/** Creates a folder; one that exists must be empty. */
export async function createEmptyFolder(folder: string): Promise<void> {
  await createFolder(folder);
  for await (const { name } of Deno.readDir(folder)) {
    throw new BuildFailure(`Cannot build in ${folder}: it contains ${name}`);
  }
}

/**
 * Builds in the folder that the only argument of the program names, and prints
 * what was built. Prints the help text, and ends the program, if there is no such
 * argument.
 *
 * @param build Builds in a folder, and returns what it has built.
 */
export async function buildInFolder(
  help: string,
  build: (folder: string) => Promise<string>,
): Promise<void> {
  const [folder, ...others] = Deno.args;
  if (folder === undefined || others.length > 0 || folder.startsWith("-")) {
    const isWanted = folder === "--help" || folder === "-h";
    (isWanted ? console.log : console.error)(help);
    Deno.exit(isWanted ? 0 : 2);
  }
  try {
    console.log(`Built ${await build(resolve(folder))} in ${folder}`);
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
