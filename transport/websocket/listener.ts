/**
 * Accepting channels over WebSocket.
 *
 * @module
 */

import { acceptedBy } from "../accepted.ts";
import { type AcceptOptions, decide } from "./_negotiate.ts";
import { WebSocketChannel } from "./_channel.ts";
import { FramedCarrier, type FramingOptions } from "./_own_carrier.ts";
import {
  type ReadRequest,
  RequestFault,
  RequestReader,
  writeUpgradeResponse,
} from "./_handshake_server.ts";
import { writeResponse } from "./_http.ts";
import type { Channel, ChannelInfo, Listener } from "../channel.ts";
import { listenTcp } from "../tcp.ts";
import { listenTls } from "../tls.ts";
import { WriteUnits } from "../write_units.ts";

export type { OriginPolicy } from "./_origin.ts";
export type { AcceptOptions, FramingOptions };

/** How many connections may be at their handshake, or wait to be accepted; further ones wait before. */
const MOST_HANDSHAKES = 1_024;

/** Options of {@linkcode listenWebSocket}. */
export interface ListenWebSocketOptions extends AcceptOptions, FramingOptions {
  /** The address to listen on; `127.0.0.1` by default, `0.0.0.0` for all addresses. */
  readonly hostname?: string | undefined;
  /** The port; any free one by default. */
  readonly port?: number | undefined;
  /** The path of the WebSocket, such as `/gotalk`; by default it is at every path. */
  readonly path?: string | undefined;
  /** The certificate, and those that vouch for it, in PEM; with it, the WebSocket is over TLS (`wss:`). */
  readonly cert?: string | undefined;
  /** The private key of the certificate in PEM. */
  readonly key?: string | undefined;
  /** How long a client may take for its request, and `onRequest` for its decision, in milliseconds; 5,000 by default. */
  readonly handshakeTimeout?: number | undefined;
  /**
   * Decides on a request whose origin is accepted: returns nothing to agree, or the response that
   * refuses. When it throws, the response is 500 and says nothing about why.
   */
  readonly onRequest?:
    | ((
      request: Request,
      info: ChannelInfo,
    ) => Response | undefined | void | Promise<Response | undefined | void>)
    | undefined;
}

/**
 * Accepts channels over WebSocket, on a port of its own.
 *
 * All that arrives is read as a stream of bytes: text and binary messages, however they are cut. A
 * channel's `info.request` is the HTTP request that opened it. Requests that are refused get a proper
 * response, and handshakes hold up nobody else.
 *
 * Between programs this is faster than what the runtime's own server does. To share a port with other
 * HTTP services, see `acceptUpgrade`. Needs permission to use the network.
 *
 * @throws {Error} If the address cannot be listened on, or the certificate and key do not fit.
 * @throws {TypeError} If the path does not begin with `/`, or one of `cert` and `key` is missing.
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
  const { path = "", cert, key } = options;
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
  return new WebSocketListener(below, options);
}

/** Somebody who waits for a channel. */
type Waiting = Pick<
  PromiseWithResolvers<Channel | null>,
  "resolve" | "reject"
>;

/** Accepts connections as long as somebody waits for a channel, and carries out their handshakes side by side. */
class WebSocketListener implements Listener {
  readonly address: string;
  readonly #below: Listener;
  readonly #options: ListenWebSocketOptions;
  /** Connections at their handshake. */
  readonly #handshakes = new Set<Channel>();
  /** Channels that nobody has waited for yet. */
  readonly #ready: Channel[] = [];
  readonly #waiting: Waiting[] = [];
  #accepting = false;
  #closed = false;

  constructor(below: Listener, options: ListenWebSocketOptions) {
    this.address = below.address.replace(/^tcp/, "ws").replace(/^tls/, "wss") +
      (options.path ?? "");
    this.#below = below;
    this.#options = options;
  }

  accept(): Promise<Channel | null> {
    const channel = this.#ready.shift();
    if (channel !== undefined) return Promise.resolve(channel);
    if (this.#closed) return Promise.resolve(null);
    const { promise, resolve, reject } = Promise.withResolvers<
      Channel | null
    >();
    this.#waiting.push({ resolve, reject });
    void this.#acceptBelow();
    return promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#below.close();
    for (const { resolve } of this.#waiting.splice(0)) resolve(null);
    const unseen = [...this.#handshakes, ...this.#ready.splice(0)];
    for (const channel of unseen) {
      channel.abort(new Error("The listener was closed"));
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedBy(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  async #acceptBelow(): Promise<void> {
    if (this.#accepting) return;
    this.#accepting = true;
    while (
      !this.#closed && this.#waiting.length > 0 &&
      this.#handshakes.size + this.#ready.length < MOST_HANDSHAKES
    ) {
      try {
        const below = await this.#below.accept();
        if (below !== null) void this.#shakeHands(below);
      } catch (error) {
        this.#waiting.shift()?.reject(error);
      }
    }
    this.#accepting = false;
  }

  async #shakeHands(below: Channel): Promise<void> {
    this.#handshakes.add(below);
    const late = () => below.abort(new Error("The handshake took too long"));
    const timer = setTimeout(late, this.#options.handshakeTimeout ?? 5_000);
    try {
      // The application may take longer than there is time.
      const gone = below.closed.then(() => undefined);
      const channel = await Promise.race([open(below, this.#options), gone]);
      if (channel !== undefined) this.#give(channel);
    } catch (error) {
      // The client broke off, or did not get on in time.
      below.abort(error);
    } finally {
      clearTimeout(timer);
      this.#handshakes.delete(below);
      void this.#acceptBelow();
    }
  }

  #give(channel: Channel): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting.resolve(channel);
    else if (this.#closed) channel.abort();
    else this.#ready.push(channel);
  }
}

/** Carries out the handshake on a connection; a request that is refused gets its response, and nothing comes of it. */
async function open(
  below: Channel,
  options: ListenWebSocketOptions,
): Promise<Channel | undefined> {
  const read = await readRequest(below);
  if (read instanceof Response) return await refuse(below, read);
  const { request, rest } = read;
  const info = { ...below.info, transport: "websocket", request } as const;
  const agreement = await considered(request, info, options);
  if (agreement instanceof Response) {
    return await refuse(below, agreement, request.method === "HEAD");
  }
  await send(below, await writeUpgradeResponse(agreement));
  const carrier = new FramedCarrier(below, "server", rest, options);
  return new WebSocketChannel(carrier, info);
}

async function readRequest(below: Channel): Promise<ReadRequest | Response> {
  const reader = new RequestReader({ secure: below.info.secure });
  try {
    for (;;) {
      const chunk = await below.read();
      if (chunk === null) {
        throw new Error("The connection ended within the request");
      }
      const read = reader.push(chunk);
      if (read !== undefined) return read;
    }
  } catch (error) {
    if (error instanceof RequestFault) return error.toResponse();
    throw error;
  }
}

async function considered(
  request: Request,
  info: ChannelInfo,
  options: ListenWebSocketOptions,
): Promise<ReturnType<typeof decide>> {
  const { path, onRequest } = options;
  if (path !== undefined && path !== new URL(request.url).pathname) {
    return new Response("Not found\n", { status: 404 });
  }
  const agreement = decide(request, options);
  if (agreement instanceof Response) return agreement;
  try {
    return await onRequest?.(request, info) ?? agreement;
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
