/**
 * Opening channels by URL, and listening by options.
 *
 * @module
 */

import { type OptionNames, pickOptions } from "../quoting/option_names.ts";
import { nameOfValue } from "../quoting/value.ts";
import type { Channel, ChannelInfo, Listener } from "./channel.ts";
import { checkNumbers } from "./number_option.ts";
import { LISTEN_TCP_OPTIONS, LISTEN_TLS_OPTIONS } from "./socket_options.ts";
import { refuseTlsOptions } from "./tls_options.ts";
import type { Certificate } from "./tls.ts";
import {
  CONNECT_OPTIONS,
  type ConnectWebSocketOptions,
} from "./websocket/connect_options.ts";
import {
  LISTEN_OPTIONS as LISTEN_WEB_SOCKET_OPTIONS,
  type ListenWebSocketOptions,
} from "./websocket/listen_options.ts";

/**
 * Options of {@linkcode openChannel}. Options for TLS or WebSocket have no
 * effect on other transports.
 */
export type OpenOptions = ConnectWebSocketOptions;

const DIAL_OPTIONS = { connectTimeout: 1, signal: 1 } as const;

const DIAL_TLS_OPTIONS = {
  ...DIAL_OPTIONS,
  alpnProtocols: 1,
  caCerts: 1,
  cert: 1,
  key: 1,
} as const;

/** The names of the options of {@linkcode openChannel}. */
export const OPEN_OPTIONS: OptionNames<OpenOptions> = CONNECT_OPTIONS;

/**
 * Options of {@linkcode listen}. Options for WebSocket have no effect on other
 * transports; those for TLS are refused where nothing would be encrypted although
 * no transport is named.
 */
export interface ListenOptions extends ListenWebSocketOptions {
  /**
   * The transport. By default a Unix socket if there is a path, TLS if there is
   * a certificate, and TCP otherwise.
   */
  readonly transport?: "tcp" | "tls" | "unix" | "websocket" | undefined;
  /**
   * The path of the Unix socket, or the path of the WebSocket in URLs, such as
   * `/gotalk`.
   */
  readonly path?: string | undefined;
}

/** The names of the options of {@linkcode listen}. */
export const LISTEN_OPTIONS: OptionNames<ListenOptions> = {
  ...LISTEN_WEB_SOCKET_OPTIONS,
  transport: 1,
};

/**
 * The URL protocols that each kind of channel can be opened by; none for those
 * that join two sides in one program or adopt something open.
 */
const PROTOCOLS = {
  tcp: ["tcp:"],
  tls: ["tls:"],
  unix: ["unix:"],
  websocket: ["ws:", "wss:", "http:", "https:"],
  memory: [],
  streams: [],
  port: [],
  http: [],
} as const satisfies Record<ChannelInfo["transport"], readonly string[]>;

/** The protocols, for errors. */
const SCHEMES = "tcp:, tls:, unix:, ws:, wss:, http: or https:";

const MAX_PORT = 65_535;

/** Whether the runtime has the sockets of Deno; those of Node otherwise. */
const isDeno = "Deno" in globalThis;

// What is for Node and Bun is tested there, with the package for npm.
// deno-coverage-ignore-start
const onNode = () => import("./node.ts");

/** The modules with the sockets of the runtime. */
const sockets = {
  tcp: isDeno ? () => import("./tcp.ts") : onNode,
  tls: isDeno ? () => import("./tls.ts") : onNode,
  unix: isDeno ? () => import("./unix.ts") : onNode,
};
// deno-coverage-ignore-stop

/** A URL protocol that a channel can be opened by. */
type Protocol = typeof PROTOCOLS[keyof typeof PROTOCOLS][number];

/**
 * Checks options before there is anything to open.
 *
 * @throws {RangeError} If a number is out of its range.
 */
export function checkOpenOptions(options: OpenOptions): void {
  checkNumbers(options, {
    connectTimeout: 0,
    maxMessageBytes: 1,
    maxReceiveBufferBytes: 0,
  });
}

