/**
 * A tap of connections over WebSocket.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { describeFailure } from "../../quoting/quote.ts";
import { ConnectionLog } from "./_connection_log.ts";
import type { Recorder } from "./_recorder.ts";
import type { Tap, TapOptions } from "./tap.ts";

/** The bytes that wait to be sent above which no more are read. */
const HIGH_WATER_MARK = 1024 * 1024;

/** Opens a tap of connections over WebSocket. */
export async function openWebSocketTap(
  listen: URL,
  target: URL,
  options: TapOptions,
  recorder: Recorder | undefined,
): Promise<Tap> {
  const server = new WebSocketServer({
    host: listen.hostname.replace(/^\[|\]$/g, ""),
    port: Number(listen.port),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on("listening", resolve);
  server.on("error", reject);
  server.on("connection", (near: WebSocket, request: IncomingMessage) => {
    const { remoteAddress, remotePort } = request.socket;
    let log: ConnectionLog;
    try {
      const near = `tcp://${remoteAddress}:${remotePort}`;
      log = new ConnectionLog(options, recorder, { near, target });
    } catch (error) {
      // It cannot be recorded.
      options.print(`# ${describeFailure(error)}`);
      return near.terminate();
    }
    log.add("#", `connection from ${remoteAddress}`);
    const { protocol } = near;
    const far = new WebSocket(target.href, protocol === "" ? [] : [protocol], {
      headers: { origin: originFor(target, request) },
      ...options.caCerts && { ca: [...options.caCerts] },
    });
    carry(near, far, log, ">");
    carry(far, near, log, "<");
    far.on("close", () => log[Symbol.dispose]());
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

/**
 * Forwards the messages of one direction, and its end. Reads no faster than the
 * other connection takes them.
 */
function carry(
  from: WebSocket,
  to: WebSocket,
  log: ConnectionLog,
  by: ">" | "<",
): void {
  const opened = Promise.withResolvers<void>();
  if (to.readyState === WebSocket.OPEN) opened.resolve();
  else from.pause();
  to.on("open", () => {
    opened.resolve();
    from.resume();
  });
  // Its own end is found only by reading.
  to.on("close", () => from.resume());
  // One after another, once the other connection is open.
  let last: Promise<void> = opened.promise;
  from.on("message", (data: RawData, isBinary: boolean) => {
    const bytes = data as Uint8Array;
    if (!isBinary) log.add(by, "text message:");
    log.push(by, bytes);
    last = last.then(() => {
      to.send(bytes, { binary: isBinary }, () => {
        if (to.bufferedAmount <= HIGH_WATER_MARK) from.resume();
      });
      if (to.bufferedAmount > HIGH_WATER_MARK) from.pause();
    });
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
