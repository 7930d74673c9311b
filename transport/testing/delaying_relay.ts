/**
 * A long line between two programs.
 *
 * @module
 */

/** A relay that forwards connections to a port, each byte after a delay, at any rate. */
export class DelayingRelay implements AsyncDisposable {
  readonly #listener: Deno.TcpListener = Deno.listen({
    hostname: "127.0.0.1",
    port: 0,
  });
  readonly #delay: number;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #work: Promise<void>;

  /** Begins to forward connections to a port of this machine, `delay` milliseconds each way. */
  constructor(port: number, delay: number) {
    this.#delay = delay;
    this.#work = this.#run(port);
  }

  /** The port that accepts connections. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) conn.close();
    await this.#work;
  }

  async #run(port: number): Promise<void> {
    const forwarding: Promise<void>[] = [];
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      this.#conns.add(near).add(far);
      forwarding.push(this.#forward(near, far), this.#forward(far, near));
    }
    await Promise.all(forwarding);
  }

  /** Reads at once, so that the line holds what is under way, and writes what is due. */
  async #forward(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    let written = Promise.resolve();
    try {
      for (;;) {
        const buffer = new Uint8Array(64 * 1024);
        const length = await from.read(buffer);
        const due = performance.now() + this.#delay;
        const before = written;
        written = (async () => {
          await before;
          const left = due - performance.now();
          if (left > 0) {
            await new Promise((resolve) => setTimeout(resolve, left));
          }
          if (length === null) return await to.closeWrite();
          for (let at = 0; at < length;) {
            at += await to.write(buffer.subarray(at, length));
          }
        })();
        written.catch(() => {/* One of them was closed. */});
        if (length === null) break;
      }
      await written;
    } catch {
      // One of them was closed.
    }
  }
}
