/**
 * Accepting channels over WebSocket, on a separate port.
 *
 * @module
 */

import type { Channel, ChannelInfo, Listener } from "../channel.ts";
import { addressMatcher } from "../ip_addresses.ts";
import { checkNumbers } from "../number_option.ts";
import { listenTlsBehindProxies } from "../proxied_listener.ts";
import { throughProxy } from "../proxy_protocol.ts";
import { listenTcp } from "../tcp.ts";
import { printFirstFailure, type RefusalObserver } from "../refusals.ts";
import { listenTls, type TlsEngine } from "../tls.ts";
import { refuseTlsOptions } from "../tls_options.ts";
import { WriteUnits } from "../write_units.ts";
import { checkAcceptOptions } from "./_accept_options.ts";
import { WebSocketChannel } from "./_channel.ts";
import {
  HandshakeListener,
  type ReportRefusal,
} from "../handshake_listener.ts";
import {
  type ReadRequest,
  RequestReader,
  UpgradeRequestError,
  writeUpgradeResponse,
} from "./_handshake_server.ts";
import { excerpt } from "../../quoting/quote.ts";
import { writeResponse } from "./_http.ts";
import {
  beforeProxies,
  type ProxyOptions,
  type ReceivedRequest,
} from "./_forwarded.ts";
import {
  type AcceptedUpgrade,
  type AcceptOptions,
  negotiate,
} from "./_negotiate.ts";
import { type FramingOptions, OwnCarrier } from "./_own_carrier.ts";
import { applicationFailure, Refusal, refuse } from "./_refusal.ts";

export type { RefusalObserver } from "../refusals.ts";
export type { HostPolicy } from "./_hosts.ts";
export type { OriginPolicy } from "./_origin.ts";
export type { AcceptOptions, FramingOptions, ProxyOptions, TlsEngine };

/** Options of {@linkcode listenWebSocket}. */
export interface ListenWebSocketOptions extends AcceptOptions, FramingOptions {
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
   * Whether the trusted proxies use the PROXY protocol, version 1 or 2, which
   * names the client before its first byte; false by default. They then must
   * use it for each connection. TLS must end at the proxy, or `tlsEngine` be
   * `"node"`: the proxies then pass TLS on as it is. Other hosts connect as ever. The headers of requests are only trusted if the client
   * that the protocol names is a trusted proxy as well.
   */
  readonly proxyProtocol?: boolean | undefined;
  /**
   * The path of the WebSocket, such as `/gotalk`; every path by default. It is
   * escaped as in URLs.
   */
  readonly path?: string | undefined;
  /**
   * The certificate and its chain, in PEM. With it, the WebSocket uses TLS
   * (`wss:`).
   */
  readonly cert?: string | undefined;
  /** The private key of the certificate, in PEM. */
  readonly key?: string | undefined;
  /**
   * The application protocols to accept in the TLS handshake (ALPN), in order of
   * preference, such as `http/1.1`; none by default. A client that offers only
   * others is refused.
   */
  readonly alpnProtocols?: readonly string[] | undefined;
  /** What performs TLS; `"native"` by default, see {@linkcode TlsEngine}. */
  readonly tlsEngine?: TlsEngine | undefined;
  /**
   * How long a handshake may take, including the decision of `onRequest`, in
   * milliseconds; 5,000 by default.
   */
  readonly upgradeTimeout?: number | undefined;
  /**
   * Maximum number of connections that are in their handshake or wait for
   * `accept`; 1,024 by default, `Infinity` for no limit. A further connection
   * ends the handshake that has taken longest.
   */
  readonly maxPendingHandshakes?: number | undefined;
  /**
   * Maximum size of the head of a request, its cookies included, in bytes;
   * 16 KiB by default. A request with a larger one, or with more than 100
   * header fields, receives status 431.
   */
  readonly maxHeadBytes?: number | undefined;
  /**
   * Decides on a request whose origin is accepted: returns nothing to accept
   * it, or the response that refuses it. If it throws or returns anything else,
   * the response is 500 and does not contain the error.
   */
  readonly onRequest?:
    | ((
      request: Request,
      info: ChannelInfo,
    ) => Response | undefined | void | Promise<Response | undefined | void>)
    | undefined;
  /**
   * Called for each request that is refused, and for each handshake that fails
   * or ends early, with the reason. Connections that their clients end are
   * reported at most once a second by each step that can notice it: the socket,
   * and the handshake. Its first failure is printed.
   */
  readonly onRefused?: RefusalObserver | undefined;
}

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
  const {
    cert,
    key,
    maxPendingHandshakes,
    onRefused,
    trustedProxies,
    upgradeTimeout = 5_000,
  } = options;
  checkNumbers(options, { maxHeadBytes: 1, maxMessageBytes: 1 });
  checkAcceptOptions(options);
  const isTrusted = addressMatcher(trustedProxies ?? []);
  const path = options.path && pathInUrl(options.path);
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError(
      `Cannot listen: ${
        cert === undefined ? "cert" : "key"
      } is missing, wanted both cert and key`,
    );
  }
  if (options.proxyProtocol && trustedProxies === undefined) {
    throw new TypeError(
      "Cannot listen: got proxyProtocol without trustedProxies, wanted the addresses of the proxies",
    );
  }
  const below = listenBelow(options);
  const address = below.address.replace(/^tcp/, "ws").replace(/^tls/, "wss") +
    (path ?? "");
  return new HandshakeListener(
    address,
    below,
    async (channel, report) => {
      // With a certificate, the header comes before TLS.
      const info = options.proxyProtocol && cert === undefined
        ? { ...channel.info, ...await throughProxy(channel, isTrusted) }
        : channel.info;
      return await open(channel, info, { ...options, path }, report);
    },
    { maxPendingHandshakes, upgradeTimeout, onRefused },
  );
}

