/**
 * A proxy that shows what passes through it, message by message.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { type Channel, WriteUnits } from "@gotalk/gotalk/transport";
import { connectTcp, listenTcp } from "@gotalk/gotalk/transport/tcp";
import { Tapped } from "./_tapped.ts";

/** Where a proxy listens, what it connects to, and where it prints. */
export interface TapOptions {
  /** Where it listens: `tcp://host:port` or `ws://host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** Whom it connects to: the same kind of URL. */
  readonly target: string;
  /** Writes a line. */
  readonly print: (line: string) => void;
}

/** A proxy. Disposing of it ends it and its connections. */
export interface Tap extends AsyncDisposable {
  /** Where it listens. */
  readonly address: string;
}

/**
 * Opens a proxy. Each connection to it is connected to the target, and all that passes is printed: the
 * number of the connection, milliseconds since it began, `>` from the side that connected or `<` to it,
 * and the message. Nothing is changed: over WebSocket, messages and close codes stay as they are. Only an
 * `Origin` that is the proxy's own becomes the target's.
 *
 * @throws {TypeError} When the URLs are not of one kind.
 */
export async function tap(options: TapOptions): Promise<Tap> {
  const listen = URL.parse(options.listen);
  const target = URL.parse(options.target);
  const protocol = listen?.protocol;
  const fits = protocol === "tcp:"
    ? target?.protocol === "tcp:" && target.port !== ""
    : protocol === "ws:" && /^wss?:$/.test(target?.protocol ?? "");
  if (!fits || listen === null || target === null) {
    throw new TypeError(
      `Cannot tap: the addresses are ${options.listen} and ${options.target}, wanted two with tcp: and a port, or two with ws:`,
    );
  }
  return protocol === "tcp:"
    ? tapTcp(listen, target, options.print)
    : await tapWebSocket(listen, target, options.print);
}

/** What is known of one connection: who it is, and since when. */
class Line {
  static #count = 0;
  readonly #number = ++Line.#count;
  readonly #began = performance.now();
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  say(by: ">" | "<" | "#", text: string): void {
    const at = (performance.now() - this.#began).toFixed(1).padStart(9);
    this.#print(`${this.#number} ${at} ms ${by} ${text}`);
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function tapTcp(
  listen: URL,
  target: URL,
  print: (line: string) => void,
): Tap {
  const listener = listenTcp({
    hostname: hostOf(listen),
    port: Number(listen.port),
  });
  const open = new Set<Channel>();
  const connections = new Set<Promise<void>>();
  const connection = async (near: Channel) => {
    const line = new Line(print);
    open.add(near);
    line.say("#", `connection from ${near.info.remote}`);
    try {
      const far = await connectTcp({
        hostname: hostOf(target),
        port: Number(target.port),
      });
      open.add(far);
      await Promise.all([
        pump(near, far, line, ">"),
        pump(far, near, line, "<"),
      ]);
      await Promise.all([near.close(), far.close()]);
      open.delete(far);
    } catch (error) {
      line.say("#", error instanceof Error ? error.message : String(error));
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

/** Carries one direction until it ends. When it breaks, the other end hears of it. */
async function pump(
  from: Channel,
  to: Channel,
  line: Line,
  by: ">" | "<",
): Promise<void> {
  const tapped = new Tapped((text) => line.say(by, text));
  try {
    for (;;) {
      const chunk = await from.read();
      if (chunk === null) break;
      tapped.push(chunk);
      const units = new WriteUnits();
      units.add(chunk);
      await to.write(units);
    }
    line.say(by, "end");
    await to.closeWrite();
  } catch (error) {
    line.say(by, `broken: ${error instanceof Error ? error.message : error}`);
    to.abort(error);
    from.abort(error);
  }
}

async function tapWebSocket(
  listen: URL,
  target: URL,
  print: (line: string) => void,
): Promise<Tap> {
  const server = new WebSocketServer({
    host: hostOf(listen),
    port: Number(listen.port),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on("listening", resolve);
  server.on("error", reject);
  server.on("connection", (near: WebSocket, request: IncomingMessage) => {
    const line = new Line(print);
    line.say("#", `connection from ${request.socket.remoteAddress}`);
    const { protocol } = near;
    const far = new WebSocket(target.href, protocol === "" ? [] : [protocol], {
      headers: { origin: originFor(target, request) },
    });
    carry(near, far, line, ">");
    carry(far, near, line, "<");
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

/** The origin that the target is told: the one of the client, but for the proxy's own, which becomes the target's. */
function originFor(target: URL, { headers }: IncomingMessage): string {
  const { origin, host } = headers;
  const isOwn = origin === undefined || URL.parse(origin)?.host === host;
  return isOwn
    ? `${target.protocol === "wss:" ? "https" : "http"}://${target.host}`
    : origin;
}

/** Carries the messages of one direction, and its end. */
function carry(
  from: WebSocket,
  to: WebSocket,
  line: Line,
  by: ">" | "<",
): void {
  const tapped = new Tapped((text) => line.say(by, text));
  const opened = Promise.withResolvers<void>();
  if (to.readyState === WebSocket.OPEN) opened.resolve();
  to.on("open", () => opened.resolve());
  // One after the other, beginning when the other side is there.
  let last: Promise<void> = opened.promise;
  from.on("message", (data: RawData, isBinary: boolean) => {
    const bytes = data as Uint8Array;
    if (!isBinary) line.say(by, "text message:");
    tapped.push(bytes);
    last = last.then(() => to.send(bytes, { binary: isBinary }));
  });
  from.on("close", (code: number, reason: Uint8Array) => {
    line.say(by, `closed with ${code}`);
    if (to.readyState === WebSocket.CONNECTING) return to.terminate();
    last = last.then(() => {
      // Codes from 1005 on that no frame can carry say that there was no close at all.
      if ([1005, 1006, 1015].includes(code)) to.terminate();
      else to.close(code, reason);
    });
  });
  from.on("error", (error: Error) => line.say(by, error.message));
}
