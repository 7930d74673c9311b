/**
 * Accepting channels over WebSocket, on a separate port.
 *
 * @module
 */

import type { Channel, ChannelInfo, Listener } from "../channel.ts";
import { listenTcp } from "../tcp.ts";
import { listenTls, type TlsEngine } from "../tls.ts";
import { WriteUnits } from "../write_units.ts";
import { WebSocketChannel } from "./_channel.ts";
import { HandshakeListener } from "./_handshake_listener.ts";
import {
  type ReadRequest,
  RequestReader,
  UpgradeRequestError,
  writeUpgradeResponse,
} from "./_handshake_server.ts";
import { writeResponse } from "./_http.ts";
import { type AcceptOptions, negotiate } from "./_negotiate.ts";
import { type FramingOptions, OwnCarrier } from "./_own_carrier.ts";

export type { OriginPolicy } from "./_origin.ts";
export type { AcceptOptions, FramingOptions, TlsEngine };

/** Options of {@linkcode listenWebSocket}. */
export interface ListenWebSocketOptions extends AcceptOptions, FramingOptions {
  /**
   * The address to listen on; `127.0.0.1` by default, `0.0.0.0` for all
   * addresses.
   */
  readonly hostname?: string | undefined;
  /** The port; a free one by default. */
  readonly port?: number | undefined;
  /** The path of the WebSocket, such as `/gotalk`; every path by default. */
  readonly path?: string | undefined;
  /**
   * The certificate and its chain, in PEM. With it, the WebSocket uses TLS
   * (`wss:`).
   */
  readonly cert?: string | undefined;
  /** The private key of the certificate, in PEM. */
  readonly key?: string | undefined;
  /**
   * The application protocols to accept in the TLS handshake (ALPN), in order of
   * preference, such as `http/1.1`; none by default. A client that offers only
   * others is refused.
   */
  readonly alpnProtocols?: readonly string[] | undefined;
  /** What performs TLS; `"native"` by default, see {@linkcode TlsEngine}. */
  readonly tlsEngine?: TlsEngine | undefined;
  /**
   * How long a handshake may take, including the decision of `onRequest`, in
   * milliseconds; 5,000 by default.
   */
  readonly upgradeTimeout?: number | undefined;
  /**
   * Decides on a request whose origin is accepted: returns nothing to accept
   * it, or the response that refuses it. If it throws, the response is 500 and
   * does not contain the error.
   */
  readonly onRequest?:
    | ((
      request: Request,
      info: ChannelInfo,
    ) => Response | undefined | void | Promise<Response | undefined | void>)
    | undefined;
}

/**
 * Listens for channels over WebSocket, on a separate port.
 *
 * Needs permission to use the network. Reading a channel returns the bytes of
 * text and binary messages as one stream, regardless of message boundaries. The
 * `info.request` of a channel is the HTTP request that opened it. A refused
 * request receives a response with the reason.
 *
 * Handshakes run concurrently, so a slow client delays no other one, as long as
 * fewer than 1,024 connections are in their handshake; further ones then wait
 * until a handshake completes or times out. With a certificate, the limits of
 * `listenTls` apply: unless `tlsEngine` is `"node"`, a client that never finishes
 * its TLS handshake keeps its file descriptor until it leaves. Terminate TLS in a
 * proxy on an untrusted network.
 *
 * Between programs this is faster than the runtime's HTTP server. To share a
 * port with other HTTP services, use `acceptUpgrade`.
 *
 * @throws {Error} If listening on the address fails, or the certificate and key
 * do not match.
 * @throws {TypeError} If the path does not begin with `/`, or one of `cert` and
 * `key` is missing.
 *
 * @example
 * ```ts
 * import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
 * import { listenWebSocket } from "@gotalk/gotalk/transport/websocket-listener";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = listenWebSocket({ path: "/gotalk" });
 * const [a, b] = await Promise.all([connectWebSocket(listener.address), listener.accept()]);
 * assertEquals(b!.info.request!.url, listener.address.replace("ws:", "http:"));
 * await Promise.all([a.close(), b!.close()]);
 * ```
 */
export function listenWebSocket(
  options: ListenWebSocketOptions = {},
): Listener {
  const { path = "", cert, key, upgradeTimeout = 5_000 } = options;
  if (path !== "" && !path.startsWith("/")) {
    throw new TypeError(
      `Cannot listen: path ${
        JSON.stringify(path)
      }, wanted one that begins with /`,
    );
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError(
      `Cannot listen: ${
        cert === undefined ? "cert" : "key"
      } is missing, wanted both cert and key`,
    );
  }
  const below = cert === undefined || key === undefined
    ? listenTcp(options)
    : listenTls({ ...options, cert, key });
  const address = below.address.replace(/^tcp/, "ws").replace(/^tls/, "wss") +
    path;
  return new HandshakeListener(
    address,
    below,
    (channel) => open(channel, options),
    upgradeTimeout,
  );
}

/** Performs the handshake on a connection; `undefined` if it was refused. */
async function open(
  below: Channel,
  options: ListenWebSocketOptions,
): Promise<Channel | undefined> {
  const read = await readRequest(below);
  if (read instanceof Response) return await refuse(below, read);
  const { request, rest } = read;
  const info = { ...below.info, transport: "websocket", request } as const;
  const upgrade = await decide(request, info, options);
  if (upgrade instanceof Response) {
    return await refuse(below, upgrade, request.method === "HEAD");
  }
  await send(below, await writeUpgradeResponse(upgrade));
  const carrier = new OwnCarrier(below, "server", rest, options);
  return new WebSocketChannel(carrier, info);
}

async function readRequest(below: Channel): Promise<ReadRequest | Response> {
  const reader = new RequestReader({ secure: below.info.secure });
  try {
    for (;;) {
      const chunk = await below.read();
      if (chunk === null) {
        throw new Error("The connection ended inside the request");
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
  request: Request,
  info: ChannelInfo,
  options: ListenWebSocketOptions,
): Promise<ReturnType<typeof negotiate>> {
  const { path, onRequest } = options;
  if (path !== undefined && path !== new URL(request.url).pathname) {
    return new Response("Not found\n", { status: 404 });
  }
  const upgrade = negotiate(request, options);
  if (upgrade instanceof Response) return upgrade;
  try {
    return await onRequest?.(request, info) ?? upgrade;
  } catch {
    return new Response("Internal server error\n", { status: 500 });
  }
}

async function refuse(
  below: Channel,
  response: Response,
  head = false,
): Promise<undefined> {
  await send(below, await writeResponse(response, { head }));
  await below.close();
}

async function send(below: Channel, bytes: Uint8Array): Promise<void> {
  const units = new WriteUnits();
  units.add(bytes);
  await below.write(units);
}
