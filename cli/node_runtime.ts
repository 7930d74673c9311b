/**
 * What the command uses of its runtime, in Node. The package for npm has the
 * modules of the command import this in place of the runtime's namespace.
 *
 * @module
 */

import { createReadStream, readFileSync, writeSync } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import process from "node:process";
import { Readable, Writable } from "node:stream";
import { isatty } from "node:tty";
import { onceWritable } from "./_once_writable.ts";

/** A class that errors with a code of the system are instances of. */
function withCode(code: string) {
  return class extends Error {
    static override [Symbol.hasInstance](error: unknown): boolean {
      return (error as { code?: unknown } | null | undefined)?.code === code;
    }
  };
}

function output(descriptor: 1 | 2) {
  return {
    isTerminal: () => isatty(descriptor),
    get writable(): WritableStream<Uint8Array> {
      return Writable.toWeb(descriptor === 1 ? process.stdout : process.stderr);
    },
    writeSync: (bytes: Uint8Array): number =>
      onceWritable(() => writeSync(descriptor, bytes)),
  };
}

/** The members of the runtime's namespace that the command uses in Node. */
const runtime = {
  pid: process.pid,
  noColor: (process.env.NO_COLOR ?? "") !== "",
  stdin: {
    get readable(): ReadableStream<Uint8Array> {
      return Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
    },
  },
  stdout: output(1),
  stderr: output(2),
  errors: {
    BrokenPipe: withCode("EPIPE"),
    NotFound: withCode("ENOENT"),
  },
  consoleSize: () => {
    const { columns, rows } = process.stdout;
    if (columns === undefined) throw new Error("there is no terminal");
    return { columns, rows };
  },
  addSignalListener: (signal: string, listener: () => void) =>
    void process.on(signal, listener),
  removeSignalListener: (signal: string, listener: () => void) =>
    void process.off(signal, listener),
  kill: (pid: number, signal: string) => void process.kill(pid, signal),
  readFile: (path: string) => readFile(path),
  readTextFile: (path: string) => readFile(path, "utf8"),
  readTextFileSync: (path: string) => readFileSync(path, "utf8"),
  stat: (path: string) => stat(path),
  open: async (path: string) => {
    // So that a missing file is an error here.
    await (await open(path)).close();
    return { readable: Readable.toWeb(createReadStream(path)) };
  },
};

export { runtime as Deno };

/** What needs Deno: subcommands, and options of others. */
const NEEDS_DENO: Readonly<Record<string, readonly string[]>> = {
  tap: [],
  conformance: [],
  serve: ["--exec"],
};

/** Returns what of the arguments needs Deno; `undefined` if all of them work in Node. */
export function needsDeno(
  [name = "", ...args]: readonly string[],
): string | undefined {
  const end = args.indexOf("--");
  const options = (end < 0 ? args : args.slice(0, end))
    .map((arg) => arg.split("=")[0]!);
  if (options.includes("--help") || options.includes("-h")) return undefined;
  const needing = Object.hasOwn(NEEDS_DENO, name)
    ? NEEDS_DENO[name]
    : undefined;
  if (needing?.length === 0) return `gotalk ${name}`;
  return options.find((option) =>
    option === "--insecure" || needing?.includes(option)
  );
}
