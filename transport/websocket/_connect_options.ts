/**
 * Options for connecting over WebSocket.
 *
 * @module
 */

import type { DialOptions } from "../dial.ts";
import type { SocketChannelOptions } from "./standard_socket.ts";

/** Options of `connectWebSocket`. */
export interface ConnectWebSocketOptions
  extends DialOptions, Omit<SocketChannelOptions, "info"> {
  /** The subprotocols to offer, in order of preference; none by default. */
  readonly protocols?: readonly string[] | undefined;
  /**
   * Headers of the request, in Deno. `Origin` is by default the origin of the
   * server, since some servers, among them the Go reference implementation,
   * refuse a request without one.
   */
  readonly headers?: HeadersInit | undefined;
  /**
   * Certificates in PEM to trust in addition to those the runtime trusts, in
   * Deno.
   */
  readonly caCerts?: readonly string[] | undefined;
}
