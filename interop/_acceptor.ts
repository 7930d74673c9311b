/**
 * Accepts one connection with a peer of this library.
 *
 * @module
 */

import { Peer, type PeerOptions, serve } from "@gotalk/gotalk";
import { listenWebSocket } from "@gotalk/gotalk/transport/websocket-listener";
import { acceptUpgrade } from "@gotalk/gotalk/transport/websocket-upgrade";

/** How our peer accepts connections. */
export type Acceptor = "our TCP" | "our WebSocket" | "Deno.serve";

/** An address at which our peer accepts one connection. */
export interface AcceptorAddress {
  readonly address: string;
  readonly peer: Promise<Peer>;
  close(): Promise<void>;
}

/** Starts to accept connections, from every origin. */
export async function accept(
  acceptor: Acceptor,
  options: PeerOptions,
): Promise<AcceptorAddress> {
  const { promise: peer, resolve } = Promise.withResolvers<Peer>();
  if (acceptor === "Deno.serve") {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request, info) => {
        const upgrade = acceptUpgrade(request, { info, origins: "*" });
        const { response, channel } = upgrade;
        if (channel) {
          resolve(new Peer(channel, { ...options, role: "acceptor" }));
        }
        return response;
      },
    );
    const close = async () => {
      await (await peer).close();
      await server.shutdown();
    };
    return { address: `ws://127.0.0.1:${server.addr.port}/`, peer, close };
  }
  const listener = acceptor === "our WebSocket"
    ? listenWebSocket({ origins: "*" })
    : undefined;
  const { handlers, auth: _, role: __, ...others } = options;
  const server = await serve(
    { ...others, listener, onPeer: resolve },
    handlers,
  );
  return { address: server.address, peer, close: () => server.close() };
}
