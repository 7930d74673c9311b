/**
 * Adapters that are programs, and the programs that tests need.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";
import type { AdapterLines } from "./_adapter.ts";

/** How long a program may take to end, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Finds the first of some programs that is there, by running it in a harmless way.
 *
 * Where none is, the tests that need it are to be skipped, which is said here: the result is
 * `undefined`. Only where the environment says `CI=true` it is the first one, so that they fail.
 */
export async function findProgram(
  candidates: readonly [string, ...string[]],
  ...harmless: string[]
): Promise<string | undefined> {
  for (const program of candidates) {
    try {
      await new Deno.Command(program, { args: harmless }).output();
      return program;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const [program] = candidates;
  if (Deno.env.get("CI") === "true") return program;
  console.warn(`There is no ${program}: the tests that need it are skipped`);
  return undefined;
}

/** Starts a program that is an adapter. */
export function processLines(
  program: string,
  args: string[] = [],
): AdapterLines {
  const process = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const commands = process.stdin.getWriter();
  const log = process.stderr.text();
  const encoder = new TextEncoder();
  return {
    received: process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()),
    send: (line) => commands.write(encoder.encode(`${line}\n`)),
    end: async () => {
      const timer = setTimeout(() => process.kill("SIGKILL"), PATIENCE);
      // It ends with its input; when it has ended before, its status tells.
      await commands.close().catch(() => {});
      const { code } = await process.status;
      clearTimeout(timer);
      const said = await log;
      if (code !== 0) {
        throw new Error(`The adapter ended with status ${code}:\n${said}`);
      }
    },
  };
}
