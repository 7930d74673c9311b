/**
 * Channels over TLS.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { CONNECT_TLS_OPTIONS, LISTEN_TLS_OPTIONS } from "./socket_options.ts";
import { netAddress } from "./address.ts";
import { connChannel, type NetConn } from "./_conn_channel.ts";
import { ConnListener } from "./_conn_listener.ts";
import { dial, type DialOptions } from "./dial.ts";
import { openTls } from "./open_conn.ts";
import {
  checkTlsOptions,
  type TlsClientOptions,
} from "./tls_client_options.ts";
import {
  type Certificate,
  checkCertificate,
  TlsListener,
} from "./_tls_listener.ts";
import type { Channel, Listener } from "./channel.ts";
import type { RefusalObserver } from "./refusals.ts";
import { NodeTlsListener } from "./_node_tls_listener.ts";
import { listenTcp } from "./tcp.ts";

export type { DialOptions } from "./dial.ts";
export type { Certificate, NetConn, TlsClientOptions };
export type { RefusalObserver } from "./refusals.ts";

/** Options of {@linkcode connectTls}. */
export interface ConnectTlsOptions extends DialOptions, TlsClientOptions {
  /**
   * Name of the host, which its certificate must contain; `127.0.0.1` by
   * default.
   */
  readonly hostname?: string | undefined;
  /** The port. */
  readonly port: number;
}

/** Options of {@linkcode listenTls}. */
export interface ListenTlsOptions extends Certificate {
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
   * The application protocols to accept in the handshake (ALPN), in order of
   * preference; none by default. A client that offers only others is refused.
   */
  readonly alpnProtocols?: readonly string[] | undefined;
  /**
   * Called for connections that their clients end before they are accepted, at
   * most once a second. Its first failure is printed.
   */
  readonly onRefused?: RefusalObserver | undefined;
  /** What performs TLS; `"native"` by default, see {@linkcode TlsEngine}. */
  readonly tlsEngine?: TlsEngine | undefined;
}

/**
 * What performs TLS for accepted connections.
 *
 * - `"native"`: the runtime. It is the fastest, and keeps the file descriptor of
 *   a client that never finishes its handshake until the client leaves.
 * - `"node"`: the runtime's `node:tls`, on a TCP channel. Closing, aborting and
 *   every timeout free the descriptor in any state of the handshake, and
 *   `TCP_NODELAY` is set. Calls one after the other are as fast; 64 at once, and
 *   bulk data, reach 40 % of the speed. Choose it where TLS faces an untrusted
 *   network without a proxy in front.
 */
export type TlsEngine = "native" | "node";

/**
 * Opens a channel over TLS, including the handshake.
 *
 * Needs permission to use the network. Sets `TCP_NODELAY`, so that small writes
 * leave at once, and keep-alive, which eventually detects that the remote host
 * is gone.
 *
 * @throws {Error} If connecting or the handshake fails; `cause` has the reason.
 * If the signal is aborted, rejects with its reason.
 * @throws {TypeError} If `caCerts` or `cert` is not PEM, or one of `cert` and
 * `key` is missing.
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
  checkOptionNames(options, CONNECT_TLS_OPTIONS);
  const { hostname = "127.0.0.1", port } = options;
  const address = netAddress("tls", { hostname, port });
  checkTlsOptions(address, options);
  return tlsChannel(
    await dial(
      address,
      options,
      (signal) => openTls({ ...options, hostname, port }, signal),
    ),
  );
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
 * connects and stays silent keeps a file descriptor in use, whatever the limits
 * of the server are, and as many as the process may have open files shut it for
 * everybody else. Where TLS faces an untrusted network, terminate it in a
 * proxy, or use `tlsEngine: "node"`, to which neither limit applies.
 *
 * `renewCertificate` of the listener changes the certificate: it opens the port
 * again, so a client that connects within the few milliseconds between may be
 * refused. The runtime does not request certificates of clients.
 *
 * @throws {Error} If listening on the address fails, or the certificate and key
 * do not match.
 * @throws {TypeError} If `tlsEngine` is unknown.
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
  checkOptionNames(options, LISTEN_TLS_OPTIONS);
  const { hostname = "127.0.0.1", alpnProtocols, tlsEngine = "native" } =
    options;
  if (tlsEngine !== "native" && tlsEngine !== "node") {
    throw new TypeError(
      `Cannot listen: got tlsEngine ${
        JSON.stringify(tlsEngine satisfies never)
      }, wanted "native" or "node"`,
    );
  }
  const open = ({ cert, key }: Certificate, port: number) => {
    const listener = Deno.listenTls({
      hostname,
      port,
      cert,
      key,
      ...options.reusePort && { reusePort: true },
      ...alpnProtocols && { alpnProtocols: [...alpnProtocols] },
    });
    const address = netAddress("tls", listener.addr);
    return new ConnListener(address, listener, tlsChannel, options.onRefused);
  };
  if (tlsEngine === "node") {
    // Before the port is opened, which nobody would close.
    checkCertificate(options);
    const { port, reusePort, onRefused } = options;
    return new NodeTlsListener(
      listenTcp({ hostname, port, reusePort, onRefused }),
      options,
      alpnProtocols,
    );
  }
  const first = open(options, options.port ?? 0);
  const port = Number(first.address.split(":").at(-1));
  return new TlsListener(
    first,
    (certificate) => open(certificate, port),
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
export function tlsChannel(conn: NetConn): Channel {
  return connChannel(conn, {
    transport: "tls",
    local: netAddress("tls", conn.localAddr),
    remote: netAddress("tls", conn.remoteAddr),
    secure: true,
  });
}
