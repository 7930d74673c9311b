/**
 * Channels over the sockets of Node, for Node and Bun.
 *
 * `connect` and `serve` use them by themselves where the runtime is not Deno.
 *
 * @module
 */

import type * as NodeFs from "node:fs/promises";
import type * as NodeNet from "node:net";
import type * as NodeTls from "node:tls";
import { checkOptionNames, pickOptions } from "../quoting/option_names.ts";
import { netAddress, unixAddress } from "./address.ts";
import type { Channel, Listener } from "./channel.ts";
import { dial, withAbortHandler } from "./dial.ts";
import { builtin } from "./node_builtin.ts";
import { nodeChannel } from "./_node_channel.ts";
import { NodeListener } from "./_node_listener.ts";
import { NodeTlsListener } from "./_node_tls_listener.ts";
import {
  CONNECT_TCP_OPTIONS,
  CONNECT_TLS_OPTIONS,
  CONNECT_UNIX_OPTIONS,
  LISTEN_TCP_OPTIONS,
  LISTEN_TLS_OPTIONS,
  LISTEN_UNIX_OPTIONS,
} from "./socket_options.ts";
import { checkTlsOptions } from "./tls_client_options.ts";
import { Refusals } from "./refusals.ts";
import type { ConnectTcpOptions, ListenTcpOptions } from "./tcp.ts";
import type { ConnectTlsOptions, ListenTlsOptions } from "./tls.ts";
import type { ConnectUnixOptions, ListenUnixOptions } from "./unix.ts";
import { checkCertificate } from "./_tls_listener.ts";

export type {
  ConnectTcpOptions,
  ConnectTlsOptions,
  ConnectUnixOptions,
  ListenTcpOptions,
  ListenTlsOptions,
  ListenUnixOptions,
};

/**
 * Opens a channel over TCP.
 *
 * @throws {Error} If connecting fails; `cause` has the reason. If the signal is
 * aborted, rejects with its reason.
 *
 * @example
 * ```ts
 * import { connectTcp, listenTcp } from "@gotalk/gotalk/transport/node";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = await listenTcp();
 * const port = Number(new URL(listener.address).port);
 * const [a, b] = await Promise.all([connectTcp({ port }), listener.accept()]);
 * assertEquals(a.info.remote, listener.address);
 * await Promise.all([a.close(), b!.close()]);
 * ```
 */
export async function connectTcp(options: ConnectTcpOptions): Promise<Channel> {
  checkOptionNames(options, CONNECT_TCP_OPTIONS);
  const { hostname = "127.0.0.1", port } = options;
  const { connect } = builtin<typeof NodeNet>("node:net");
  const { socket } = await dial(
    netAddress("tcp", { hostname, port }),
    options,
    (abandoned) =>
      opened(
        connect({ host: hostname, port, allowHalfOpen: true }),
        "connect",
        abandoned,
      ),
  );
  return channelOf("tcp", socket);
}

/**
 * Opens a channel over TLS, including the handshake.
 *
 * @throws {Error} If connecting or the handshake fails; `cause` has the reason.
 * If the signal is aborted, rejects with its reason.
 * @throws {TypeError} If `caCerts` or `cert` is not PEM, or one of `cert` and
 * `key` is missing.
 *
 * @example
 * ```ts
 * import { connectTls, listenTls } from "@gotalk/gotalk/transport/node";
 * import { assert } from "@std/assert";
 *
 * const cert = await Deno.readTextFile("transport/testing/localhost.crt");
 * const key = await Deno.readTextFile("transport/testing/localhost.key");
 * await using listener = await listenTls({ cert, key });
 * const port = Number(listener.address.split(":").at(-1));
 * const [a, b] = await Promise.all([
 *   connectTls({ hostname: "localhost", port, caCerts: [cert] }),
 *   listener.accept(),
 * ]);
 * assert(a.info.secure && b!.info.secure);
 * await Promise.all([a.close(), b!.close()]);
 * ```
 */
