/**
 * A listener for WebSockets that the HTTP server of the runtime accepts.
 *
 * @module
 */

import type { Channel, Listener } from "@gotalk/gotalk/transport";
import { acceptUpgrade } from "@gotalk/gotalk/transport/websocket-upgrade";

/** Accepts the WebSockets of `Deno.serve`. */
export class HttpListener implements Listener {
  readonly address: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #ready: Channel[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** Listens on a free port of this machine. */
  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request, info) => {
        const { response, channel } = acceptUpgrade(request, { info });
        if (channel !== undefined) {
          this.#ready.push(channel);
          this.#wake?.();
        }
        return response;
      },
    );
    this.address = `ws://127.0.0.1:${this.#server.addr.port}/gotalk`;
  }

  async accept(): Promise<Channel | null> {
    for (;;) {
      const channel = this.#ready.shift();
      if (channel !== undefined) return channel;
      if (this.#closed) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  close(): void {
    this.#closed = true;
    // This waits for open WebSockets, which stay open.
    void this.#server.shutdown();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    for (let next; (next = await this.accept()) !== null;) yield next;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
