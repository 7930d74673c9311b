/**
 * Opening connections of the system, within a dial.
 * Internal to the package.
 *
 * @module
 */

import { withAbortHandler } from "./dial.ts";
import type { TlsClientOptions } from "./tls_client_options.ts";

/** Where to connect to. */
export interface Destination {
  /** Name or address of the host. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** Opens a TCP connection, until the signal is aborted. */
export function openTcp(
  { hostname, port }: Destination,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname, port, signal });
}

/** Opens a TLS connection, handshake included, until the signal is aborted. */
export async function openTls(
  { hostname, port, ...options }: Destination & TlsClientOptions,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  const tls = await startTls({ hostname, port }, options, signal);
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
}

async function startTls(
  { hostname, port }: Destination,
  { caCerts = [], cert, key, alpnProtocols }: TlsClientOptions,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  const trust = {
    hostname,
    caCerts: [...caCerts],
    ...alpnProtocols && { alpnProtocols: [...alpnProtocols] },
  };
  if (cert !== undefined && key !== undefined) {
    // Only this function takes a client certificate. It has no signal; the dial
    // closes a connection that it opens too late.
    return await Deno.connectTls({ ...trust, port, cert, key });
  }
  const tcp = await openTcp({ hostname, port }, signal);
  tcp.setNoDelay(true);
  tcp.setKeepAlive(true);
  return await Deno.startTls(tcp, trust);
}