/** Listens for the connections below, which use TLS if there is a certificate. */
function listenBelow(options: ListenWebSocketOptions): Listener {
  const { cert, key, proxyProtocol } = options;
  if (cert === undefined || key === undefined) {
    refuseTlsOptions("websocket", options);
    return listenTcp(options);
  }
  const secure = { ...options, cert, key };
  return proxyProtocol ? listenTlsBehindProxies(secure) : listenTls(secure);
}

/** Returns a path as requests have it: parsed and escaped. */
function pathInUrl(path: string): string {
  // Joined as text: a URL parser would take "//a/b" alone for a host.
  const url = path.startsWith("/") ? URL.parse(`http://h${path}`) : null;
  if (url !== null && url.search + url.hash === "" && !/[?#]$/.test(path)) {
    return url.pathname;
  }
  throw new TypeError(
    `Cannot listen: path ${
      JSON.stringify(path)
    }, wanted one that begins with / and has no ? or #`,
  );
}

/** Performs the handshake on a connection; `undefined` if it was refused. */
async function open(
  below: Channel,
  { remote, secure, local }: ChannelInfo,
  options: ListenWebSocketOptions,
  report: ReportRefusal,
): Promise<Channel | undefined> {
  const read = await readRequest(below, secure, options.maxHeadBytes);
  if (read instanceof Refusal) {
    return await sendRefusal(
      below,
      read,
      (reason) => report(reason, { ...below.info, local, remote, secure }),
    );
  }
  const received = beforeProxies(
    { request: read.request, remote, secure },
    options,
  );
  const { request } = received;
  const info = {
    local,
    ...received,
    transport: "websocket",
  } as const;
  const upgrade = await decide(received, info, options);
  if (upgrade instanceof Refusal) {
    const head = request.method === "HEAD";
    return await sendRefusal(
      below,
      upgrade,
      (reason) => report(reason, info),
      head,
    );
  }
  await send(below, await writeUpgradeResponse(upgrade));
  const carrier = new OwnCarrier(below, "server", read.rest, options);
  return new WebSocketChannel(carrier, info);
}

async function readRequest(
  below: Channel,
  secure: boolean,
  maxHead: number | undefined,
): Promise<ReadRequest | Refusal> {
  const reader = new RequestReader({ secure, maxHead });
  try {
    for (;;) {
      const chunk = await below.read();
      if (chunk === null) {
        throw new Deno.errors.UnexpectedEof(
          "Cannot read the upgrade request: the connection ended before it was complete",
        );
      }
      const read = reader.push(chunk);
      if (read !== undefined) return read;
    }
  } catch (error) {
    if (error instanceof UpgradeRequestError) return error.toResponse();
    throw error;
  }
}

/** Decides on a request by path, protocol, origin and the application. */
async function decide(
  received: ReceivedRequest,
  info: ChannelInfo,
  { onRequest, path, ...options }: ListenWebSocketOptions,
): Promise<AcceptedUpgrade | Refusal> {
  const { request } = received;
  if (path && path !== new URL(request.url).pathname) {
    const { pathname } = new URL(request.url);
    return refuse(404, "Not found", {
      detail: `path ${excerpt(pathname)}, wanted ${excerpt(path)}`,
    });
  }
  const upgrade = negotiate(received, options);
  if (upgrade instanceof Refusal || onRequest === undefined) return upgrade;
  try {
    const decision: unknown = await onRequest(request, info);
    if (decision === undefined) return upgrade;
    if (decision instanceof Response) {
      const reason = new Error(
        `Cannot accept a WebSocket: onRequest responded with status ${decision.status}`,
      );
      return new Refusal(decision.body, decision, reason);
    }
    throw new TypeError(
      `Cannot accept a WebSocket: onRequest returned ${
        decision === null ? "null" : typeof decision
      }, wanted nothing or a Response`,
    );
  } catch (error) {
    if (options.onRefused === undefined) {
      printFirstFailure("onRequest", onRequest, error);
    }
    return applicationFailure(error);
  }
}

/** Reports a refusal and sends its response, or status 500 if that cannot be sent. */
async function sendRefusal(
  below: Channel,
  refusal: Refusal,
  report: (reason: unknown) => void,
  head = false,
): Promise<undefined> {
  let bytes: Uint8Array;
  let { reason } = refusal;
  try {
    bytes = await writeResponse(refusal, { head });
  } catch (error) {
    reason = error;
    bytes = await writeResponse(applicationFailure(error), { head });
  }
  report(reason);
  await send(below, bytes);
  await below.close();
}

async function send(below: Channel, bytes: Uint8Array): Promise<void> {
  const units = new WriteUnits();
  units.add(bytes);
  await below.write(units);
}
