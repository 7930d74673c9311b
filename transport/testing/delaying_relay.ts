/**
 * A long line between two programs.
 *
 * @module
 */

/** How far a line may be behind its writer before it reads no more, in milliseconds. */
const MOST_BEHIND = 20;

/** A relay that forwards connections to a port, each byte after a delay. */
export class DelayingRelay implements AsyncDisposable {
  readonly #listener: Deno.TcpListener = Deno.listen({
    hostname: "127.0.0.1",
    port: 0,
  });
  readonly #delay: number;
  readonly #rate: number;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #work: Promise<void>;

  /** Begins to forward connections to a port of this machine, `delay` milliseconds each way, at `rate` bytes per millisecond at most. */
  constructor(port: number, delay: number, rate: number = Infinity) {
    this.#delay = delay;
    this.#rate = rate;
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
    /** When the line has sent what was read. */
    let sentAt = 0;
    try {
      for (;;) {
        const buffer = new Uint8Array(64 * 1024);
        const length = await from.read(buffer);
        const now = performance.now();
        sentAt = Math.max(now, sentAt) + (length ?? 0) / this.#rate;
        const due = sentAt + this.#delay;
        const before = written;
        written = (async () => {
          await before;
          const left = due - performance.now();
          if (left > 0) await sleep(left);
          if (length === null) return await to.closeWrite();
          for (let at = 0; at < length;) {
            at += await to.write(buffer.subarray(at, length));
          }
        })();
        written.catch(() => {/* One of them was closed. */});
        if (length === null) break;
        const behind = sentAt - performance.now();
        // A timer may fire late, and the line has still to be busy then.
        if (behind > MOST_BEHIND) await sleep(behind / 2);
      }
      await written;
    } catch {
      // One of them was closed.
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
