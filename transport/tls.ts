/**
 * Channels over TLS.
 *
 * @module
 */

import { netAddress } from "./address.ts";
import { connChannel } from "./_conn_channel.ts";
import { ConnListener } from "./_conn_listener.ts";
import { dial, type DialOptions } from "./dial.ts";
import type { Channel, Listener } from "./channel.ts";

export type { DialOptions } from "./dial.ts";

/** Options of {@linkcode connectTls}. */
export interface ConnectTlsOptions extends DialOptions {
  /** Name of the host, which its certificate has to bear; `127.0.0.1` by default. */
  readonly hostname?: string | undefined;
  /** The port. */
  readonly port: number;
  /** Certificates in PEM that are trusted beside those that the runtime trusts. */
  readonly caCerts?: readonly string[] | undefined;
}

/** Options of {@linkcode listenTls}. */
export interface ListenTlsOptions {
  /** The address to listen on; `127.0.0.1` by default, `0.0.0.0` for all addresses. */
  readonly hostname?: string | undefined;
  /** The port; any free one by default. */
  readonly port?: number | undefined;
  /** The certificate, and those that vouch for it, in PEM. */
  readonly cert: string;
  /** The private key of the certificate in PEM. */
  readonly key: string;
}

/**
 * Opens a channel over TLS; the handshake is part of opening it.
 *
 * Needs permission to use the network. Small writes leave at once (`TCP_NODELAY`), and keep-alive finds
 * out in the end when the other host has gone.
 *
 * @throws {Error} If connecting or the handshake fails; `cause` says why. If the signal is aborted, its
 * reason.
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
    // Closing it makes a handshake that nobody waits for any more fail.
    const giveUp = () => tls.close();
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    try {
      await tls.handshake();
    } catch (error) {
      if (!signal.aborted) tls.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
    return tls;
  });
  return tlsChannel(conn);
}

/**
 * Accepts channels over TLS.
 *
 * Needs permission to use the network. The handshake begins with the first read or write of a channel,
 * so that a client that is slow at it holds up nobody else; reading rejects when it fails. Iterating is
 * as for TCP.
 *
 * Two limits are the runtime's. It does not set `TCP_NODELAY` or keep-alive on these connections: a small
 * write soon after another can wait for the other side's delayed acknowledgement. And a
 * connection that was closed or aborted within the handshake, or with bytes that the other side does not
 * take, is held open below until the other side closes it.
 *
 * @throws {Error} If the address cannot be listened on, or the certificate and key do not fit.
 */
export function listenTls(options: ListenTlsOptions): Listener {
  const { hostname = "127.0.0.1", port = 0, cert, key } = options;
  const listener = Deno.listenTls({ hostname, port, cert, key });
  return new ConnListener(
    netAddress("tls", listener.addr),
    listener,
    tlsChannel,
  );
}

/**
 * Makes a channel of a connection that is open already, which belongs to the channel from here on.
 *
 * The handshake begins with the first read or write if it has not begun.
 */
export function tlsChannel(conn: Deno.TlsConn): Channel {
  return connChannel(conn, {
    transport: "tls",
    local: netAddress("tls", conn.localAddr),
    remote: netAddress("tls", conn.remoteAddr),
    secure: true,
  });
}
