/**
 * Channels by their URL.
 *
 * @module
 */

import type { Channel, Listener } from "./channel.ts";
import type { ConnectWebSocketOptions } from "./websocket/client.ts";
import type { ListenWebSocketOptions } from "./websocket/listener.ts";

/** How a channel is opened. What is for TLS or for WebSocket alone is ignored for others. */
export type OpenOptions = ConnectWebSocketOptions;

/** Where to listen, and for what. What is for TLS or for WebSocket alone is ignored for others. */
export interface ListenOptions extends ListenWebSocketOptions {
  /** What carries the bytes; by default a Unix socket when there is a path, TLS when there is a certificate, else TCP. */
  readonly transport?: "tcp" | "tls" | "unix" | "websocket" | undefined;
  /** The path of a Unix socket, or that of the WebSocket in URLs, such as `/gotalk`. */
  readonly path?: string | undefined;
}

/**
 * Opens a channel to a URL: `tcp:`, `tls:`, `unix:`, `ws:` or `wss:`; `http:` and `https:` mean the
 * WebSocket there.
 *
 * @throws {TypeError} If the URL is of another kind, or has no port where one is needed.
 * @throws {Error} If connecting fails; `cause` says why. If the signal is aborted, its reason.
 */
export async function openChannel(
  url: string | URL,
  options: OpenOptions = {},
): Promise<Channel> {
  const address = URL.parse(url);
  switch (address?.protocol) {
    case "tcp:": {
      const { connectTcp } = await import("./tcp.ts");
      return await connectTcp({ ...options, ...hostAndPort(address) });
    }
    case "tls:": {
      const { connectTls } = await import("./tls.ts");
      return await connectTls({ ...options, ...hostAndPort(address) });
    }
    case "unix:": {
      const { connectUnix } = await import("./unix.ts");
      return await connectUnix({ ...options, path: socketPath(address) });
    }
    case "ws:":
    case "wss:":
    case "http:":
    case "https:": {
      const { connectWebSocket } = await import("./websocket/client.ts");
      return await connectWebSocket(address, options);
    }
    default:
      throw new TypeError(
        `Cannot connect to ${url}: wanted a URL with tcp:, tls:, unix:, ws: or wss:`,
      );
  }
}

/**
 * Accepts channels.
 *
 * @throws {Error} If the address cannot be listened on.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { transport = impliedTransport(options), path, cert, key } = options;
  switch (transport) {
    case "tcp":
      return (await import("./tcp.ts")).listenTcp(options);
    case "tls":
      return (await import("./tls.ts")).listenTls({
        ...options,
        cert: needed("cert", cert),
        key: needed("key", key),
      });
    case "unix":
      return await (await import("./unix.ts")).listenUnix({
        path: needed("path", path),
      });
    case "websocket":
      return await (await import("./websocket/listener.ts")).listenWebSocket(
        options,
      );
  }
}

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
  // "unix://tmp/x" has "tmp" for its host, and would quietly mean the socket "/x".
  if (address.host === "") return decodeURIComponent(address.pathname);
  throw new TypeError(
    `Cannot connect to ${address}: it has a host, wanted a path as in unix:/${address.host}${address.pathname}`,
  );
}

function needed(name: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new TypeError(`Cannot listen: ${name} is missing`);
}
