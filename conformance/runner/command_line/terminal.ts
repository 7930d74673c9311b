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
  const err = writer(Deno.stderr, leave);
  listen(controller);
  return {
    out: writer(Deno.stdout, leave),
    err,
    progress: Deno.stderr.isTerminal()
      ? (line) => err(`\r\x1b[2K${line}`)
      : undefined,
    signal: controller.signal,
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
