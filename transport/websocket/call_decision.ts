/**
 * The decision on an HTTP request that is a call, by the same rules as for
 * WebSockets.
 * Internal to the package.
 *
 * @module
 */

import type { ChannelInfo } from "../channel.ts";
import type { RefusalObserver } from "../refusals.ts";
import type { HttpConnection } from "./http_connection.ts";
import { checkAcceptOptions } from "./_accept_options.ts";
import { type AcceptOptions, refusalOf } from "./_negotiate.ts";
import { type Refusal, refuse } from "./_refusal.ts";
import type { ReceivedRequest } from "./_forwarded.ts";
import { receivedRequest } from "./_received_request.ts";
import { copyOf } from "./upgrade_decision.ts";

/** Which requests are accepted as calls. */
export interface AcceptCallOptions extends Omit<AcceptOptions, "protocols"> {
  /** Called for each request that is refused, with the reason. */
  readonly onRefused?: RefusalObserver | undefined;
}

/** The decision on a call. */
export interface CallDecision {
  /** The request, as it was before it came through trusted proxies; without a body. */
  readonly request: Request;
  /** What is known of the caller; it outlives the request. */
  readonly info: ChannelInfo;
  /** The response that refuses the request, if there is one. */
  readonly refusal: Refusal | undefined;
}

/**
 * Checks options before there is a request.
 *
 * @throws {TypeError} If one is invalid.
 */
export function checkCallOptions(options: AcceptCallOptions): void {
  checkAcceptOptions(options);
}

/** Decides on a request by its host and origin. Without `info`, the second argument of the handler, the address of the client is unknown. */
export function decideCall(
  request: Request,
  info: HttpConnection | undefined,
  options: AcceptCallOptions,
): CallDecision {
  const received = receivedRequest(request, info, options);
  return {
    request: received.request,
    info: infoOf(received),
    refusal: refusalOf(received, options, "call") ??
      embeddingRefusal(received.request, options),
  };
}

/** Returns what is known of a caller. */
function infoOf({ remote, request, secure }: ReceivedRequest): ChannelInfo {
  const { headers, method, url } = request;
  let copy: { readonly request: Request | undefined } | undefined;
  return {
    transport: "http",
    remote: remote === "unix:" ? undefined : remote,
    secure,
    /** A copy that is made when it is first wanted, since it takes as long as a small call; bench: `http_calls.ts`. */
    get request() {
      return (copy ??= { request: copyOf({ headers, method, url }) }).request;
    },
  };
}

/**
 * Returns the response that refuses a request which a page of another origin
 * makes without naming itself: for an image, a script or a frame. Such requests
 * have the cookies of the visitor. A link that a person follows is accepted.
 */
function embeddingRefusal(
  { headers }: Request,
  { origins }: AcceptCallOptions,
): Refusal | undefined {
  const site = headers.get("sec-fetch-site");
  const isForeign = site === "cross-site" || site === "same-site";
  if (!isForeign || headers.has("origin") || origins === "*") return undefined;
  if (headers.get("sec-fetch-dest") === "document") return undefined;
  return refuse(
    403,
    `Sec-Fetch-Site ${site} without an Origin, wanted a page of the same origin`,
    { what: "call" },
  );
}
