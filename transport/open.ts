/**
 * Channels by their URL.
 *
 * @module
 */

import type { DialOptions } from "./_dial.ts";
import type { Channel, Listener } from "./channel.ts";

/** How a channel is opened. */
export interface OpenOptions extends DialOptions {
  /** Certificates in PEM that are trusted beside those that the runtime trusts; for TLS. */
  readonly caCerts?: readonly string[] | undefined;
  /** Headers of the HTTP request that opens a WebSocket. */
  readonly headers?: HeadersInit | undefined;
}

/** Where to listen, and for what. */
export interface ListenOptions {
  /** What carries the bytes; by default a Unix socket when there is a path, TLS when there is a certificate, else TCP. */
  readonly transport?: "tcp" | "tls" | "unix" | "websocket" | undefined;
  /** The address to listen on; `127.0.0.1` by default, `0.0.0.0` for all addresses. */
  readonly hostname?: string | undefined;
  /** The port; any free one by default. */
  readonly port?: number | undefined;
  /** The path of a Unix socket. */
  readonly path?: string | undefined;
  /** The certificate, and those that vouch for it, in PEM; for TLS. */
  readonly cert?: string | undefined;
  /** The private key of the certificate, in PEM; for TLS. */
  readonly key?: string | undefined;
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
      const { connectWebSocket } = await import("./websocket.ts");
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
      return await (await import("./websocket_listener.ts")).listenWebSocket(
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
