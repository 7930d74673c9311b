/**
 * Bytes of a file, taken in pieces of a wanted size.
 *
 * @module
 */

/** Takes pieces of any size from chunks of any size. Pieces are never overwritten. Disposing of it closes the file. */
export class ByteReader implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #ended = false;

  /** Creates a reader of chunks. */
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Returns the next bytes and leaves them; fewer than wanted at the end. */
  async peek(size: number): Promise<Uint8Array> {
    if (this.#held.length < size && !this.#ended) await this.#fill(size);
    return this.#held.subarray(0, size);
  }

  /** Takes the next bytes; fewer than wanted at the end. */
  async take(size: number): Promise<Uint8Array> {
    const taken = await this.peek(size);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  /** Drops the next bytes; returns whether there were as many. */
  async skip(size: number): Promise<boolean> {
    for (let rest = size; rest > 0;) {
      const { length } = await this.take(Math.min(rest, 65_536));
      if (length === 0) return false;
      rest -= length;
    }
    return true;
  }

  /** Yields the rest in chunks. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    const held = this.#held;
    this.#held = new Uint8Array(0);
    if (held.length > 0) yield held;
    while (!this.#ended) {
      const { done, value } = await this.#chunks.next();
      if (done) this.#ended = true;
      else yield value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#chunks.return?.();
  }

  async #fill(size: number): Promise<void> {
    const chunks = [this.#held];
    let { length } = this.#held;
    while (length < size) {
      const { done, value } = await this.#chunks.next();
      if (done) {
        this.#ended = true;
        break;
      }
      chunks.push(value);
      length += value.length;
    }
    this.#held = joined(chunks, length);
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const filled = chunks.filter((chunk) => chunk.length > 0);
  if (filled.length === 1) return filled[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of filled) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
