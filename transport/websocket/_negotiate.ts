/**
 * The server's decision on a request to open a WebSocket.
 *
 * @module
 */

import { checkUpgrade } from "./_handshake_server.ts";
import { isOriginAccepted, type OriginPolicy } from "./_origin.ts";
import { applicationFailure, type Refusal, refusal } from "./_refusal.ts";

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
): AcceptedUpgrade | Refusal {
  const offer = checkUpgrade(request);
  if (offer instanceof Response) return offer;
  try {
    if (!isOriginAccepted(request, origins)) {
      return refusal("Origin not accepted", {
        status: 403,
        statusText: "Forbidden",
      });
    }
  } catch (error) {
    return applicationFailure(error);
  }
  const protocol = offer.protocols.find((name) => protocols.includes(name));
  return { key: offer.key, protocol: protocol ?? "" };
}
