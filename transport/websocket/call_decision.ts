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
import { receivedRequest } from "./_received_request.ts";
import { copyOf } from "./upgrade_decision.ts";

/** Which requests are accepted as calls. */
export interface AcceptCallOptions extends Omit<AcceptOptions, "protocols"> {
  /** The second argument of the handler: without it, the address of the client is unknown. */
  readonly info?: HttpConnection | undefined;
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

/** Decides on a request by its host and origin. */
export function decideCall(
  request: Request,
  options: AcceptCallOptions,
): CallDecision {
  const received = receivedRequest(request, options.info, options);
  const { remote, secure } = received;
  return {
    request: received.request,
    info: {
      transport: "http",
      remote: remote === "unix:" ? undefined : remote,
      secure,
      request: copyOf(received.request),
    },
    refusal: refusalOf(received, options) ??
      embeddingRefusal(received.request, options),
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
  );
}
