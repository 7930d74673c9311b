/**
 * Accepting channels over WebSocket within an HTTP server: `Deno.serve` and
 * Deno Deploy.
 *
 * @module
 */

import { checkOptionNames } from "../../quoting/option_names.ts";
import { Refusals } from "../refusals.ts";
import {
  type AcceptUpgradeOptions,
  checkUpgradeOptions,
  decideUpgrade,
  openUpgrade,
  UPGRADE_OPTIONS,
  type UpgradeResult,
} from "./upgrade_decision.ts";

export type { RefusalObserver } from "../refusals.ts";
export type { ProxyOptions } from "./_forwarded.ts";
export type { HostPolicy } from "./_hosts.ts";
export type { AcceptOptions } from "./_negotiate.ts";
export type { OriginPolicy } from "./_origin.ts";
export type { HttpConnection } from "./http_connection.ts";
export type { SocketOptions } from "./_standard_carrier.ts";
export type { AcceptUpgradeOptions, UpgradeResult };

/**
 * Accepts a WebSocket upgrade request, and opens a channel over the WebSocket.
 *
 * Refuses a request without an upgrade with 426, an invalid one with 400, and
 * one from a foreign origin or to a foreign host with 403. To authenticate users, check the request
 * first. The limits of {@linkcode socketChannel} apply.
 *
 * The request must be the object that the server passed to its handler: the
 * runtime cannot upgrade a copy, such as `new Request(request)`.
 *
 * @throws {RangeError} If a number of the options is out of its range.
 * @throws {TypeError} If `origins`, `hosts`, `protocols`, `trustedProxies` or
 * `proxyHeaders` is invalid.
 *
 * @example
 * ```ts
 * import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
 * import { acceptUpgrade } from "@gotalk/gotalk/transport/websocket-upgrade";
 *
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   (request, info) => {
 *     const { response, channel } = acceptUpgrade(request, { info });
 *     void channel?.close();
 *     return response;
 *   },
 * );
 * const channel = await connectWebSocket(`ws://127.0.0.1:${server.addr.port}`);
 * await channel.close();
 * ```
 */
export function acceptUpgrade(
  request: Request,
  options: AcceptUpgradeOptions = {},
): UpgradeResult {
  checkOptionNames(options, { ...UPGRADE_OPTIONS, info: 1 });
  checkUpgradeOptions(options);
  const { info, outcome } = decideUpgrade(request, options);
  if (!(outcome instanceof Response)) {
    return openUpgrade(request, outcome, info, options);
  }
  new Refusals(options.onRefused).refused(outcome.reason, info);
  return { response: outcome, channel: undefined };
}
