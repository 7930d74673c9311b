/**
 * Opening connections of the system, within a dial.
 *
 * @module
 */

import { excerpt } from "../quoting/quote.ts";
import { withAbortHandler } from "./dial.ts";

/** Where to connect to. */
export interface Destination {
  /** Name or address of the host. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** How a TLS client identifies itself, and whom it trusts. */
export interface TlsClientOptions {
  /** Certificates in PEM to trust in addition to those the runtime trusts, in Deno. */
  readonly caCerts?: readonly string[] | undefined;
  /**
   * The certificate of the client and its chain, in PEM, for servers that
   * request one, in Deno. The runtime does not set `TCP_NODELAY` on a connection
   * with a client certificate, so a small write soon after another can wait for
   * the delayed acknowledgement of the server, about 40 ms.
   */
  readonly cert?: string | undefined;
  /** The private key of the certificate, in PEM. */
  readonly key?: string | undefined;
  /**
   * The application protocols to offer in the handshake (ALPN), in order of
   * preference, in Deno; none by default. A server that supports none of them
   * may refuse the connection.
   */
  readonly alpnProtocols?: readonly string[] | undefined;
}

/** The names of these options. */
export const TLS_CLIENT_OPTIONS = [
  "caCerts",
  "cert",
  "key",
  "alpnProtocols",
] as const satisfies readonly (keyof TlsClientOptions)[];

/**
 * Checks what the runtime would ignore: text that is no certificate, such as
 * the name of a file, and half of a key pair.
 *
 * @throws {TypeError} If `caCerts` or `cert` is not PEM, or one of `cert` and
 * `key` is missing.
 */
export function checkTlsOptions(
  address: string,
  { caCerts = [], cert, key }: TlsClientOptions,
): void {
  const certificates = caCerts.map((text, index): [string, string] => [
    `caCerts[${index}]`,
    text,
  ]);
  if (cert !== undefined) certificates.push(["cert", cert]);
  for (const [name, text] of certificates) {
    if (
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.test(text)
    ) {
      continue;
    }
    throw new TypeError(
      `Cannot connect to ${address}: ${name} is ${
        excerpt(text)
      }, wanted a certificate in PEM`,
    );
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError(
      `Cannot connect to ${address}: ${
        cert === undefined ? "cert" : "key"
      } is missing, wanted both cert and key`,
    );
  }
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
