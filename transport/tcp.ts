/**
 * Channels over TCP.
 *
 * @module
 */

import { netAddress } from "./address.ts";
import { connChannel } from "./_conn_channel.ts";
import { ConnListener } from "./_conn_listener.ts";
import { dial, type DialOptions } from "./dial.ts";
import type { Channel, Listener } from "./channel.ts";

export type { DialOptions } from "./dial.ts";

/** Options of {@linkcode connectTcp}. */
export interface ConnectTcpOptions extends DialOptions {
  /** Name or address of the host; `127.0.0.1` by default. */
  readonly hostname?: string | undefined;
  /** The port. */
  readonly port: number;
}

/** Options of {@linkcode listenTcp}. */
export interface ListenTcpOptions {
  /** The address to listen on; `127.0.0.1` by default, `0.0.0.0` for all addresses. */
  readonly hostname?: string | undefined;
  /** The port; any free one by default. */
  readonly port?: number | undefined;
}

/**
 * Opens a channel over TCP.
 *
 * Needs permission to use the network. Small writes leave at once (`TCP_NODELAY`), and keep-alive finds
 * out in the end when the other host has gone.
 *
 * @throws {Error} If connecting fails; `cause` says why. If the signal is aborted, its reason.
 *
 * @example
 * ```ts
 * import { connectTcp, listenTcp } from "@gotalk/gotalk/transport/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = listenTcp();
 * const { port } = new URL(listener.address);
 * const [a, b] = await Promise.all([connectTcp({ port: Number(port) }), listener.accept()]);
 * assertEquals(a.info.remote, listener.address);
 * await Promise.all([a.close(), b!.close()]);
 * ```
 */
export async function connectTcp(options: ConnectTcpOptions): Promise<Channel> {
  const { hostname = "127.0.0.1", port } = options;
  const address = netAddress("tcp", { hostname, port });
  const conn = await dial(
    address,
    options,
    (signal) => Deno.connect({ hostname, port, signal }),
  );
  return tcpChannel(conn);
}

/**
 * Accepts channels over TCP.
 *
 * Needs permission to use the network. Iterating ends when the listener is closed, and throws when
 * accepting fails, as when the process has too many files open; a loop that outlives such failures
 * calls `accept`. Leaving the iteration does not close the listener.
 *
 * @throws {Error} If the address cannot be listened on: it is in use, or not of this host.
 */
export function listenTcp(options: ListenTcpOptions = {}): Listener {
  const { hostname = "127.0.0.1", port = 0 } = options;
  const listener = Deno.listen({ hostname, port });
  return new ConnListener(
    netAddress("tcp", listener.addr),
    listener,
    tcpChannel,
  );
}

/**
 * Makes a channel of a connection that is open already, which belongs to the channel from here on.
 *
 * It sets `TCP_NODELAY` and keep-alive.
 */
export function tcpChannel(conn: Deno.TcpConn): Channel {
  try {
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  } catch {
    // Some systems refuse when the other end has gone already; reading will tell.
  }
  return connChannel(conn, {
    transport: "tcp",
    local: netAddress("tcp", conn.localAddr),
    remote: netAddress("tcp", conn.remoteAddr),
    secure: false,
  });
}
