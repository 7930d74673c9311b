/**
 * Streams of a rate, and the memory of a process while it has one.
 *
 * @module
 */

/** The size of a chunk, in bytes. */
const CHUNK = 64 * 1024;

/** How much of a stream is transferred before its memory counts as the usual one, in bytes: what the engine needs for any. */
const WARM_UP = 50 * 1024 * 1024;

/** How often the memory is looked at, in milliseconds. */
const INTERVAL = 20;

/** Reads a stream at a rate in bytes per second. Returns the number of bytes. */
export async function take(
  parts: ReadableStream<Uint8Array>,
  rate: number,
  progress: (bytes: number) => void,
): Promise<number> {
  const start = performance.now();
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.byteLength;
    progress(bytes);
    const ahead = bytes / rate * 1000 - (performance.now() - start);
    if (ahead > 5) await new Promise((done) => setTimeout(done, ahead));
  }
  return bytes;
}

/** Yields a number of bytes. */
export async function* chunks(
  bytes: number,
  progress: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(CHUNK);
  for (let sent = 0; sent < bytes; sent += CHUNK) {
    progress(sent);
    yield chunk.subarray(0, bytes - sent);
    // Without it, a generator of what is there never waits.
    await Promise.resolve();
  }
}

/** Observes how much the resident memory of this process grows after the beginning of a transfer. */
export class ResidentMemory {
  #usual: number | undefined;
  #most = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Begins to observe. */
  begin(): void {
    this.#usual = undefined;
    this.#most = 0;
    this.#timer = setInterval(() => this.#look(), INTERVAL);
  }

  /** A number of bytes is transferred. */
  moved(bytes: number): void {
    if (bytes >= WARM_UP) this.#usual ??= Deno.memoryUsage().rss;
  }

  /** Ends to observe. Returns the growth in MiB. */
  end(): number {
    clearInterval(this.#timer);
    this.#look();
    return (this.#most - (this.#usual ?? NaN)) / 1024 / 1024;
  }

  #look(): void {
    if (this.#usual === undefined) return;
    this.#most = Math.max(this.#most, Deno.memoryUsage().rss);
  }
}
