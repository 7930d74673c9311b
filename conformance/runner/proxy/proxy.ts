/**
 * A proxy that prints the messages that pass through it.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { type Channel, WriteUnits } from "@gotalk/gotalk/transport";
import { connectTcp, listenTcp } from "@gotalk/gotalk/transport/tcp";
import { printable } from "../printable.ts";
import { MessagePrinter } from "./_message_printer.ts";

/** Options of a proxy. */
export interface TrafficProxyOptions {
  /** The address to listen at: `tcp://host:port` or `ws://host:port`; port 0 chooses a free port. */
  readonly listen: string;
  /** The address to connect to: a URL of the same kind. */
  readonly target: string;
  /** Writes a line. */
  readonly print: (line: string) => void;
}

/** A proxy. Disposing of it closes it and its connections. */
export interface TrafficProxy extends AsyncDisposable {
  /** The address at which it listens. */
  readonly address: string;
}

/**
 * Opens a proxy. It forwards each connection to the target, and prints every message: the number of the
 * connection, the milliseconds since it was opened, `>` for messages from the peer that connected or `<` for
 * messages to it, and the message. It changes nothing: over WebSocket, messages and close codes stay as they
 * are. Only an `Origin` that is the proxy's own becomes that of the target.
 *
 * @throws {TypeError} If the URLs are not of the same kind.
 */
export async function openProxy(
  options: TrafficProxyOptions,
): Promise<TrafficProxy> {
  const listen = URL.parse(options.listen);
  const target = URL.parse(options.target);
  const protocol = listen?.protocol;
  const fits = protocol === "tcp:"
    ? target?.protocol === "tcp:" && target.port !== ""
    : protocol === "ws:" && /^wss?:$/.test(target?.protocol ?? "");
  if (!fits || listen === null || target === null) {
    throw new TypeError(
      `Cannot forward connections: got the addresses ${options.listen} and ${options.target}, wanted two with tcp: and a port, or two with ws:`,
    );
  }
  return protocol === "tcp:"
    ? openTcpProxy(listen, target, options.print)
    : await openWebSocketProxy(listen, target, options.print);
}

/** Prints the lines of one connection, with its number and the time. */
class ConnectionLog {
  static #count = 0;
  readonly #number = ++ConnectionLog.#count;
  readonly #began = performance.now();
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  add(by: ">" | "<" | "#", text: string): void {
    const at = (performance.now() - this.#began).toFixed(1).padStart(9);
    this.#print(`${this.#number} ${at} ms ${by} ${printable(text)}`);
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function openTcpProxy(
  listen: URL,
  target: URL,
  print: (line: string) => void,
): TrafficProxy {
  const listener = listenTcp({
    hostname: hostOf(listen),
    port: Number(listen.port),
  });
  const open = new Set<Channel>();
  const connections = new Set<Promise<void>>();
  const connection = async (near: Channel) => {
    const log = new ConnectionLog(print);
    open.add(near);
    log.add("#", `connection from ${near.info.remote}`);
    try {
      const far = await connectTcp({
        hostname: hostOf(target),
        port: Number(target.port),
      });
      open.add(far);
      await Promise.all([
        pump(near, far, log, ">"),
        pump(far, near, log, "<"),
      ]);
      await Promise.all([near.close(), far.close()]);
      open.delete(far);
    } catch (error) {
      log.add("#", error instanceof Error ? error.message : String(error));
      near.abort(error);
    }
    open.delete(near);
  };
  const accepting = (async () => {
    for await (const near of listener) {
      const running = connection(near);
      connections.add(running);
      void running.finally(() => connections.delete(running));
    }
  })();
  return {
    address: listener.address,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const channel of open) channel.abort();
      await accepting;
      await Promise.all(connections);
    },
  };
}

/** Forwards one direction until it ends. If it breaks, both connections are aborted. */
async function pump(
  from: Channel,
  to: Channel,
  log: ConnectionLog,
  by: ">" | "<",
): Promise<void> {
  const printer = new MessagePrinter((text) => log.add(by, text));
  try {
    for (;;) {
      const chunk = await from.read();
      if (chunk === null) break;
      printer.push(chunk);
      const units = new WriteUnits();
      units.add(chunk);
      await to.write(units);
    }
    log.add(by, "end");
    await to.closeWrite();
  } catch (error) {
    log.add(by, `broken: ${error instanceof Error ? error.message : error}`);
    to.abort(error);
    from.abort(error);
  }
}

async function openWebSocketProxy(
  listen: URL,
  target: URL,
  print: (line: string) => void,
): Promise<TrafficProxy> {
  const server = new WebSocketServer({
    host: hostOf(listen),
    port: Number(listen.port),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on("listening", resolve);
  server.on("error", reject);
  server.on("connection", (near: WebSocket, request: IncomingMessage) => {
    const log = new ConnectionLog(print);
    log.add("#", `connection from ${request.socket.remoteAddress}`);
    const { protocol } = near;
    const far = new WebSocket(target.href, protocol === "" ? [] : [protocol], {
      headers: { origin: originFor(target, request) },
    });
    carry(near, far, log, ">");
    carry(far, near, log, "<");
  });
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    address: `ws://${listen.hostname}:${port}`,
    async [Symbol.asyncDispose]() {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      for (const client of server.clients) client.terminate();
      await closed;
    },
  };
}

/** Returns the origin to send to the target: that of the client, or the target's instead of the proxy's own. */
function originFor(target: URL, { headers }: IncomingMessage): string {
  const { origin, host } = headers;
  const isOwn = origin === undefined || URL.parse(origin)?.host === host;
  return isOwn
    ? `${target.protocol === "wss:" ? "https" : "http"}://${target.host}`
    : origin;
}

/** Forwards the messages of one direction, and its end. */
function carry(
  from: WebSocket,
  to: WebSocket,
  log: ConnectionLog,
  by: ">" | "<",
): void {
  const printer = new MessagePrinter((text) => log.add(by, text));
  const opened = Promise.withResolvers<void>();
  if (to.readyState === WebSocket.OPEN) opened.resolve();
  to.on("open", () => opened.resolve());
  // One after another, once the other connection is open.
  let last: Promise<void> = opened.promise;
  from.on("message", (data: RawData, isBinary: boolean) => {
    const bytes = data as Uint8Array;
    if (!isBinary) log.add(by, "text message:");
    printer.push(bytes);
    last = last.then(() => to.send(bytes, { binary: isBinary }));
  });
  from.on("close", (code: number, reason: Uint8Array) => {
    log.add(by, `closed with ${code}`);
    if (to.readyState === WebSocket.CONNECTING) return to.terminate();
    last = last.then(() => {
      // These codes cannot be sent: they stand for a missing close.
      if ([1005, 1006, 1015].includes(code)) to.terminate();
      else to.close(code, reason);
    });
  });
  from.on("error", (error: Error) => log.add(by, error.message));
}
