/**
 * Requests as the runtime's HTTP server passes them to a handler.
 *
 * @module
 */

import { netAddress } from "../address.ts";
import {
  beforeProxies,
  type ProxyOptions,
  type ReceivedRequest,
} from "./_forwarded.ts";
import type { HttpConnection } from "./http_connection.ts";

/**
 * Returns a request as the client sent it, before it came through the proxies
 * that are trusted.
 */
export function receivedRequest(
  request: Request,
  info: HttpConnection | undefined,
  options: ProxyOptions,
): ReceivedRequest {
  const { transport, hostname = "", port } = info?.remoteAddr ?? {};
  let remote: string | undefined;
  if (transport === "tcp") {
    const address = { hostname, ...port !== undefined && { port } };
    remote = netAddress("tcp", address);
  } else if (transport === "unix") remote = "unix:";
  const secure = request.url.startsWith("https:");
  return beforeProxies({ request, remote, secure }, options);
}
