/**
 * A slow link between two programs.
 *
 * @module
 */

/** A relay that forwards connections to a port, slowly in both directions. */
export class ThrottledRelay implements AsyncDisposable {
  readonly #listener: Deno.TcpListener = Deno.listen({
    hostname: "127.0.0.1",
    port: 0,
  });
  readonly #bytesPerSecond: number;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #work: Promise<void>;

  /** Begins to forward connections to a port of this machine. */
  constructor(port: number, bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
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

  async #forward(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    const start = performance.now();
    let passed = 0;
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        for (let at = 0; at < length;) {
          at += await to.write(buffer.subarray(at, length));
        }
        passed += length;
        const due = start + passed / this.#bytesPerSecond * 1000;
        await delayed(due - performance.now());
      }
      await to.closeWrite();
    } catch {
      // One of them was closed.
    }
  }
}

async function delayed(milliseconds: number): Promise<void> {
  if (milliseconds < 1) return;
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
