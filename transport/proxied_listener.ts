/**
 * Listeners behind proxies that name the client by the PROXY protocol.
 * Internal to the package.
 *
 * @module
 */

import type { Channel, ChannelInfo, Listener } from "./channel.ts";
import { type AddressMatcher, addressMatcher } from "./ip_addresses.ts";
import { throughProxy } from "./proxy_protocol.ts";
import { HandshakeListener } from "./handshake_listener.ts";
import { NodeTlsListener } from "./_node_tls_listener.ts";
import type { RefusalObserver } from "./refusals.ts";
import { listenTcp } from "./tcp.ts";
import { checkCertificate } from "./_tls_listener.ts";
import type { ListenTlsOptions } from "./tls.ts";

/** Options of a listener that may be behind proxies. */
export interface ProxiedListenerOptions {
  /** Addresses and ranges of the proxies, as in `ProxyOptions`. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** How long the header of a proxy may take, in milliseconds; 5,000 by default. */
  readonly upgradeTimeout?: number | undefined;
  /** Maximum number of connections whose header has not arrived; 1,024 by default. */
  readonly maxPendingHandshakes?: number | undefined;
  /** Receives the connections whose header is malformed or late. */
  readonly onRefused?: RefusalObserver | undefined;
}

/**
 * Listens behind proxies that use the PROXY protocol: the channels know their
 * clients.
 *
 * @param listen Listens for the connections.
 * @throws {TypeError} If no proxy is trusted, or one is not an address or a
 * range.
 */
export async function listenBehindProxies(
  listen: () => Listener | Promise<Listener>,
  options: ProxiedListenerOptions,
): Promise<Listener> {
  const isTrusted = requiredProxies(options);
  return behindProxies(await listen(), isTrusted, options);
}

/** Options of a TLS listener that may be behind proxies. */
type ProxiedTlsOptions = ListenTlsOptions & ProxiedListenerOptions;

/**
 * Listens for TLS behind proxies that pass it on as it is, with a header of the
 * PROXY protocol before it.
 *
 * @param below What the connections come from; a TCP listener of Deno by default.
 * @throws {TypeError} If no proxy is trusted, one is not an address or a range,
 * or the runtime performs TLS: it begins with the first byte of a connection.
 */
export function listenTlsBehindProxies(
  options: ProxiedTlsOptions,
  below?: Listener,
): Listener {
  // Before the port is opened, which nobody would close.
  const isTrusted = checkProxiedTls(options);
  const { alpnProtocols, hostname, onRefused, port, reusePort } = options;
  below ??= listenTcp({ hostname, port, reusePort, onRefused });
  return new NodeTlsListener(
    behindProxies(below, isTrusted, options),
    options,
    alpnProtocols,
  );
}

/** Checks the options of {@linkcode listenTlsBehindProxies}, and returns which addresses are proxies. */
export function checkProxiedTls(options: ProxiedTlsOptions): AddressMatcher {
  const isTrusted = requiredProxies(options);
  const { tlsEngine = "native" } = options;
  if (tlsEngine !== "node") {
    throw new TypeError(
      `Cannot listen: got proxyProtocol with a certificate and tlsEngine ${
        JSON.stringify(tlsEngine)
      }, wanted tlsEngine "node", or TLS to end at the proxy`,
    );
  }
  checkCertificate(options);
  return isTrusted;
}

function behindProxies(
  below: Listener,
  isTrusted: AddressMatcher,
  options: ProxiedListenerOptions,
): Listener {
  return new HandshakeListener(
    below.address,
    below,
    (channel) => completed(channel, throughProxy(channel, isTrusted)),
    options,
  );
}

function requiredProxies(
  { trustedProxies }: ProxiedListenerOptions,
): AddressMatcher {
  if (trustedProxies !== undefined) return addressMatcher(trustedProxies);
  throw new TypeError(
    "Cannot listen: trustedProxies is missing, wanted the addresses of the proxies that use proxyProtocol",
  );
}

/** Completes the information on a channel that nobody has yet. */
async function completed(
  channel: Channel,
  known: Promise<Partial<ChannelInfo>>,
): Promise<Channel> {
  // No copy of the channel: each would cost memory for as long as it is open.
  Object.assign(channel.info, await known);
  return channel;
}
