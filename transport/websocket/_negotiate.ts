/**
 * The server's decision on a request to open a WebSocket.
 *
 * @module
 */

import { checkUpgrade } from "./_handshake_server.ts";
import { isOriginAccepted, type OriginPolicy } from "./_origin.ts";

/** Which requests to open a WebSocket are accepted. */
export interface AcceptOptions {
  /** The accepted origins; `"same"` by default. */
  readonly origins?: OriginPolicy | undefined;
  /**
   * The supported subprotocols. The server selects the first one of the
   * client's offer that it supports.
   */
  readonly protocols?: readonly string[] | undefined;
}

/** An accepted request. */
export interface AcceptedUpgrade {
  /** The key of the request. */
  readonly key: string;
  /** The selected subprotocol, or "" for none. */
  readonly protocol: string;
}

/** Accepts a request, or returns the response that refuses it. */
export function negotiate(
  request: Request,
  { origins, protocols = [] }: AcceptOptions,
): AcceptedUpgrade | Response {
  const offer = checkUpgrade(request);
  if (offer instanceof Response) return offer;
  if (!isOriginAccepted(request, origins)) {
    return new Response("Origin not accepted\n", { status: 403 });
  }
  const protocol = offer.protocols.find((name) => protocols.includes(name));
  return { key: offer.key, protocol: protocol ?? "" };
}
