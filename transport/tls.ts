/**
 * Channels over TLS.
 *
 * @module
 */

import { netAddress } from "./address.ts";
import { connChannel } from "./_conn_channel.ts";
import { ConnListener } from "./_conn_listener.ts";
import { dial, type DialOptions, withAbortHandler } from "./dial.ts";
import type { Channel, Listener } from "./channel.ts";
import type { RefusalObserver } from "./refusals.ts";

export type { DialOptions } from "./dial.ts";
export type { RefusalObserver } from "./refusals.ts";

/** Options of {@linkcode connectTls}. */
export interface ConnectTlsOptions extends DialOptions {
  /**
   * Name of the host, which its certificate must contain; `127.0.0.1` by
   * default.
   */
  readonly hostname?: string | undefined;
  /** The port. */
  readonly port: number;
  /** Certificates in PEM to trust in addition to those the runtime trusts. */
  readonly caCerts?: readonly string[] | undefined;
}

/** Options of {@linkcode listenTls}. */
export interface ListenTlsOptions {
  /**
   * The address to listen on; `127.0.0.1` by default, `0.0.0.0` for all
   * addresses.
   */
  readonly hostname?: string | undefined;
  /** The port; a free one by default. */
  readonly port?: number | undefined;
  /** The certificate and its chain, in PEM. */
  readonly cert: string;
  /** The private key of the certificate, in PEM. */
  readonly key: string;
  /**
   * Called for connections that their clients end before they are accepted, at
   * most once a second. What it throws is ignored.
   */
  readonly onRefused?: RefusalObserver | undefined;
}

/**
 * Opens a channel over TLS, including the handshake.
 *
 * Needs permission to use the network. Sets `TCP_NODELAY`, so that small writes
 * leave at once, and keep-alive, which eventually detects that the remote host
 * is gone.
 *
 * @throws {Error} If connecting or the handshake fails; `cause` has the reason.
 * If the signal is aborted, rejects with its reason.
 *
 * @example
 * ```ts
 * import { connectTls, listenTls } from "@gotalk/gotalk/transport/tls";
 * import { assert } from "@std/assert";
 *
 * const cert = await Deno.readTextFile("transport/testing/localhost.crt");
 * const key = await Deno.readTextFile("transport/testing/localhost.key");
 * await using listener = listenTls({ cert, key });
 * const port = Number(listener.address.split(":").at(-1));
 * const [a, b] = await Promise.all([
 *   connectTls({ hostname: "localhost", port, caCerts: [cert] }),
 *   listener.accept(),
 * ]);
 * assert(a.info.secure && b!.info.secure);
 * await Promise.all([a.close(), b!.close()]);
 * ```
 */
export async function connectTls(options: ConnectTlsOptions): Promise<Channel> {
  const { hostname = "127.0.0.1", port, caCerts = [] } = options;
  const address = netAddress("tls", { hostname, port });
  const conn = await dial(address, options, async (signal) => {
    const tcp = await Deno.connect({ hostname, port, signal });
    tcp.setNoDelay(true);
    tcp.setKeepAlive(true);
    const tls = await Deno.startTls(tcp, { hostname, caCerts: [...caCerts] });
    // Closing the connection makes an abandoned handshake fail.
    await withAbortHandler(signal, () => tls.close(), async () => {
      try {
        await tls.handshake();
      } catch (error) {
        if (!signal.aborted) tls.close();
        throw error;
      }
    });
    return tls;
  });
  return tlsChannel(conn);
}

/**
 * Listens for channels over TLS.
 *
 * Needs permission to use the network. The handshake starts with the first read
 * or write of a channel, so a client with a slow handshake delays no other
 * client; reading rejects if the handshake fails. Iterating works as for TCP.
 *
 * The runtime imposes two limits. It does not set `TCP_NODELAY` or keep-alive
 * on accepted TLS connections, so a small write soon after another can wait for
 * the delayed acknowledgement of the remote side. And it holds a connection
 * that was closed or aborted during the handshake, or with bytes that the
 * remote side does not take, until the remote side closes it: a client that
 * connects and stays silent keeps a file descriptor in use. Where TLS faces an
 * untrusted network, terminate it in a proxy.
 *
 * @throws {Error} If listening on the address fails, or the certificate and key
 * do not match.
 *
 * @example
 * ```ts
 * import { listenTls } from "@gotalk/gotalk/transport/tls";
 *
 * const cert = await Deno.readTextFile("transport/testing/localhost.crt");
 * const key = await Deno.readTextFile("transport/testing/localhost.key");
 * await using listener = listenTls({ port: 0, cert, key });
 * console.log(listener.address); // tls://127.0.0.1:…
 * ```
 */
export function listenTls(options: ListenTlsOptions): Listener {
  const { hostname = "127.0.0.1", port = 0, cert, key } = options;
  const listener = Deno.listenTls({ hostname, port, cert, key });
  return new ConnListener(
    netAddress("tls", listener.addr),
    listener,
    tlsChannel,
    options.onRefused,
  );
}

/**
 * Makes a channel of an open TLS connection. The channel owns the connection.
 *
 * The handshake starts with the first read or write if it has not started.
 *
 * @example
 * ```ts
 * import { tlsChannel } from "@gotalk/gotalk/transport/tls";
 *
 * const cert = await Deno.readTextFile("transport/testing/localhost.crt");
 * const key = await Deno.readTextFile("transport/testing/localhost.key");
 * using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
 * const { port } = listener.addr;
 * const [a, b] = (await Promise.all([
 *   Deno.connectTls({ hostname: "localhost", port, caCerts: [cert] }),
 *   listener.accept(),
 * ])).map(tlsChannel);
 * await Promise.all([a!.close(), b!.close()]);
 * ```
 */
export function tlsChannel(conn: Deno.TlsConn): Channel {
  return connChannel(conn, {
    transport: "tls",
    local: netAddress("tls", conn.localAddr),
    remote: netAddress("tls", conn.remoteAddr),
    secure: true,
  });
}
