/**
 * The server of the baseline: plain bytes over `Deno.Conn`, with a port for
 * each service.
 *
 * @module
 */

import { BULK_BUFFER, discard, SMALL_BUFFER, writeAll } from "./_conn.ts";
import { work } from "./_worker.ts";

const CHUNK = 64 * 1024;

const ports = {
  echo: offer((conn) => echo(conn, BULK_BUFFER)),
  smallEcho: offer((conn) => echo(conn, SMALL_BUFFER)),
  sink: offer(sink),
  source: offer(source),
  websocket: offerWebSocket(),
};
await work({ ports: () => ports });
Deno.exit();

/** Serves on a new port, and returns the port. */
function offer(service: (conn: Deno.Conn) => Promise<void>): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void acceptAll(listener, service);
  return listener.addr.port;
}

/** Echoes messages over standard WebSockets; returns the port. */
function offerWebSocket(): number {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { response, socket } = Deno.upgradeWebSocket(request);
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    },
  );
  return server.addr.port;
}

async function acceptAll(
  listener: Deno.TcpListener,
  service: (conn: Deno.Conn) => Promise<void>,
): Promise<void> {
  for await (const conn of listener) {
    conn.setNoDelay(true);
    // A client that is done closes the connection, so errors are expected.
    service(conn).catch(() => {}).finally(() => conn.close());
  }
}

async function echo(conn: Deno.Conn, bufferSize: number): Promise<void> {
  const buffer = new Uint8Array(bufferSize);
  for (let length; (length = await conn.read(buffer)) !== null;) {
    await writeAll(conn, buffer.subarray(0, length));
  }
}

/** Reads to the end, then sends the number of bytes. */
async function sink(conn: Deno.Conn): Promise<void> {
  const bytes = await discard(conn, Infinity, new Uint8Array(BULK_BUFFER));
  await writeAll(conn, new TextEncoder().encode(String(bytes)));
}

/** Sends bytes until the client closes the connection. */
async function source(conn: Deno.Conn): Promise<void> {
  for (const chunk = new Uint8Array(CHUNK);;) await writeAll(conn, chunk);
}
