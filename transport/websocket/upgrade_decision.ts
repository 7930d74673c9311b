/**
 * The two steps of accepting a WebSocket within an HTTP server: deciding on the
 * request, and opening.
 *
 * @module
 */

import { type OptionNames, pickOptions } from "../../quoting/option_names.ts";
import type { Channel, ChannelInfo } from "../channel.ts";
import { checkNumbers } from "../number_option.ts";
import type { RefusalObserver } from "../refusals.ts";
import type { HttpConnection } from "./http_connection.ts";
import { checkAcceptOptions } from "./_accept_options.ts";
import {
  type AcceptedUpgrade,
  type AcceptOptions,
  negotiate,
} from "./_negotiate.ts";
import type { Refusal } from "./_refusal.ts";
import {
  checkSocketOptions,
  SOCKET_OPTIONS,
  type SocketOptions,
} from "./_standard_carrier.ts";
import { receivedRequest } from "./_received_request.ts";
import { socketChannel } from "./standard_socket.ts";

/** Options of {@linkcode acceptUpgrade}. */
export interface AcceptUpgradeOptions extends AcceptOptions, SocketOptions {
  /**
   * The second argument of the handler: without it, `info.remote` is unknown, no
   * proxy is trusted, and pages count as connecting from a loopback address.
   */
  readonly info?: HttpConnection | undefined;
  /**
   * Seconds without a frame from the client after which the runtime ends the
   * connection. It sends a ping after half of them. The default of the runtime
   * is 30; 0 disables it. A large message that takes longer to arrive or to
   * leave counts as silence.
   */
  readonly idleTimeout?: number | undefined;
  /**
   * Called for each request that is refused, with the reason. Its first failure
   * is printed.
   */
  readonly onRefused?: RefusalObserver | undefined;
}

/** The names of the options of a handler that accepts upgrades. */
export const UPGRADE_OPTIONS: OptionNames<Omit<AcceptUpgradeOptions, "info">> =
  {
    ...SOCKET_OPTIONS,
    hosts: 1,
    idleTimeout: 1,
    onRefused: 1,
    origins: 1,
    protocols: 1,
    proxyHeaders: 1,
    trustedProxies: 1,
  };

/** The outcome of {@linkcode acceptUpgrade}. */
export interface UpgradeResult {
  /** The response to return: it opens the WebSocket, or refuses. */
  readonly response: Response;
  /**
   * The channel, usable once the response has been returned; `undefined` if
   * the request is refused.
   */
  readonly channel: Channel | undefined;
}

/** The decision on a request. */
export interface UpgradeDecision {
  /** The request, as it was before it came through trusted proxies. */
  readonly request: Request;
  /** What is known of the connection; it outlives the request. */
  readonly info: ChannelInfo;
  /** The accepted upgrade, or the response that refuses it. */
  readonly outcome: AcceptedUpgrade | Refusal;
}

/**
 * Checks options before there is a request.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option by which requests are accepted is invalid.
 */
export function checkUpgradeOptions(options: AcceptUpgradeOptions): void {
  checkAcceptOptions(options);
  checkSocketOptions(options);
  checkNumbers(options, { idleTimeout: 0 });
}

/** Decides on a request by its headers, host and origin. */
export function decideUpgrade(
  request: Request,
  options: AcceptUpgradeOptions,
): UpgradeDecision {
  const received = receivedRequest(request, options.info, options);
  const { remote, secure } = received;
  return {
    request: received.request,
    info: {
      transport: "websocket",
      remote: remote === "unix:" ? undefined : remote,
      secure,
      request: copyOf(received.request),
    },
    outcome: negotiate(received, options),
  };
}

/**
 * Copies a request: once it has been answered or upgraded, it reveals nothing.
 * A malformed one cannot be copied.
 */
export function copyOf(
  { url, method, headers }: Pick<Request, "headers" | "method" | "url">,
): Request | undefined {
  try {
    return new Request(url, { method, headers });
  } catch {
    return undefined;
  }
}

/**
 * Opens the WebSocket of a request that was accepted.
 *
 * @param request The object that the server passed to its handler.
 */
export function openUpgrade(
  request: Request,
  { protocol }: AcceptedUpgrade,
  info: ChannelInfo,
  options: AcceptUpgradeOptions,
): { readonly response: Response; readonly channel: Channel } {
  const { idleTimeout } = options;
  // deno-coverage-ignore-start
  if (!("Deno" in globalThis)) {
    throw new Error(
      'Cannot accept a WebSocket: this runtime has no Deno.upgradeWebSocket, wanted serve({ transport: "websocket" })',
    );
  }
  // deno-coverage-ignore-stop
  const { response, socket } = Deno.upgradeWebSocket(request, {
    ...(protocol === "" ? {} : { protocol }),
    ...(idleTimeout === undefined ? {} : { idleTimeout }),
  });
  const channel = socketChannel(socket, {
    ...pickOptions(options, SOCKET_OPTIONS),
    info,
  });
  return { response, channel };
}
