/**
 * Adapters that are programs.
 *
 * @module
 */

import { AdapterError, type Implementation } from "../implementation.ts";
import { readLines } from "./_lines.ts";
import { AdapterClient, type AdapterOptions } from "./adapter_client.ts";

/** How many lines of its standard error are kept. */
const KEPT = 12;

/**
 * Starts an adapter: a program and its arguments, parted by spaces, in quotes where there are spaces in
 * them. Needs permission to run it.
 *
 * @throws {AdapterError} When it cannot be started.
 */
export function startAdapter(
  command: string,
  options: AdapterOptions = {},
): Promise<Implementation> {
  const [program, ...args] = words(command);
  if (program === undefined) {
    return Promise.reject(
      new AdapterError("Cannot start an adapter: the command is empty"),
    );
  }
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    return Promise.reject(
      new AdapterError(
        `Cannot start the adapter ${program}: ${
          cause instanceof Error ? cause.message : cause
        }`,
        { cause },
      ),
    );
  }
  const kept: string[] = [];
  const heard = keep(child.stderr, kept);
  return Promise.resolve(
    new AdapterClient({
      readable: child.stdout,
      writable: child.stdin,
      gone: child.status.then(async ({ code, signal }) => {
        await heard;
        return signal === null
          ? `it exited with status ${code}`
          : `it was ended by ${signal}`;
      }),
      lastWords: () => kept,
      kill() {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has gone already.
        }
      },
      pid: child.pid,
    }, options),
  );
}

/** Keeps the last lines of a stream. */
async function keep(
  readable: ReadableStream<Uint8Array>,
  kept: string[],
): Promise<void> {
  for await (const line of readLines(readable)) {
    if (line.trim() === "") continue;
    kept.push(line);
    if (kept.length > KEPT) kept.shift();
  }
}

/** Parts a command into words as a shell does, quotes included, and nothing else of a shell. */
export function words(command: string): string[] {
  const found = command.matchAll(
    /(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+/g,
  );
  return Array.from(
    found,
    ([word]) =>
      word.replace(
        /"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
        (_, double: string | undefined, single: string | undefined) =>
          double?.replace(/\\(.)/g, "$1") ?? single ?? "",
      ),
  );
}
