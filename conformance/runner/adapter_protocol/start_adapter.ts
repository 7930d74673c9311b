/**
 * Adapters that are programs.
 *
 * @module
 */

import { AdapterError, type Implementation } from "../implementation.ts";
import { readLines } from "./lines.ts";
import { AdapterClient, type AdapterOptions } from "./adapter_client.ts";

/** How many lines of standard error are kept. */
const KEPT = 12;

/**
 * Starts an adapter: a program and its arguments, separated by spaces, and quoted where they contain
 * spaces. Needs permission to run the program.
 *
 * @throws {AdapterError} If the program cannot be started.
 */
export function startAdapter(
  command: string,
  options: AdapterOptions & {
    /** What its environment has besides. */
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Implementation> {
  const [program, ...args] = words(command);
  if (program === undefined) {
    return Promise.reject(
      new AdapterError("Cannot start an adapter: the command is empty"),
    );
  }
  const [unclosed] = command.replace(QUOTED, "").match(/["'].*/s) ?? [];
  if (unclosed !== undefined) {
    return Promise.reject(
      new AdapterError(
        `Cannot start an adapter: a quote is not closed in ${unclosed}`,
      ),
    );
  }
  const isWindows = Deno.build.os === "windows";
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      env: options.env ?? {},
      // In a process group of its own, so that it is ended with all that it has started.
      detached: !isWindows,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    return Promise.reject(
      new AdapterError(
        `Cannot start the adapter ${program}: ${whyNotStarted(program, cause)}`,
        { cause },
      ),
    );
  }
  const kept: string[] = [];
  const cancelled = new AbortController();
  const stderrRead = keep(child.stderr, kept, cancelled.signal);
  return Promise.resolve(
    new AdapterClient({
      readable: child.stdout,
      writable: child.stdin,
      exited: child.status.then(async ({ code, signal }) => {
        await stderrRead;
        return signal === null
          ? `it exited with status ${code}`
          : `it was ended by ${signal}`;
      }),
      stderrTail: () => kept,
      kill() {
        try {
          if (isWindows) child.kill("SIGKILL");
          else killGroup(child);
        } catch {
          // It has exited already.
        }
      },
      cancelStderr: () => cancelled.abort(),
      pid: child.pid,
    }, options),
  );
}

/** Returns why a program has not been started; the runtime's own text names the file that it has tried. */
function whyNotStarted(program: string, cause: unknown): string {
  return cause instanceof Deno.errors.NotFound && !/[/\\]/.test(program)
    ? "there is no such program in PATH"
    : cause instanceof Error
    ? cause.message
    : String(cause);
}

/** Text in quotes. */
const QUOTED = /"((?:[^"\\]|\\.)*)"|'([^']*)'/g;

/** Whether this program has said that it ends adapters alone. */
let hasSaidAlone = false;

/**
 * Ends a program with all that it has started; without the permission to run every program, which that needs,
 * the program alone, and says so once.
 */
function killGroup(child: Deno.ChildProcess): void {
  try {
    Deno.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    if (!hasSaidAlone) {
      console.warn(
        "Adapters are ended without what they have started: to end that too needs --allow-run without a list",
      );
    }
    hasSaidAlone = true;
    child.kill("SIGKILL");
  }
}

/** Keeps the last lines of a stream. */
async function keep(
  readable: ReadableStream<Uint8Array>,
  kept: string[],
  signal: AbortSignal,
): Promise<void> {
  for await (const line of readLines(readable, signal)) {
    if (line.trim() === "") continue;
    kept.push(line);
    if (kept.length > KEPT) kept.shift();
  }
}

/** Splits a command into words as a shell does, quotes included, without other features of a shell. */
export function words(command: string): string[] {
  const found = command.matchAll(
    /(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+/g,
  );
  return Array.from(
    found,
    ([word]) =>
      word.replace(
        QUOTED,
        (_, double: string | undefined, single: string | undefined) =>
          double?.replace(/\\(.)/g, "$1") ?? single ?? "",
      ),
  );
}
