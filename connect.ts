/**
 * Clients.
 *
 * @module
 */

import {
  type AnyContract,
  type Contract,
  Peer,
  type PeerOptions,
  ReconnectingPeer,
  type ReconnectOptions,
} from "./peer/mod.ts";
import { onAbort } from "./peer/abort.ts";
import { checkPeerOptions, PEER_OPTIONS } from "./peer/peer_options.ts";
import { RECONNECT_OPTIONS } from "./peer/reconnecting/reconnect_options.ts";
import {
  checkOptionNames,
  type OptionNames,
  pickOptions,
} from "./quoting/option_names.ts";
import type { Channel } from "./transport/channel.ts";
import {
  checkOpenOptions,
  checkUrl,
  OPEN_OPTIONS,
  openChannel,
  type OpenOptions,
} from "./transport/open.ts";
import { checkWaitOptions } from "./transport/wait_options.ts";

export type { OpenOptions };

/** The option to reach a server by HTTP requests. */
export interface ExchangeOption {
  /**
   * Whether messages travel in HTTP requests and their responses instead of a
   * WebSocket, with an `http:` or `https:` URL of an `httpHandler` or
   * `fetchHandler`; `false` by default. For servers and networks that keep no
   * connection.
   *
   * Calls and notifications of one turn of the event loop leave in one request.
   * Notifications alone make up to four requests at once, and wait for them; what
   * has no response yet is held memory.
   * A stream leaves in a request of its own once its data is complete, with up to
   * 16 MiB. The server can answer, stream and notify until it has answered the
   * request; its calls fail, as nothing could answer them. Each request is a
   * conversation with an end, which begins without a login: authenticate by
   * `headers`. If one fails, the conversation of the peer ends with it.
   */
  readonly exchange?: boolean | undefined;
}

/** Options of {@linkcode connect}: how to connect, and those of the peer. */
export interface ConnectOptions
  extends OpenOptions, PeerOptions, ExchangeOption {}

const CONNECT_OPTIONS: OptionNames<ConnectOptions> = {
  ...OPEN_OPTIONS,
  ...PEER_OPTIONS,
  exchange: 1,
};

/**
 * Connects to a URL (`tcp:`, `tls:`, `unix:`, `ws:`, `wss:`; `http:` and `https:`
 * stand for the WebSocket at that URL), or begins a conversation over an
 * existing channel, and returns the peer once the remote peer has sent the same
 * protocol version.
 *
 * `signal` aborts connecting; it has no effect on a connected peer. Requires the
 * permission to use the network.
 *
 * @throws {Error} If connecting fails; `cause` is the reason. It is an
 * `UpgradeResponseError` with the HTTP status if a WebSocket server refused. If
 * the server opened the WebSocket and closed it again, the error is a
 * `WebSocketCloseError` with the close code and reason, or has it as `cause`. With
 * `exchange`, it is an `ExchangeResponseError` if a server refused.
 * @throws {ProtocolError} If the remote end does not speak Gotalk, or speaks
 * another version.
 * @throws {TypeError} If the target is neither a channel nor such a URL, or an
 * option is unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 *
 * @example
 * ```ts
 * import { connect, Handlers, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = await connect(server.address);
 * assertEquals(await peer.request("greet", "Rasmus"), "Hello Rasmus");
 * ```
 */
export async function connect<Offered extends Contract = AnyContract>(
  target: string | URL | Channel,
  options: ConnectOptions = {},
): Promise<Peer<Offered>> {
  checkOptionNames(options, CONNECT_OPTIONS);
  checkPeerOptions(options);
  checkWaitOptions({ signal: options.signal });
  if (isStreams(target)) {
    throw new TypeError(
      "Cannot connect to a pair of streams: wanted a channel of them, streamsChannel(streams)",
    );
  }
  const channel = isChannel(target) ? target : await open(target, options);
  const peer = new Peer<Offered>(
    channel,
    pickOptions(forExchange(options), PEER_OPTIONS),
  );
  const remove = onAbort(options.signal, (reason) => peer.abort(reason));
  try {
    await peer.opened;
    // A server that refuses sends a ProtocolError right after its version,
    // and the conversation is over at once.
    if (peer.state !== "open") {
      const { error } = await peer.closed;
      if (error !== undefined) throw error;
      if (channel.remoteEnd !== undefined) throw channel.remoteEnd;
    }
    return peer;
  } catch (error) {
    await peer.closed;
    throw error;
  } finally {
    remove();
  }
}

/** Opens a channel to a URL. */
async function open(
  url: string | URL,
  options: OpenOptions & ExchangeOption & Pick<PeerOptions, "clock">,
): Promise<Channel> {
  if (!options.exchange) return await openChannel(url, options);
  const { exchangeChannel } = await import("./http/exchange_channel.ts");
  return exchangeChannel(url, options);
}

/** Returns the options of a peer: one of exchanges has no connection to keep alive. */
function forExchange<Options extends PeerOptions & ExchangeOption>(
  options: Options,
): Options {
  if (!options.exchange) return options;
  const { limits } = options;
  return {
    ...options,
    extensions: false,
    limits: {
      ...limits,
      heartbeatInterval: Infinity,
      receiveTimeout: Infinity,
    },
  };
}

/** Whether a target is a channel; anything else is taken for a URL, or refused as one. */
function isChannel(target: string | URL | Channel): target is Channel {
  return typeof target === "object" && target !== null && "read" in target;
}

/** Whether a target is streams of which no channel was made. */
function isStreams(target: string | URL | Channel): boolean {
  return typeof target === "object" && target !== null &&
    "readable" in target && "writable" in target && !("read" in target);
}

const { signal: _, ...OPENED_OPTIONS } = OPEN_OPTIONS;

const RECONNECTED_OPTIONS:
  & OptionNames<Omit<OpenOptions, "signal">>
  & OptionNames<ReconnectOptions & ExchangeOption> = {
    ...OPENED_OPTIONS,
    ...RECONNECT_OPTIONS,
    exchange: 1,
  };

/**
 * Connects to a URL like {@linkcode connect}, and again whenever the connection
 * ends, until the peer is closed. Requires the permission to use the network.
 *
 * @throws {TypeError} If there is no such URL to connect to, or an option is
 * unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 *
 * @example
 * ```ts
 * import { Handlers, reconnect, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = reconnect(server.address);
 * assertEquals(await peer.request("greet", "Rasmus"), "Hello Rasmus");
 * ```
 */
export function reconnect<Offered extends Contract = AnyContract>(
  url: string | URL,
  options:
    & Omit<OpenOptions, "signal">
    & ReconnectOptions
    & ExchangeOption = {},
): ReconnectingPeer<Offered> {
  checkOptionNames(options, RECONNECTED_OPTIONS);
  checkPeerOptions(options);
  checkOpenOptions(options);
  checkUrl(url);
  return new ReconnectingPeer<Offered>(
    (signal) => open(url, { ...options, signal }),
    pickOptions(forExchange(options), RECONNECT_OPTIONS),
  );
}
