/**
 * Options of a TLS client.
 *
 * @module
 */

import { excerpt } from "../quoting/quote.ts";

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
