/**
 * Options for connecting over WebSocket.
 *
 * @module
 */

import type { OptionNames } from "../../quoting/option_names.ts";
import type { DialOptions } from "../dial.ts";
import type { TlsClientOptions } from "../tls_client_options.ts";
import type { SocketChannelOptions } from "./standard_socket.ts";

/** Options of `connectWebSocket`. */
export interface ConnectWebSocketOptions
  extends DialOptions, TlsClientOptions, Omit<SocketChannelOptions, "info"> {
  /** The subprotocols to offer, in order of preference; none by default. */
  readonly protocols?: readonly string[] | undefined;
  /**
   * The `Origin` header of the request, in Deno: an origin such as
   * `"https://example.com"`, or `"same"` for the origin of the server. None by
   * default. Some servers, among them those of the Go reference implementation,
   * refuse a request without one; servers behind a proxy may refuse one that
   * does not match the host that the proxy passes on.
   */
  readonly origin?: string | undefined;
  /** Headers of the request, in Deno. An `Origin` among them replaces `origin`. */
  readonly headers?: HeadersInit | undefined;
}

/** The names of the options of `connectWebSocket`. */
export const CONNECT_OPTIONS: OptionNames<ConnectWebSocketOptions> = {
  alpnProtocols: 1,
  caCerts: 1,
  cert: 1,
  connectTimeout: 1,
  headers: 1,
  key: 1,
  maxMessageBytes: 1,
  maxReceiveBufferBytes: 1,
  origin: 1,
  protocols: 1,
  signal: 1,
  units: 1,
};