/**
 * Opens a channel to a URL with `tcp:`, `tls:`, `unix:`, `ws:` or `wss:`;
 * `http:` and `https:` stand for the WebSocket at that URL.
 *
 * @throws {TypeError} If the URL has another scheme, or lacks a port where one
 * is required.
 * @throws {RangeError} If a number of the options is out of its range.
 * @throws {Error} If connecting fails; `cause` has the reason. If the signal is
 * aborted, rejects with its reason.
 */
export async function openChannel(
  url: string | URL,
  options: OpenOptions = {},
): Promise<Channel> {
  checkOpenOptions(options);
  const address = checkUrl(url);
  const protocol = address.protocol as Protocol;
  switch (protocol) {
    case "tcp:": {
      const { connectTcp } = await sockets.tcp();
      return await connectTcp({
        ...pickOptions(options, DIAL_OPTIONS),
        ...hostAndPort(address),
      });
    }
    case "tls:": {
      const { connectTls } = await sockets.tls();
      return await connectTls({
        ...pickOptions(options, DIAL_TLS_OPTIONS),
        ...hostAndPort(address),
      });
    }
    case "unix:": {
      const { connectUnix } = await sockets.unix();
      return await connectUnix({
        ...pickOptions(options, DIAL_OPTIONS),
        path: socketPath(address),
      });
    }
    case "ws:":
    case "wss:":
    case "http:":
    case "https:": {
      const { connectWebSocket } = await import("./websocket/client.ts");
      return await connectWebSocket(
        address,
        pickOptions(options, OPEN_OPTIONS),
      );
    }
    default:
      throw unsupported(url, protocol);
  }
}

/**
 * Returns the URL that a channel can be opened to.
 *
 * @throws {TypeError} If it is none, or has another scheme.
 */
export function checkUrl(url: string | URL): URL {
  if (typeof url !== "string" && !(url instanceof URL)) {
    throw new TypeError(
      `Cannot connect to ${nameOfValue(url)}: wanted a URL with ${SCHEMES}`,
    );
  }
  const address = URL.parse(url);
  if (address === null) {
    // The only part whose fault is not plain to see.
    const port = Number(/^[a-z+]+:\/\/[^/]*:(\d+)/i.exec(`${url}`)?.[1]);
    if (port > MAX_PORT) {
      throw new TypeError(
        `Cannot connect to ${url}: got port ${port}, wanted at most ${MAX_PORT}`,
      );
    }
  }
  const isKnown = Object.values<readonly string[]>(PROTOCOLS)
    .some((protocols) => protocols.includes(address?.protocol ?? ""));
  if (address !== null && isKnown) return address;
  throw unsupported(url);
}

/** The error for a URL; the type of `protocol` proves that none is missing. */
function unsupported(url: string | URL, _protocol?: never): TypeError {
  return new TypeError(
    `Cannot connect to ${url || '""'}: wanted a URL with ${SCHEMES}`,
  );
}

/**
 * Listens for channels. An error of the system keeps its class, such as
 * `Deno.errors.AddrInUse`.
 *
 * @throws {TypeError} If the path of a Unix socket, or a certificate or key, is
 * missing, an option for TLS is given with neither a certificate nor a transport,
 * or an option of proxies is invalid.
 * @throws {Error} If listening on the address fails.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  try {
    return await open(options);
  } catch (error) {
    throw withAddress(error, options);
  }
}

/** Returns an error that names the address, unless it says what is wrong already. */
function withAddress(
  error: unknown,
  { path, hostname = "127.0.0.1", port = 0, transport }: ListenOptions,
): unknown {
  if (!(error instanceof Error) || error.message.startsWith("Cannot listen")) {
    return error;
  }
  const isPath = path !== undefined && transport !== "websocket";
  const address = isPath ? `unix:${path}` : `${hostname}:${port}`;
  const SameError = error.constructor as ErrorConstructor;
  return new SameError(
    `Cannot listen on ${address}: ${error.message}`,
    { cause: error },
  );
}

