/**
 * A server of rooms over NATS, in a process.
 *
 * @module
 */

import { Handlers, serve } from "@gotalk/gotalk";
import { Rooms } from "@gotalk/gotalk/rooms";
import { natsBackPlane } from "@gotalk/gotalk/rooms/nats";
import type { Channel, Listener } from "@gotalk/gotalk/transport";
import { tcpChannel } from "@gotalk/gotalk/transport/tcp";
import { answer, processorTime } from "./_child.ts";

/** Length of the payload of a notification, in bytes; it begins with a time. */
export const PAYLOAD = 64;
/** The header of a notification. */
export const HEADER = "n004said00000040";
/** Length of the time, in milliseconds with a fraction. */
export const TIME = 18;

/** What a server has sent. */
export interface Sent {
  readonly sent: number;
  /** Notifications that members of it lost. */
  readonly dropped: number;
}

type Work =
  | { readonly kind: "port" }
  | { readonly kind: "memory" }
  | { readonly kind: "processor" }
  | {
    /** To write is to send without the library: the same bytes to the members here. */
    readonly kind: "send" | "write";
    readonly rate: number;
    readonly seconds: number;
    readonly rooms: number;
  };

const encoder = new TextEncoder();

/** Keeps the connections that it accepts. */
class KeepingListener implements Listener {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** The connections by the addresses of their clients. */
  readonly conns = new Map<string, Deno.TcpConn>();
  readonly address = `tcp://127.0.0.1:${this.#listener.addr.port}`;

  async accept(): Promise<Channel> {
    const conn = await this.#listener.accept();
    const channel = tcpChannel(conn);
    this.conns.set(channel.info.remote!, conn);
    return channel;
  }

  close(): void {
    this.#listener.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Channel> {
    for (;;) yield await this.accept();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** How often due notifications are sent, in milliseconds. */
const INTERVAL = 5;

if (import.meta.main) await run();

async function run(): Promise<void> {
  const backPlane = await natsBackPlane({
    servers: `127.0.0.1:${Deno.args[0]}`,
  });
  const rooms = new Rooms({ backPlane });
  const listener = new KeepingListener();
  const members = new Map<string, Deno.TcpConn[]>();
  const handlers = new Handlers().handleText("join", async (room, { peer }) => {
    await rooms.room(room).join(peer);
    const conn = listener.conns.get(peer.info!.remote!)!;
    members.set(room, [...members.get(room) ?? [], conn]);
    return "";
  });
  // The clients only read: nothing that they do not expect is sent to them.
  const limits = { heartbeatInterval: Infinity, receiveTimeout: Infinity };
  const server = await serve({ listener, limits, extensions: false }, handlers);

  let next = 0;
  await answer(async (work: Work) => {
    if (work.kind === "port") return Number(new URL(server.address).port);
    if (work.kind === "processor") return processorTime();
    if (work.kind === "memory") return Deno.memoryUsage().rss;
    const before = rooms.stats.dropped;
    const start = performance.now();
    const count = Math.round(work.rate * work.seconds);
    for (let sent = 0; sent < count;) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
      const due = Math.min(
        count,
        (performance.now() - start) / 1000 * work.rate,
      );
      for (; sent < due; sent++) {
        const time = performance.timeOrigin + start + sent / work.rate * 1000;
        const payload = time.toFixed(4).padEnd(PAYLOAD);
        const room = `${next++ % work.rooms}`;
        if (work.kind === "send") {
          rooms.room(room).notifyBytes("said", encoder.encode(payload));
          continue;
        }
        const message = encoder.encode(HEADER + payload);
        for (const conn of members.get(room) ?? []) void conn.write(message);
      }
    }
    return { sent: count, dropped: rooms.stats.dropped - before };
  });
}
