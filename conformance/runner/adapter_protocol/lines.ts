/**
 * Reads and writes lines of text in streams of bytes.
 *
 * @module
 */

/** The longest line that is read, in characters. */
const MAX_LINE = 256 * 1024 * 1024;

/**
 * Yields the lines of a stream, without their ends. Text after the last end is a line too.
 *
 * @param signal Ends the lines before the stream ends.
 */
export async function* readLines(
  readable: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of chunksOf(readable, signal)) {
    const [first = "", ...more] = decoder.decode(chunk, { stream: true })
      .split("\n");
    pieces.push(first);
    length += first.length;
    if (length > MAX_LINE) {
      throw new RangeError(
        `Cannot read a line: got more than ${MAX_LINE} characters`,
      );
    }
    for (const next of more) {
      yield withoutReturn(pieces.join(""));
      pieces = [next];
      length = next.length;
    }
  }
  const last = pieces.join("") + decoder.decode();
  if (last !== "") yield withoutReturn(last);
}

/** Yields the chunks of a stream, which is cancelled with the signal. */
async function* chunksOf(
  readable: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = readable.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal?.addEventListener("abort", cancel);
  if (signal?.aborted) cancel();
  try {
    for (let read; !(read = await reader.read()).done;) yield read.value;
  } finally {
    signal?.removeEventListener("abort", cancel);
    cancel();
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** Writes lines; those that are added while a write is in progress leave together. */
export class LineWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #written: Promise<void> | undefined;

  /** Creates a writer, which owns the stream from then on. */
  constructor(writable: WritableStream<Uint8Array>) {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {}); // `write` reports it.
  }

  /** Adds a line; resolves when it is written, and rejects if it cannot be. */
  write(line: string): Promise<void> {
    this.#waiting.push(line);
    return this.#written ??= this.#flush();
  }

  /** Ends the stream after all lines are written; never rejects. */
  async close(): Promise<void> {
    try {
      await this.#written;
      await this.#writer.close();
    } catch {
      // The other end is gone.
    }
  }

  async #flush(): Promise<void> {
    await Promise.resolve(); // Lines that are added in this turn leave with it.
    try {
      while (this.#waiting.length > 0) {
        const lines = this.#waiting;
        this.#waiting = [];
        await this.#writer.write(
          this.#encoder.encode(lines.join("\n") + "\n"),
        );
      }
    } finally {
      this.#written = undefined;
    }
  }
}