async function open(options: ListenOptions): Promise<Listener> {
  const { transport = impliedTransport(options), path, cert, key } = options;
  // Who names the transport knows that it has no TLS.
  if (options.transport === undefined && transport !== "tls") {
    refuseTlsOptions(transport, options);
  }
  switch (transport) {
    case "tcp": {
      const { listenTcp } = await sockets.tcp();
      return await behindProxies(
        () => listenTcp(pickOptions(options, LISTEN_TCP_OPTIONS)),
        options,
      );
    }
    case "tls": {
      const secure = {
        ...options,
        cert: required("cert", cert),
        key: required("key", key),
      };
      // deno-coverage-ignore-start
      if (!isDeno) return await listenTlsOnNode(secure);
      // deno-coverage-ignore-stop
      if (!options.proxyProtocol) {
        const { listenTls } = await import("./tls.ts");
        return listenTls(pickOptions(secure, LISTEN_TLS_OPTIONS));
      }
      const { listenTlsBehindProxies } = await import("./proxied_listener.ts");
      return listenTlsBehindProxies(secure);
    }
    case "unix": {
      const { listenUnix } = await sockets.unix();
      const socket = {
        path: required("path", path),
        onRefused: options.onRefused,
      };
      return await behindProxies(() => listenUnix(socket), options);
    }
    case "websocket":
      // deno-coverage-ignore-start
      if (!isDeno) return await listenWebSocketOnNode(options);
      // deno-coverage-ignore-stop
      return await (await import("./websocket/listener.ts")).listenWebSocket(
        pickOptions(options, LISTEN_WEB_SOCKET_OPTIONS),
      );
    default:
      throw new TypeError(
        `Cannot listen: got transport ${transport satisfies never}, wanted tcp, tls, unix or websocket`,
      );
  }
}

/** Listens, behind proxies that use the PROXY protocol if there are any. */
async function behindProxies(
  listen: () => Listener | Promise<Listener>,
  options: ListenOptions,
): Promise<Listener> {
  if (!options.proxyProtocol) return await listen();
  const { listenBehindProxies } = await import("./proxied_listener.ts");
  return await listenBehindProxies(listen, options);
}

// deno-coverage-ignore-start
/** Listens for TLS by `node:tls`, on sockets of Node. */
async function listenTlsOnNode(
  options: ListenOptions & Certificate,
): Promise<Listener> {
  const { listenTcp, listenTls } = await import("./node.ts");
  if (!options.proxyProtocol) {
    return await listenTls(pickOptions(options, LISTEN_TLS_OPTIONS));
  }
  const { checkProxiedTls, listenTlsBehindProxies } = await import(
    "./proxied_listener.ts"
  );
  const secure = { ...options, tlsEngine: "node" } as const;
  checkProxiedTls(secure);
  return listenTlsBehindProxies(
    secure,
    await listenTcp(pickOptions(options, LISTEN_TCP_OPTIONS)),
  );
}

/** Listens for WebSockets on sockets of Node. */
async function listenWebSocketOnNode(
  options: ListenOptions,
): Promise<Listener> {
  const { cert, key } = options;
  const { checkListenOptions, webSocketListener } = await import(
    "./websocket/listen_on.ts"
  );
  checkListenOptions(options);
  if (cert === undefined || key === undefined) {
    refuseTlsOptions("websocket", options);
    const { listenTcp } = await import("./node.ts");
    return webSocketListener(
      await listenTcp(pickOptions(options, LISTEN_TCP_OPTIONS)),
      options,
    );
  }
  const below = await listenTlsOnNode({ ...options, cert, key });
  return webSocketListener(below, options);
}
// deno-coverage-ignore-stop

function impliedTransport(
  { path, cert }: ListenOptions,
): "tcp" | "tls" | "unix" {
  if (path !== undefined) return "unix";
  return cert === undefined ? "tcp" : "tls";
}

function hostAndPort(address: URL): { hostname: string; port: number } {
  if (address.port === "") {
    throw new TypeError(
      `Cannot connect to ${address}: it has no port, wanted one`,
    );
  }
  return {
    hostname: address.hostname.replace(/^\[|\]$/g, ""),
    port: Number(address.port),
  };
}

function socketPath(address: URL): string {
  // "unix://tmp/x" has the host "tmp", and would silently mean the socket "/x".
  if (address.host === "") return decodeURIComponent(address.pathname);
  throw new TypeError(
    `Cannot connect to ${address}: it has a host, wanted a path as in unix:/${address.host}${address.pathname}`,
  );
}

function required(name: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new TypeError(`Cannot listen: ${name} is missing`);
}
