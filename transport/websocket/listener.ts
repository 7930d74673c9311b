/**
 * Accepting channels over WebSocket, on a separate port.
 *
 * @module
 */

import { checkOptionNames, pickOptions } from "../../quoting/option_names.ts";
import type { Listener } from "../channel.ts";
import { listenTlsBehindProxies } from "../proxied_listener.ts";
import { LISTEN_TCP_OPTIONS, LISTEN_TLS_OPTIONS } from "../socket_options.ts";
import { listenTcp } from "../tcp.ts";
import { listenTls } from "../tls.ts";
import { refuseTlsOptions } from "../tls_options.ts";
import { checkListenOptions, webSocketListener } from "./listen_on.ts";
import {
  LISTEN_OPTIONS,
  type ListenWebSocketOptions,
} from "./listen_options.ts";

export type { RefusalObserver } from "../refusals.ts";
export type { TlsEngine } from "../tls.ts";
export type { ProxyOptions } from "./_forwarded.ts";
export type { HostPolicy } from "./_hosts.ts";
export type { AcceptOptions } from "./_negotiate.ts";
export type { OriginPolicy } from "./_origin.ts";
export type { FramingOptions } from "./_own_carrier.ts";
export type { ListenWebSocketOptions };

/**
 * Listens for channels over WebSocket, on a separate port.
 *
 * Needs permission to use the network. Reading a channel returns the bytes of
 * text and binary messages as one stream, regardless of message boundaries. The
 * `info.request` of a channel is the HTTP request that opened it. A refused
 * request receives a response with the reason.
 *
 * Handshakes run concurrently, so a slow client delays no other one. If
 * `maxPendingHandshakes` are in progress, a further connection ends the one that
 * has taken longest. With a certificate, the limits of `listenTls` apply: unless
 * `tlsEngine` is `"node"`, a client that never finishes its TLS handshake keeps
 * its file descriptor until it leaves. Terminate TLS in a proxy on an untrusted
 * network.
 *
 * Between programs this is faster than the runtime's HTTP server. To share a
 * port with other HTTP services, use `acceptUpgrade`.
 *
 * @throws {Error} If listening on the address fails, or the certificate and key
 * do not match.
 * @throws {RangeError} If `maxPendingHandshakes` or another number is out of
 * its range.
 * @throws {TypeError} If the path does not begin with `/` or has a query or
 * fragment, `origins`, `hosts`, `protocols`, `trustedProxies` or `proxyHeaders`
 * is invalid, `proxyProtocol` is combined with `cert` and the native `tlsEngine`,
 * one of `cert` and `key` is missing, or another option for TLS is given without
 * them.
 *
 * @example
 * ```ts
 * import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
 * import { listenWebSocket } from "@gotalk/gotalk/transport/websocket-listener";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = listenWebSocket({ path: "/gotalk" });
 * const [a, b] = await Promise.all([connectWebSocket(listener.address), listener.accept()]);
 * assertEquals(b!.info.request!.url, listener.address.replace("ws:", "http:"));
 * await Promise.all([a.close(), b!.close()]);
 * ```
 */
export function listenWebSocket(
  options: ListenWebSocketOptions = {},
): Listener {
  checkOptionNames(options, LISTEN_OPTIONS);
  checkListenOptions(options);
  return webSocketListener(listenBelow(options), options);
}

/** Listens for the connections below, which use TLS if there is a certificate. */
function listenBelow(options: ListenWebSocketOptions): Listener {
  const { cert, key, proxyProtocol } = options;
  if (cert === undefined || key === undefined) {
    refuseTlsOptions("websocket", options);
    return listenTcp(pickOptions(options, LISTEN_TCP_OPTIONS));
  }
  const secure = { ...options, cert, key };
  return proxyProtocol
    ? listenTlsBehindProxies(secure)
    : listenTls(pickOptions(secure, LISTEN_TLS_OPTIONS));
}
