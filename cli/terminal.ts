/**
 * The terminal of this process.
 *
 * @module
 */

import { escapeText } from "../quoting/quote.ts";

/** Where a subcommand writes, and what interrupts it. */
export interface Terminal {
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Whether standard output may have colours. */
  readonly hasColors: boolean;
  /** The width of the terminal, in columns; 80 if it is none. */
  readonly columns: number;
  /** Writes a result: text, or bytes as they are. */
  readonly out: (data: string | Uint8Array) => void;
  /** Writes a remark or an error as one line. */
  readonly note: (line: string) => void;
  /**
   * Aborted by an interrupt (Ctrl-C), a request to terminate, the end of the
   * terminal, or once nobody reads
   * standard output, with an {@linkcode Interrupted} as its reason.
   */
  readonly signal: AbortSignal;
}

/** The reason of an interrupt. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** The exit status that shells have for the signal. */
  readonly status: number;

  /** Creates the reason for a signal. */
  constructor(status: number) {
    super("interrupted");
    this.status = status;
  }
}

/** The exit status if nobody reads what is written: that of a shell for the signal. */
const BROKEN_PIPE = 141;

/** The signals that interrupt, and the exit statuses that shells have for them. */
export const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** What Linux tells of this process: the signals that it ignores, as bits in hexadecimal. */
const IGNORED = /^SigIgn:\t[\da-f]*([\da-f])$/m;

/**
 * Returns the terminal of this process. The first signal aborts, the second ends
 * the process.
 *
 * @param listens Whether it listens for signals. If not, the first ends the process.
 */
export function processTerminal(listens: boolean): Terminal & Disposable {
  const isTerminal = Deno.stdout.isTerminal();
  const encoder = new TextEncoder();
  const interrupts = new Interrupts();
  if (listens) interrupts.listen();
  const write = (
    stream: { writeSync(bytes: Uint8Array): number },
    data: string | Uint8Array,
  ) => {
    let bytes = typeof data === "string" ? encoder.encode(data) : data;
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  };
  return {
    isTerminal,
    hasColors: isTerminal && !Deno.noColor,
    columns: columns(isTerminal),
    out(data) {
      try {
        write(Deno.stdout, data);
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) {
          interrupts.abort(BROKEN_PIPE);
        }
        throw error;
      }
    },
    note(line) {
      write(Deno.stderr, `${escapeText(line).replaceAll("\n", " ")}\n`);
    },
    signal: interrupts.signal,
    [Symbol.dispose]: () => interrupts[Symbol.dispose](),
  };
}

/** Listens for signals, until the first one or until it is disposed of. */
class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  readonly #listeners = new Map<Deno.Signal, () => void>();

  listen(): void {
    for (const [name, status] of Object.entries(SIGNALS)) {
      if (name === "SIGHUP" && ignoresHangup()) continue;
      const interrupt = () => this.abort(status);
      this.#listeners.set(name as Deno.Signal, interrupt);
      Deno.addSignalListener(name as Deno.Signal, interrupt);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts the signal, once. */
  abort(status: number): void {
    this[Symbol.dispose]();
    this.#controller.abort(new Interrupted(status));
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) {
      Deno.removeSignalListener(name, listener);
    }
    this.#listeners.clear();
  }
}

/** Whether this process outlives its terminal, as `nohup` wants it; a listener would end that. */
function ignoresHangup(): boolean {
  try {
    const [, last = "0"] =
      IGNORED.exec(Deno.readTextFileSync("/proc/self/status")) ?? [];
    return (parseInt(last, 16) & 1) === 1;
  } catch {
    return false; // This is not Linux, or the file may not be read.
  }
}

function columns(isTerminal: boolean): number {
  try {
    return isTerminal ? Deno.consoleSize().columns : 80;
  } catch {
    return 80; // A terminal without a size.
  }
}

/** Never resolves, and rejects with the reason of the interrupt. */
export function untilInterrupted({ signal }: Terminal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {/* Raced, or awaited later. */});
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), {
    once: true,
  });
  return promise;
}
