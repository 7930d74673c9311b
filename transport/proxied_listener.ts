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
import type { RefusalObserver } from "./refusals.ts";

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
  const below = await listen();
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
