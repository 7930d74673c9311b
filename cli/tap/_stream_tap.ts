/**
 * A tap of connections that carry bytes.
 *
 * @module
 */

import {
  type Channel,
  type Listener,
  WriteUnits,
} from "@gotalk/gotalk/transport";
import { connectTcp, listenTcp } from "@gotalk/gotalk/transport/tcp";
import { describeFailure } from "../../quoting/quote.ts";
import { ConnectionLog } from "./_connection_log.ts";
import type { Recorder } from "./_recorder.ts";
import type { Tap, TapOptions } from "./tap.ts";

/** Opens a tap of connections over TCP, TLS or a Unix socket. */
export async function openStreamTap(
  listen: URL,
  target: URL,
  options: TapOptions,
  recorder: Recorder | undefined,
): Promise<Tap> {
  const listener = await listenAt(listen);
  const open = new Set<Channel>();
  const connections = new Set<Promise<void>>();
  const connection = async (near: Channel) => {
    open.add(near);
    let log: ConnectionLog;
    try {
      const ends = { near: near.info.remote, target };
      log = new ConnectionLog(options, recorder, ends);
    } catch (error) {
      // It cannot be recorded.
      options.print(`# ${describeFailure(error)}`);
      near.abort(error);
      open.delete(near);
      return;
    }
    using _ending = log;
    log.add("#", `connection from ${near.info.remote}`);
    try {
      const far = await connectTo(target, options.caCerts);
      open.add(far);
      await Promise.all([
        pump(near, far, log, ">"),
        pump(far, near, log, "<"),
      ]);
      await Promise.all([near.close(), far.close()]);
      open.delete(far);
    } catch (error) {
      log.add("#", describeFailure(error));
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

function hostAndPort(url: URL): { hostname: string; port: number } {
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port),
  };
}

async function listenAt(url: URL): Promise<Listener> {
  if (url.protocol === "tcp:") return listenTcp(hostAndPort(url));
  const { listenUnix } = await import("@gotalk/gotalk/transport/unix");
  return await listenUnix({ path: decodeURIComponent(url.pathname) });
}

async function connectTo(
  url: URL,
  caCerts: readonly string[] | undefined,
): Promise<Channel> {
  switch (url.protocol) {
    case "tcp:":
      return await connectTcp(hostAndPort(url));
    case "tls:": {
      const { connectTls } = await import("@gotalk/gotalk/transport/tls");
      return await connectTls({ ...hostAndPort(url), caCerts });
    }
    default: {
      const { connectUnix } = await import("@gotalk/gotalk/transport/unix");
      return await connectUnix({ path: decodeURIComponent(url.pathname) });
    }
  }
}

/** Forwards one direction until it ends. If it breaks, both connections are aborted. */
async function pump(
  from: Channel,
  to: Channel,
  log: ConnectionLog,
  by: ">" | "<",
): Promise<void> {
  try {
    for (;;) {
      const chunk = await from.read();
      if (chunk === null) break;
      log.push(by, chunk);
      const units = new WriteUnits();
      units.add(chunk);
      await to.write(units);
    }
    log.add(by, "end");
    await to.closeWrite();
  } catch (error) {
    log.add(by, `broken: ${describeFailure(error)}`);
    to.abort(error);
    from.abort(error);
  }
}
