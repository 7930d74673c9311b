/**
 * Deciding on a request to open a WebSocket.
 *
 * @module
 */

import { checkUpgrade } from "./_handshake_server.ts";
import { isOriginAccepted, type OriginPolicy } from "./_origin.ts";

/** What requests to open a WebSocket are accepted. */
export interface AcceptOptions {
  /** Which origins are accepted; `"same"` by default. */
  readonly origins?: OriginPolicy | undefined;
  /** The subprotocols that are spoken. The first one that the client offers of them is agreed on. */
  readonly protocols?: readonly string[] | undefined;
}

/** A request to agree to: its key, and the subprotocol to agree on, or "". */
export interface Agreement {
  readonly key: string;
  readonly protocol: string;
}

/** Agrees to a request, or gives the response that refuses it. */
export function decide(
  request: Request,
  { origins, protocols = [] }: AcceptOptions,
): Agreement | Response {
  const offer = checkUpgrade(request);
  if (offer instanceof Response) return offer;
  if (!isOriginAccepted(request, origins)) {
    return new Response("Origin not accepted\n", { status: 403 });
  }
  const protocol = offer.protocols.find((name) => protocols.includes(name));
  return { key: offer.key, protocol: protocol ?? "" };
}
