/**
 * Connections that are reset before a listener accepts them.
 *
 * @module
 */

import { connect } from "node:net";

/** Opens a connection to a port of 127.0.0.1, and resets it at once. */
export function resetConnection(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.resetAndDestroy());
    // The server may refuse or reset it first, which is as good.
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}

/** Resets connections to the listeners of this thread. */
export class ResettingClient implements Disposable {
  readonly #worker: Worker;
  readonly #done = new Int32Array(new SharedArrayBuffer(4));

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Starts the client, in another thread. */
  static async start(): Promise<ResettingClient> {
    const url = new URL("./reset_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    await new Promise((resolve) => worker.onmessage = resolve);
    return new ResettingClient(worker);
  }

  /**
   * Opens and resets connections to a port. This thread waits, so that no
   * listener of it accepts one before it is reset.
   */
  reset(port: number, count: number): void {
    Atomics.store(this.#done, 0, 0);
    this.#worker.postMessage({ port, count, done: this.#done });
    Atomics.wait(this.#done, 0, 0, 10_000);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
