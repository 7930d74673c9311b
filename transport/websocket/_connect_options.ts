/**
 * Options for connecting over WebSocket.
 *
 * @module
 */

import type { DialOptions } from "../dial.ts";
import type { TlsClientOptions } from "../open_conn.ts";
import type { SocketChannelOptions } from "./standard_socket.ts";

/** Options of `connectWebSocket`. */
export interface ConnectWebSocketOptions
  extends DialOptions, TlsClientOptions, Omit<SocketChannelOptions, "info"> {
  /** The subprotocols to offer, in order of preference; none by default. */
  readonly protocols?: readonly string[] | undefined;
  /**
   * Headers of the request, in Deno. `Origin` is by default the origin of the
   * server, since some servers, among them the Go reference implementation,
   * refuse a request without one.
   */
  readonly headers?: HeadersInit | undefined;
}
