/**
 * Captures of real conversations, made without the rights that a capture needs.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { CaptureWriter } from "../capture/capture_writer.ts";
import type { Direction } from "../capture/captured_event.ts";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

/** A proxy that writes what passes as a capture. */
export class RecordingProxy implements AsyncDisposable {
  readonly #chunks: Uint8Array[] = [];
  readonly #writer = new CaptureWriter((bytes) => this.#chunks.push(bytes));
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: number;
  readonly #running: Promise<void>;
  readonly #connections = new Set<Promise<void>>();

  /** Starts a proxy of a port; captures have this port. */
  constructor(target: number) {
    this.#target = target;
    this.#running = this.#accept();
  }

  /** The port to connect to. */
  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Waits until the connections have ended, and returns the capture. */
  async capture(): Promise<Uint8Array> {
    await Promise.all(this.#connections);
    return concat(this.#chunks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
    await Promise.all(this.#connections);
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      const carrying = this.#carry(near);
      this.#connections.add(carrying);
    }
  }

  async #carry(near: Deno.TcpConn): Promise<void> {
    const far = await Deno.connect({
      hostname: "127.0.0.1",
      port: this.#target,
    });
    const connection = this.#writer.open(
      { address: LOOPBACK, port: near.remoteAddr.port },
      { address: LOOPBACK, port: this.#target },
      Date.now(),
    );
    const pump = async (
      from: Deno.TcpConn,
      to: Deno.TcpConn,
      by: Direction,
    ) => {
      try {
        for await (const chunk of from.readable) {
          connection.send(by, chunk, Date.now());
          let rest = chunk;
          while (rest.length > 0) {
            rest = rest.subarray(await to.write(rest));
          }
        }
        await to.closeWrite();
      } catch {
        // One of them is gone.
      }
      connection.end(by, Date.now());
    };
    await Promise.all([pump(near, far, ">"), pump(far, near, "<")]);
    for (const each of [near, far]) {
      try {
        each.close();
      } catch {
        // Its stream has closed it.
      }
    }
  }
}
