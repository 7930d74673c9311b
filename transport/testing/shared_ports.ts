/**
 * A program that opens two listeners of each kind on one port, and prints each
 * kind that lets it.
 *
 * @module
 */

import type { Listener } from "../channel.ts";
import { listenTcp } from "../tcp.ts";
import { listenTls } from "../tls.ts";
import { listenWebSocket } from "../websocket/listener.ts";

const [cert, key] = ["crt", "key"].map((ending) =>
  Deno.readTextFileSync(new URL(`./localhost.${ending}`, import.meta.url))
) as [string, string];
const trustedProxies = ["127.0.0.1"];

interface Where {
  readonly port?: number;
  readonly reusePort: true;
}

const LISTEN: Record<string, (where: Where) => Listener> = {
  tcp: listenTcp,
  tls: (where) => listenTls({ ...where, cert, key }),
  "tls by node": (where) =>
    listenTls({ ...where, cert, key, tlsEngine: "node" }),
  ws: listenWebSocket,
  wss: (where) => listenWebSocket({ ...where, cert, key }),
  "wss behind a proxy": (where) =>
    listenWebSocket({
      ...where,
      cert,
      key,
      tlsEngine: "node",
      proxyProtocol: true,
      trustedProxies,
    }),
};

for (const [name, listen] of Object.entries(LISTEN)) {
  const first = listen({ reusePort: true });
  const port = Number(/\d+$/.exec(first.address)![0]);
  const second = listen({ reusePort: true, port });
  console.log(`${name}: ${first.address === second.address}`);
  await Promise.all([first.close(), second.close()]);
}
