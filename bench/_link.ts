/**
 * Connections that wait for the other side.
 *
 * @module
 */

/** A connection that has a read pending at all times, as one has that may hear something at any moment. */
export class Link {
  /** What is written to. */
  readonly conn: Deno.Conn;
  readonly #buffer: Uint8Array;
  #reading: Promise<number | null>;

  constructor(conn: Deno.Conn, bufferSize: number) {
    this.conn = conn;
    this.#buffer = new Uint8Array(bufferSize);
    this.#reading = conn.read(this.#buffer);
  }

  /** Waits until bytes come, throws them away, and returns how many they were. */
  async discard(): Promise<number> {
    const length = await this.#reading;
    if (length === null) {
      throw new Error("Cannot read: the other side has ended");
    }
    this.#reading = this.conn.read(this.#buffer);
    return length;
  }
}
