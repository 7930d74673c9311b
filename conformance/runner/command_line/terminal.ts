/**
 * The terminal of this process.
 *
 * @module
 */

import type { Terminal } from "./command.ts";

/** The exit status if nobody reads what is written: that of a shell for the signal. */
const BROKEN_PIPE = 141;

/** Returns the terminal of this process. The first interrupt aborts its signal, the second ends the process. */
export function processTerminal(): Terminal {
  const interrupted = new AbortController();
  const interrupt = () => {
    Deno.removeSignalListener("SIGINT", interrupt);
    interrupted.abort();
  };
  Deno.addSignalListener("SIGINT", interrupt);
  const encoder = new TextEncoder();
  const writer = (stream: { writeSync(bytes: Uint8Array): number }) => {
    return (text: string) => {
      let bytes = encoder.encode(text);
      try {
        while (bytes.length > 0) {
          bytes = bytes.subarray(stream.writeSync(bytes));
        }
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) Deno.exit(BROKEN_PIPE);
        throw error;
      }
    };
  };
  const err = writer(Deno.stderr);
  return {
    out: writer(Deno.stdout),
    err,
    progress: Deno.stderr.isTerminal()
      ? (line) => err(`\r\x1b[2K${line}`)
      : undefined,
    signal: interrupted.signal,
  };
}
