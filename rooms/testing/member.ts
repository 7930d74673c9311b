/**
 * Peers to be members of rooms.
 *
 * @module
 */

import { Handlers, Peer, type PeerOptions } from "@gotalk/gotalk/peer";
import { json } from "@gotalk/gotalk/codec";
import { memoryPair } from "@gotalk/gotalk/transport";

/** A client of a server in the same program. */
export interface Client extends AsyncDisposable {
  /** The server's peer, which joins rooms. */
  readonly peer: Peer;
  /** The client's own peer. */
  readonly remote: Peer;
  /** What it was notified of: names and JSON values. */
  readonly received: [name: string, value: unknown][];
  /** Resolves once it has been notified `count` times. */
  arrived(count: number): Promise<void>;
}

/** Connects a client that records its notifications. */
export function client(
  handlers: Handlers = new Handlers(),
  options: PeerOptions = {},
): Client {
  const [near, far] = memoryPair();
  const received: [string, unknown][] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  handlers.onOtherNotification((payload, { operation }) => {
    received.push([operation, json.decode(payload)]);
    for (const { count, resolve } of waiting) {
      if (received.length >= count) resolve();
    }
  });
  const peer = new Peer(near, { ...options, role: "acceptor" });
  const remote = new Peer(far, { handlers });
  return {
    peer,
    remote,
    received,
    arrived(count) {
      if (received.length >= count) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, resolve });
      return promise;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([peer.close(), remote.close()]);
    },
  };
}