export async function connectTls(options: ConnectTlsOptions): Promise<Channel> {
  checkOptionNames(options, CONNECT_TLS_OPTIONS);
  const { hostname = "127.0.0.1", port, alpnProtocols, cert, key } = options;
  const address = netAddress("tls", { hostname, port });
  checkTlsOptions(address, options);
  const { isIP } = builtin<typeof NodeNet>("node:net");
  const { connect, rootCertificates } = builtin<typeof NodeTls>("node:tls");
  const { caCerts = [] } = options;
  const settings = {
    host: hostname,
    port,
    // Not among the types.
    allowHalfOpen: true,
    ...isIP(hostname) === 0 && { servername: hostname },
    ...caCerts.length > 0 && { ca: [...rootCertificates, ...caCerts] },
    ...cert !== undefined && key !== undefined && { cert, key },
    ...alpnProtocols && { ALPNProtocols: [...alpnProtocols] },
  };
  const { socket } = await dial(
    address,
    options,
    (abandoned) => opened(connect(settings), "secureConnect", abandoned),
  );
  return channelOf("tls", socket);
}

/**
 * Opens a channel over a Unix socket.
 *
 * @throws {Error} If connecting fails; `cause` has the reason. If the signal is
 * aborted, rejects with its reason.
 *
 * @example
 * ```ts
 * import { connectUnix, listenUnix } from "@gotalk/gotalk/transport/node";
 *
 * const directory = await Deno.makeTempDir();
 * const path = `${directory}/example.sock`;
 * const listener = await listenUnix({ path });
 * const [a, b] = await Promise.all([connectUnix({ path }), listener.accept()]);
 * await Promise.all([a.close(), b!.close()]);
 * listener.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function connectUnix(
  options: ConnectUnixOptions,
): Promise<Channel> {
  checkOptionNames(options, CONNECT_UNIX_OPTIONS);
  const { path } = options;
  const remote = unixAddress(path);
  const { connect } = builtin<typeof NodeNet>("node:net");
  const { socket } = await dial(
    remote,
    options,
    (abandoned) =>
      opened(connect({ path, allowHalfOpen: true }), "connect", abandoned),
  );
  return nodeChannel(socket, {
    transport: "unix",
    remote,
    secure: true,
  });
}

/**
 * Listens for channels over TCP. Up to 1,024 connections wait for `accept`;
 * further ones are ended.
 *
 * @throws {Error} If listening on the address fails: it is in use, or does not
 * belong to this host.
 *
 * @example
 * ```ts
 * import { Handlers, serve } from "@gotalk/gotalk";
 * import { listenTcp } from "@gotalk/gotalk/transport/node";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * const listener = await listenTcp({ port: 0 });
 * await using server = await serve({ listener }, handlers);
 * console.log(server.address); // tcp://127.0.0.1:…
 * ```
 */
export async function listenTcp(
  options: ListenTcpOptions = {},
): Promise<Listener> {
  checkOptionNames(options, LISTEN_TCP_OPTIONS);
  const { hostname = "127.0.0.1", port = 0, reusePort } = options;
  const server = await listening({
    host: hostname,
    port,
    ...reusePort && { reusePort },
  });
  const { address, port: chosen } = server.address() as NodeNet.AddressInfo;
  return new NodeListener(
    netAddress("tcp", { hostname: address, port: chosen }),
    server,
    (socket) => channelOf("tcp", socket),
    new Refusals(options.onRefused),
  );
}

