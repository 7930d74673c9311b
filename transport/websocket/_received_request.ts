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

/**
 * Returns a request as the client sent it, before it came through the proxies
 * that are trusted.
 */
export function receivedRequest(
  request: Request,
  info: Deno.ServeHandlerInfo | undefined,
  options: ProxyOptions,
): ReceivedRequest {
  const address: Deno.Addr | undefined = info?.remoteAddr;
  let remote: string | undefined;
  if (address?.transport === "tcp") remote = netAddress("tcp", address);
  else if (address?.transport === "unix") remote = "unix:";
  const secure = request.url.startsWith("https:");
  return beforeProxies({ request, remote, secure }, options);
}
