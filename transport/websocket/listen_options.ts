/**
 * Options of listening for WebSockets.
 *
 * @module
 */

import type { OptionNames } from "../../quoting/option_names.ts";
import type { ChannelInfo } from "../channel.ts";
import type { RefusalObserver } from "../refusals.ts";
import type { TlsEngine } from "../tls.ts";
import type { AcceptOptions } from "./_negotiate.ts";
import type { FramingOptions } from "./_own_carrier.ts";

/** Options of `listenWebSocket`. */
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

/** The names of the options of `listenWebSocket`. */
export const LISTEN_OPTIONS: OptionNames<ListenWebSocketOptions> = {
  alpnProtocols: 1,
  cert: 1,
  hostname: 1,
  hosts: 1,
  key: 1,
  maxHeadBytes: 1,
  maxMessageBytes: 1,
  maxPendingHandshakes: 1,
  onRefused: 1,
  onRequest: 1,
  origins: 1,
  path: 1,
  port: 1,
  protocols: 1,
  proxyHeaders: 1,
  proxyProtocol: 1,
  reusePort: 1,
  tlsEngine: 1,
  trustedProxies: 1,
  units: 1,
  upgradeTimeout: 1,
};
