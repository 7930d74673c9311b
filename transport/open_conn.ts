/**
 * Opening connections of the system, within a dial.
 *
 * @module
 */

import { withAbortHandler } from "./dial.ts";

/** Where to connect to. */
export interface Destination {
  readonly hostname: string;
  readonly port: number;
}

/** How a TLS client proves who it is, and whom it trusts. */
export interface TlsClientOptions {
  readonly caCerts?: readonly string[] | undefined;
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
  { hostname, port, caCerts = [] }: Destination & TlsClientOptions,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  const tcp = await openTcp({ hostname, port }, signal);
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
}
