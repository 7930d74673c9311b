/**
 * Options for TLS on listeners without TLS.
 * Internal to the package.
 *
 * @module
 */

/** Options of a listener that mean TLS. */
export interface TlsListenOptions {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly tlsEngine?: string | undefined;
  readonly alpnProtocols?: readonly string[] | undefined;
}

/**
 * Refuses options for TLS on a listener without it: where the certificate is
 * missing by mistake, it would serve everybody in plain text.
 *
 * @throws {TypeError} If there is one.
 */
export function refuseTlsOptions(
  transport: string,
  { cert, key, tlsEngine, alpnProtocols }: TlsListenOptions,
): void {
  const given = Object.entries({ cert, key, tlsEngine, alpnProtocols })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length === 0) return;
  throw new TypeError(
    `Cannot listen: got ${given.join(" and ")} with transport ${transport}${
      cert === undefined ? " and no cert" : ""
    }, wanted TLS or no such option`,
  );
}
