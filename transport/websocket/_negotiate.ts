/**
 * The server's decision on a request to open a WebSocket.
 *
 * @module
 */

import type { ProxyOptions, ReceivedRequest } from "./_forwarded.ts";
import { checkUpgrade } from "./_handshake_server.ts";
import { type HostPolicy, isFromThisMachine, isHostListed } from "./_hosts.ts";
import { excerpt } from "../../quoting/quote.ts";
import { isOriginAccepted, type OriginPolicy } from "./_origin.ts";
import { printFirstFailure, type RefusalObserver } from "../refusals.ts";
import { applicationFailure, type Refusal, refuse } from "./_refusal.ts";

/** Which requests to open a WebSocket are accepted. */
export interface AcceptOptions extends ProxyOptions {
  /** The accepted origins; `"same"` by default. */
  readonly origins?: OriginPolicy | undefined;
  /**
   * The names of the server. By default every name is accepted, with one
   * exception, against pages that have their own name resolve to this machine
   * (DNS rebinding): with the origin policy `"same"`, a page that connects from
   * a loopback address has to use a loopback name or an IP address. This does
   * not concern a page that came over TLS or through a proxy that adds a header
   * such as `X-Forwarded-For`, nor programs that send no `Origin`.
   */
  readonly hosts?: HostPolicy | undefined;
  /**
   * The supported subprotocols. The server selects the first one of the
   * client's offer that it supports.
   */
  readonly protocols?: readonly string[] | undefined;
}

/** The options, and whether refusals are observed. */
interface ObservedOptions extends AcceptOptions {
  readonly onRefused?: RefusalObserver | undefined;
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
  received: ReceivedRequest,
  { origins, hosts, protocols = [], onRefused }: ObservedOptions,
): AcceptedUpgrade | Refusal {
  const { request } = received;
  const offer = checkUpgrade(request);
  if (offer instanceof Response) return offer;
  const refusal = refusalOf(received, { origins, hosts, onRefused });
  if (refusal !== undefined) return refusal;
  const protocol = offer.protocols.find((name) => protocols.includes(name));
  return { key: offer.key, protocol: protocol ?? "" };
}

/** Returns the response that refuses a request for its host or its origin, whatever it is about. */
export function refusalOf(
  received: ReceivedRequest,
  { origins = "same", hosts, onRefused }: ObservedOptions,
  what: "WebSocket" | "call" = "WebSocket",
): Refusal | undefined {
  const { request } = received;
  const url = new URL(request.url);
  if (hosts !== undefined && hosts !== "*" && !isHostListed(url, hosts)) {
    return refuse(
      403,
      `Host ${excerpt(url.host)}, wanted one of the server's option hosts`,
      { what },
    );
  }
  let isAccepted: boolean;
  try {
    isAccepted = isOriginAccepted(request, origins);
  } catch (error) {
    if (onRefused === undefined && typeof origins === "function") {
      printFirstFailure("origins", origins, error);
    }
    return applicationFailure(error);
  }
  if (!isAccepted) {
    const origin = excerpt(String(request.headers.get("origin")));
    return refuse(
      403,
      origins === "same"
        ? `Origin ${origin} at ${
          excerpt(`${url.protocol}//${url.host}`)
        }, wanted the same host there, or one of the server's option origins`
        : `Origin ${origin}, wanted one of the server's option origins`,
      { what },
    );
  }
  if (
    origins === "same" && hosts === undefined &&
    isFromThisMachine(received) && !isHostListed(url, [])
  ) {
    return refuse(
      403,
      `Host ${
        excerpt(url.host)
      } from this machine, wanted a loopback name or an IP address, one of the server's option hosts, or a ${
        what === "call" ? "trusted proxy" : "proxy's X-Forwarded-For"
      }`,
      { what },
    );
  }
  return undefined;
}
