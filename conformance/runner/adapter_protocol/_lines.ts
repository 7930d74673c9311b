/**
 * Lines of text out of chunks of bytes, and back.
 *
 * @module
 */

/** The longest line that is read, in characters. */
const LONGEST = 256 * 1024 * 1024;

/** The lines of a stream, without their ends. What stands behind the last end is a line too, unless it is empty. */
export async function* readLines(
  readable: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of readable) {
    const [first = "", ...more] = decoder.decode(chunk, { stream: true })
      .split("\n");
    pieces.push(first);
    length += first.length;
    if (length > LONGEST) {
      throw new RangeError(
        `Cannot read a line: it has more than ${LONGEST} characters`,
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

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** Writes lines, many at once when they come faster than they are taken. */
export class LineWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #written: Promise<void> | undefined;

  /** Creates a writer, to which the stream belongs from here on. */
  constructor(writable: WritableStream<Uint8Array>) {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {}); // Writing tells.
  }

  /** Adds a line; resolves when it is written, rejects when it cannot be. */
  write(line: string): Promise<void> {
    this.#waiting.push(line);
    return this.#written ??= this.#flush();
  }

  /** Ends the stream behind what was written; never rejects. */
  async close(): Promise<void> {
    try {
      await this.#written;
      await this.#writer.close();
    } catch {
      // The other side has gone.
    }
  }

  async #flush(): Promise<void> {
    await Promise.resolve(); // What else is written in this turn goes along.
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