/**
 * Listens for channels over TLS, by `node:tls`: `tlsEngine` has no effect. The
 * handshake starts with the first read or write of a channel.
 *
 * `renewCertificate` of the listener changes the certificate for connections
 * that are accepted after it.
 *
 * @throws {Error} If listening on the address fails, or the certificate and key
 * do not match.
 *
 * @example
 * ```ts
 * import { listenTls } from "@gotalk/gotalk/transport/node";
 *
 * const cert = await Deno.readTextFile("transport/testing/localhost.crt");
 * const key = await Deno.readTextFile("transport/testing/localhost.key");
 * await using listener = await listenTls({ port: 0, cert, key });
 * console.log(listener.address); // tls://127.0.0.1:…
 * ```
 */
export async function listenTls(options: ListenTlsOptions): Promise<Listener> {
  checkOptionNames(options, LISTEN_TLS_OPTIONS);
  checkCertificate(options);
  const below = await listenTcp(pickOptions(options, LISTEN_TCP_OPTIONS));
  return new NodeTlsListener(below, options, options.alpnProtocols);
}

/**
 * Listens for channels over a Unix socket. Closing the listener removes the
 * socket. A stale socket that another program left behind is replaced; a socket
 * on which a program still listens is not, and neither is any other file.
 *
 * @throws {Error} If the path is in use, or listening on it fails.
 *
 * @example
 * ```ts
 * import { listenUnix } from "@gotalk/gotalk/transport/node";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const path = `${directory}/example.sock`;
 * const listener = await listenUnix({ path });
 * assertEquals(listener.address, `unix:${path}`);
 * listener.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function listenUnix(
  options: ListenUnixOptions,
): Promise<Listener> {
  checkOptionNames(options, LISTEN_UNIX_OPTIONS);
  const { path, onRefused } = options;
  const local = unixAddress(path);
  await removeStale(path, local);
  return new NodeListener(
    local,
    await listening({ path }),
    (socket) => nodeChannel(socket, { transport: "unix", local, secure: true }),
    new Refusals(onRefused),
  );
}

/** An open socket, which disposal closes. */
interface OpenSocket extends Disposable {
  readonly socket: NodeNet.Socket;
}

/** Waits until a socket is open. Closing it makes an abandoned attempt fail. */
async function opened(
  socket: NodeNet.Socket,
  event: "connect" | "secureConnect",
  abandoned: AbortSignal,
): Promise<OpenSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(event, () => resolve());
  socket.on("error", reject);
  await withAbortHandler(
    abandoned,
    () => socket.destroy(new Error("no longer wanted")),
    () => promise,
  );
  return { socket, [Symbol.dispose]: () => void socket.destroy() };
}

async function listening(
  options: NodeNet.ListenOptions,
): Promise<NodeNet.Server> {
  const { createServer } = builtin<typeof NodeNet>("node:net");
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(options, resolve);
  await promise;
  server.off("error", reject);
  return server;
}

/** Makes a channel of a socket of the network. */
function channelOf(scheme: "tcp" | "tls", socket: NodeNet.Socket): Channel {
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return nodeChannel(socket, {
    transport: scheme,
    local: addressOf(scheme, localAddress, localPort),
    remote: addressOf(scheme, remoteAddress, remotePort),
    secure: scheme === "tls",
  });
}

/** Returns an address; `undefined` if the remote side has left already. */
function addressOf(
  scheme: "tcp" | "tls",
  hostname: string | undefined,
  port: number | undefined,
): string | undefined {
  if (hostname === undefined || port === undefined) return undefined;
  return netAddress(scheme, { hostname, port });
}

/** Removes a stale socket; throws if anything else is at the path. */
async function removeStale(path: string, address: string): Promise<void> {
  const { lstat, unlink } = builtin<typeof NodeFs>("node:fs/promises");
  const stats = await lstat(path).catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new Error(
      `Cannot listen on ${address}: the path has a file that is not a socket`,
    );
  }
  const channel = await connectUnix({ path }).catch((error) => {
    if (error.cause?.code === "ECONNREFUSED") return undefined;
    throw error;
  });
  if (channel === undefined) return await unlink(path);
  await channel.close();
  throw new Error(`Cannot listen on ${address}: another listener uses it`);
}
