/**
 * The control: a plain server that returns the bytes it receives. It shows what
 * the same flood costs on the same machine without any protocol.
 *
 * `deno run --allow-all attack/control_server.ts TARGET`
 *
 * @module
 */

import { isWebSocket, type Target } from "./_attack.ts";
import { certificate, listenUntilInputEnds } from "./_listening.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 } as const;

const target = Deno.args[0] as Target;

await listenUntilInputEnds(target, async (path) => {
  if (isWebSocket(target)) {
    const server = Deno.serve({ ...LOOPBACK, onListen() {} }, upgrade);
    return String(server.addr.port);
  }
  const listener = target === "unix"
    ? Deno.listen({ transport: "unix", path })
    : target === "tls"
    ? Deno.listenTls({ ...LOOPBACK, ...await certificate() })
    : Deno.listen(LOOPBACK);
  void acceptAll(listener);
  return target === "unix"
    ? path
    : String((listener.addr as Deno.NetAddr).port);
});

function upgrade(request: Request): Response {
  if (request.headers.get("upgrade") !== "websocket") return new Response();
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => {
    if (socket.readyState === socket.OPEN) socket.send(data);
  };
  socket.onerror = () => {};
  return response;
}

async function acceptAll(listener: Deno.Listener): Promise<never> {
  for (;;) {
    try {
      const { readable, writable } = await listener.accept();
      readable.pipeTo(writable).catch(() => {});
    } catch {
      // That connection has failed; the next one may be good.
    }
  }
}
