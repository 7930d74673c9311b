/**
 * WebSocket on the connections of another listener.
 * Internal to the package.
 *
 * @module
 */

import type { Channel, ChannelInfo, Listener } from "../channel.ts";
import { addressMatcher } from "../ip_addresses.ts";
import { checkNumbers } from "../number_option.ts";
import { throughProxy } from "../proxy_protocol.ts";
import { printFirstFailure } from "../refusals.ts";
import { unexpectedEof } from "../unexpected_eof.ts";
import { WriteUnits } from "../write_units.ts";
import { checkAcceptOptions } from "./_accept_options.ts";
import { WebSocketChannel } from "./_channel.ts";
import {
  HandshakeListener,
  type ReportRefusal,
} from "../handshake_listener.ts";
import {
  type ReadRequest,
  RequestReader,
  UpgradeRequestError,
  writeUpgradeResponse,
} from "./_handshake_server.ts";
import { excerpt } from "../../quoting/quote.ts";
import { writeResponse } from "./_http.ts";
import { beforeProxies, type ReceivedRequest } from "./_forwarded.ts";
import { type AcceptedUpgrade, negotiate } from "./_negotiate.ts";
import type { ListenWebSocketOptions } from "./listen_options.ts";
import { OwnCarrier } from "./_own_carrier.ts";
import { applicationFailure, Refusal, refuse } from "./_refusal.ts";

/**
 * Checks options before there is anything to close.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If the path or an option of another kind is invalid.
 */
export function checkListenOptions(options: ListenWebSocketOptions): void {
  const { cert, key, path, trustedProxies } = options;
  checkNumbers(options, { maxHeadBytes: 1, maxMessageBytes: 1 });
  checkAcceptOptions(options);
  addressMatcher(trustedProxies ?? []);
  if (path) pathInUrl(path);
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError(
      `Cannot listen: ${
        cert === undefined ? "cert" : "key"
      } is missing, wanted both cert and key`,
    );
  }
  if (options.proxyProtocol && trustedProxies === undefined) {
    throw new TypeError(
      "Cannot listen: got proxyProtocol without trustedProxies, wanted the addresses of the proxies",
    );
  }
}

/** Accepts WebSockets on the connections of a listener, which it owns. */
export function webSocketListener(
  below: Listener,
  options: ListenWebSocketOptions,
): Listener {
  const {
    cert,
    maxPendingHandshakes,
    onRefused,
    trustedProxies,
    upgradeTimeout = 5_000,
  } = options;
  const isTrusted = addressMatcher(trustedProxies ?? []);
  const path = options.path && pathInUrl(options.path);
  const address = below.address.replace(/^tcp/, "ws").replace(/^tls/, "wss") +
    (path ?? "");
  return new HandshakeListener(
    address,
    below,
    async (channel, report) => {
      // With a certificate, the header comes before TLS.
      const info = options.proxyProtocol && cert === undefined
        ? { ...channel.info, ...await throughProxy(channel, isTrusted) }
        : channel.info;
      return await open(channel, info, { ...options, path }, report);
    },
    { maxPendingHandshakes, upgradeTimeout, onRefused },
  );
}

/** Returns a path as requests have it: parsed and escaped. */
function pathInUrl(path: string): string {
  // Joined as text: a URL parser would take "//a/b" alone for a host.
  const url = path.startsWith("/") ? URL.parse(`http://h${path}`) : null;
  if (url !== null && url.search + url.hash === "" && !/[?#]$/.test(path)) {
    return url.pathname;
  }
  throw new TypeError(
    `Cannot listen: path ${
      JSON.stringify(path)
    }, wanted one that begins with / and has no ? or #`,
  );
}

/** Performs the handshake on a connection; `undefined` if it was refused. */
async function open(
  below: Channel,
  { remote, secure, local }: ChannelInfo,
  options: ListenWebSocketOptions,
  report: ReportRefusal,
): Promise<Channel | undefined> {
  const read = await readRequest(below, secure, options.maxHeadBytes);
  if (read instanceof Refusal) {
    return await sendRefusal(
      below,
      read,
      (reason) => report(reason, { ...below.info, local, remote, secure }),
    );
  }
  const received = beforeProxies(
    { request: read.request, remote, secure },
    options,
  );
  const { request } = received;
  const info = {
    local,
    ...received,
    transport: "websocket",
  } as const;
  const upgrade = await decide(received, info, options);
  if (upgrade instanceof Refusal) {
    const head = request.method === "HEAD";
    return await sendRefusal(
      below,
      upgrade,
      (reason) => report(reason, info),
      head,
    );
  }
  await send(below, writeUpgradeResponse(upgrade));
  const carrier = new OwnCarrier(below, "server", read.rest, options);
  return new WebSocketChannel(carrier, info);
}

async function readRequest(
  below: Channel,
  secure: boolean,
  maxHead: number | undefined,
): Promise<ReadRequest | Refusal> {
  const reader = new RequestReader({ secure, maxHead });
  try {
    for (;;) {
      const chunk = await below.read();
      if (chunk === null) {
        throw unexpectedEof(
          "Cannot read the upgrade request: the connection ended before it was complete",
        );
      }
      const read = reader.push(chunk);
      if (read !== undefined) return read;
    }
  } catch (error) {
    if (error instanceof UpgradeRequestError) return error.toResponse();
    throw error;
  }
}

/** Decides on a request by path, protocol, origin and the application. */
async function decide(
  received: ReceivedRequest,
  info: ChannelInfo,
  { onRequest, path, ...options }: ListenWebSocketOptions,
): Promise<AcceptedUpgrade | Refusal> {
  const { request } = received;
  if (path && path !== new URL(request.url).pathname) {
    const { pathname } = new URL(request.url);
    return refuse(404, "Not found", {
      detail: `path ${excerpt(pathname)}, wanted ${excerpt(path)}`,
    });
  }
  const upgrade = negotiate(received, options);
  if (upgrade instanceof Refusal || onRequest === undefined) return upgrade;
  try {
    const decision: unknown = await onRequest(request, info);
    if (decision === undefined) return upgrade;
    if (decision instanceof Response) {
      const reason = new Error(
        `Cannot accept a WebSocket: onRequest responded with status ${decision.status}`,
      );
      return new Refusal(decision.body, decision, reason);
    }
    throw new TypeError(
      `Cannot accept a WebSocket: onRequest returned ${
        decision === null ? "null" : typeof decision
      }, wanted nothing or a Response`,
    );
  } catch (error) {
    if (options.onRefused === undefined) {
      printFirstFailure("onRequest", onRequest, error);
    }
    return applicationFailure(error);
  }
}

/** Reports a refusal and sends its response, or status 500 if that cannot be sent. */
async function sendRefusal(
  below: Channel,
  refusal: Refusal,
  report: (reason: unknown) => void,
  head = false,
): Promise<undefined> {
  let bytes: Uint8Array;
  let { reason } = refusal;
  try {
    bytes = await writeResponse(refusal, { head });
  } catch (error) {
    reason = error;
    bytes = await writeResponse(applicationFailure(error), { head });
  }
  report(reason);
  await send(below, bytes);
  await below.close();
}

async function send(below: Channel, bytes: Uint8Array): Promise<void> {
  const units = new WriteUnits();
  units.add(bytes);
  await below.write(units);
}
