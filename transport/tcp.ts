/**
 * Channels over TCP.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { CONNECT_TCP_OPTIONS, LISTEN_TCP_OPTIONS } from "./socket_options.ts";
import { netAddress } from "./address.ts";
import { connChannel, type NetConn } from "./_conn_channel.ts";
import { ConnListener } from "./_conn_listener.ts";
import { dial, type DialOptions } from "./dial.ts";
import { openTcp } from "./open_conn.ts";
import type { Channel, Listener } from "./channel.ts";
import type { RefusalObserver } from "./refusals.ts";

export type { DialOptions } from "./dial.ts";
export type { NetConn } from "./_conn_channel.ts";
export type { RefusalObserver } from "./refusals.ts";

/** What a channel uses of a TCP connection, such as a `Deno.TcpConn`. */
export interface TcpConn extends NetConn {
  /** Sets whether small writes leave at once. */
  setNoDelay(noDelay?: boolean): void;
  /** Sets whether the system checks that the remote host is still there. */
  setKeepAlive(keepAlive?: boolean): void;
}

/** Options of {@linkcode connectTcp}. */
export interface ConnectTcpOptions extends DialOptions {
  /** Name or address of the host; `127.0.0.1` by default. */
  readonly hostname?: string | undefined;
  /** The port. */
  readonly port: number;
}

/** Options of {@linkcode listenTcp}. */
export interface ListenTcpOptions {
  /**
   * The address to listen on; `127.0.0.1` by default, `0.0.0.0` for all
   * addresses.
   */
  readonly hostname?: string | undefined;
  /** The port; a free one by default. */
  readonly port?: number | undefined;
  /**
   * Whether several workers or processes may listen on the same port, among
   * which the system distributes connections (`SO_REUSEPORT`, on Linux only);
   * false by default. The runtime wants the flag `--unstable-net` for it, and
   * exits without.
   */
  readonly reusePort?: boolean | undefined;
  /**
   * Called for connections that their clients end before they are accepted, at
   * most once a second. Its first failure is printed.
   */
  readonly onRefused?: RefusalObserver | undefined;
}

/**
 * Opens a channel over TCP.
 *
 * Needs permission to use the network. Sets `TCP_NODELAY`, so that small writes
 * leave at once, and keep-alive, which eventually detects that the remote host
 * is gone.
 *
 * @throws {Error} If connecting fails; `cause` has the reason. If the signal is
 * aborted, rejects with its reason.
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
  checkOptionNames(options, CONNECT_TCP_OPTIONS);
  const { hostname = "127.0.0.1", port } = options;
  const address = netAddress("tcp", { hostname, port });
  return tcpChannel(
    await dial(
      address,
      options,
      (signal) => openTcp({ hostname, port }, signal),
    ),
  );
}

/**
 * Listens for channels over TCP.
 *
 * Needs permission to use the network. Iterating over the listener ends when it
 * is closed, and throws if accepting fails, for example because the process has
 * too many open files; a loop that must survive such failures calls `accept`. A
 * connection that its client has ended before it is accepted is no failure: the
 * listener reports it to `onRefused` and accepts the next one.
 * Leaving the iteration does not close the listener.
 *
 * @throws {Error} If listening on the address fails: it is in use, or does not
 * belong to this host.
 *
 * @example
 * ```ts
 * import { connectTcp, listenTcp } from "@gotalk/gotalk/transport/tcp";
 *
 * await using listener = listenTcp({ port: 0 });
 * const port = Number(new URL(listener.address).port);
 * const client = await connectTcp({ port });
 * for await (const channel of listener) {
 *   await Promise.all([channel.close(), client.close()]);
 *   break;
 * }
 * ```
 */
export function listenTcp(options: ListenTcpOptions = {}): Listener {
  checkOptionNames(options, LISTEN_TCP_OPTIONS);
  const { hostname = "127.0.0.1", port = 0, reusePort } = options;
  const listener = Deno.listen({
    hostname,
    port,
    ...reusePort && { reusePort },
  });
  return new ConnListener(
    netAddress("tcp", listener.addr),
    listener,
    tcpChannel,
    options.onRefused,
  );
}

/**
 * Makes a channel of an open TCP connection. The channel owns the connection.
 *
 * Sets `TCP_NODELAY` and keep-alive.
 *
 * @example
 * ```ts
 * import { tcpChannel } from "@gotalk/gotalk/transport/tcp";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * const [a, b] = (await Promise.all([
 *   Deno.connect({ hostname: "127.0.0.1", port }),
 *   listener.accept(),
 * ])).map(tcpChannel);
 * await Promise.all([a!.close(), b!.close()]);
 * ```
 */
export function tcpChannel(conn: TcpConn): Channel {
  try {
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  } catch {
    // Some systems refuse once the remote side is gone; reading reports that.
  }
  return connChannel(conn, {
    transport: "tcp",
    local: netAddress("tcp", conn.localAddr),
    remote: netAddress("tcp", conn.remoteAddr),
    secure: false,
  });
}
