/**
 * The terminal of this process.
 *
 * @module
 */

import type { Terminal } from "./command.ts";
import { BROKEN_PIPE, Interrupted, SIGNALS } from "./interrupted.ts";

/**
 * Returns the terminal of this process. The first interrupt aborts its signal, the second ends the process.
 * A reader that leaves, as `head` does, interrupts as well; what is written afterwards is discarded.
 */
export function processTerminal(): Terminal {
  const controller = new AbortController();
  const leave = () => controller.abort(new Interrupted(BROKEN_PIPE));
  const out = writer(Deno.stdout, leave);
  const err = writer(Deno.stderr, leave);
  listen(controller);
  const { signal } = controller;
  return Deno.stderr.isTerminal()
    ? { ...withProgress(out, err, columns), signal }
    : { out, err, signal };
}

/** Returns the width of the terminal. */
function columns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    // What is a terminal need not tell its size.
    return 80;
  }
}

/** Removes the last line, and returns to its beginning. */
const REMOVE_LINE = "\r\x1b[2K";

/**
 * Adds a line of progress to writers. Everything else that is written removes it first, so that it is never
 * left over, nor in front of other text.
 *
 * @param columns Returns the width of the terminal: a line that wraps could not be removed.
 */
export function withProgress(
  out: Terminal["out"],
  err: Terminal["err"],
  columns: () => number,
): Pick<Terminal, "out" | "err"> & {
  readonly progress: (line: string) => void;
} {
  let isShown = false;
  const remove = () => {
    if (isShown) err(REMOVE_LINE);
    isShown = false;
  };
  const after = (write: (text: string) => void) => (text: string) => {
    remove();
    write(text);
  };
  return {
    out: after(out),
    err: after(err),
    progress(line) {
      const shown = [...line].slice(0, columns() - 1).join("");
      remove();
      if (shown === "") return;
      err(shown);
      isShown = true;
    },
  };
}

/** Aborts at the first interrupt. */
function listen(controller: AbortController): void {
  const listeners = new Map<Deno.Signal, () => void>();
  for (const [name, status] of Object.entries(SIGNALS)) {
    // Windows has no other.
    if (Deno.build.os === "windows" && name !== "SIGINT") continue;
    const signal = name as Deno.Signal;
    listeners.set(signal, () => {
      for (const each of listeners) Deno.removeSignalListener(...each);
      controller.abort(new Interrupted(status));
    });
    Deno.addSignalListener(signal, listeners.get(signal)!);
  }
}

function writer(
  stream: { writeSync(bytes: Uint8Array): number },
  readerLeft: () => void,
): (text: string) => void {
  const encoder = new TextEncoder();
  let isRead = true;
  return (text) => {
    let bytes = encoder.encode(text);
    try {
      while (isRead && bytes.length > 0) {
        bytes = bytes.subarray(stream.writeSync(bytes));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      isRead = false;
      readerLeft();
    }
  };
}
