/**
 * Listeners on a server of `node:net`.
 *
 * @module
 */

import type * as NodeNet from "node:net";
import { acceptedChannels, type Channel, type Listener } from "./channel.ts";
import type { Refusals } from "./refusals.ts";

/**
 * Maximum number of connections that wait for `accept`. Node accepts without
 * being told to, so a further one is ended.
 */
const MAX_WAITING = 1_024;

/** Makes a channel of each connection that a server accepts. */
export class NodeListener implements Listener {
  readonly address: string;
  readonly #server: NodeNet.Server;
  readonly #channel: (socket: NodeNet.Socket) => Channel;
  readonly #waiting: NodeNet.Socket[] = [];
  readonly #acceptors: PromiseWithResolvers<Channel | null>[] = [];
  #closed = false;

  /** A listener on a server that listens. */
  constructor(
    address: string,
    server: NodeNet.Server,
    channel: (socket: NodeNet.Socket) => Channel,
    refusals: Refusals,
  ) {
    this.address = address;
    this.#server = server;
    this.#channel = channel;
    server.on("connection", (socket) => {
      // Without a listener, an error of one that waits would end the process.
      socket.on("error", () => {});
      const acceptor = this.#acceptors.shift();
      if (acceptor !== undefined) return acceptor.resolve(channel(socket));
      if (this.#waiting.length < MAX_WAITING) {
        this.#waiting.push(socket);
        return;
      }
      socket.destroy();
      const error = new Error(
        `Cannot accept on ${address}: ${MAX_WAITING} connections wait`,
      );
      refusals.refused(error, undefined);
    });
    server.on("error", (cause) => {
      const error = new Error(
        `Cannot accept on ${address}: ${cause.message}`,
        { cause },
      );
      this.#acceptors.shift()?.reject(error);
    });
  }

  accept(): Promise<Channel | null> {
    const socket = this.#waiting.shift();
    if (socket !== undefined) return Promise.resolve(this.#channel(socket));
    if (this.#closed) return Promise.resolve(null);
    const acceptor = Promise.withResolvers<Channel | null>();
    this.#acceptors.push(acceptor);
    return acceptor.promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    for (const { resolve } of this.#acceptors.splice(0)) resolve(null);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedChannels(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
