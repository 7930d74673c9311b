/**
 * The client of the baseline: what `Deno.Conn` does with as many bytes as the protocol would have.
 *
 * @module
 */

import { connectWebSocket } from "../transport/websocket/client.ts";
import { BULK_BUFFER, discard, SMALL_BUFFER, writeAll } from "./_conn.ts";
import { latency } from "./_latency.ts";
import {
  ChannelLink,
  ConnLink,
  keepInFlight,
  type Link,
  SocketLink,
} from "./_link.ts";
import { Stopwatch } from "./_stopwatch.ts";
import type {
  CallsWork,
  ConnectWork,
  Figures,
  LatencyWork,
  NotificationsWork,
  TransferWork,
  Transport,
} from "./_work.ts";
import { work } from "./_worker.ts";

/** What `r`, an ID, `echo` and a size have, and what `n`, `tick` and a size have. */
const REQUEST_HEADER = 20;
const NOTIFICATION_HEADER = 16;

let ports: Figures = {};
const links: Link[] = [];

await work({
  connect,
  calls,
  notifications,
  upload,
  download,
  latency: callsBesideUpload,
});
Deno.exit();

async function connect(work: ConnectWork): Promise<Figures> {
  ports = work.ports;
  for (let left = work.connections; left > 0; left--) {
    links.push(await link(work.transport));
  }
  return {};
}

async function link(transport: Transport): Promise<Link> {
  const url = `ws://127.0.0.1:${ports["websocket"]}`;
  switch (transport) {
    case "tcp":
      // The first connection can take much at once, the others are small.
      return links.length === 0
        ? new ConnLink(await open("echo"), BULK_BUFFER)
        : new ConnLink(await open("smallEcho"), SMALL_BUFFER);
    case "websocket":
      return new SocketLink(await opened(new WebSocket(url)));
    default:
      // It is about the server: the client is the one that peers have, without a peer.
      return new ChannelLink(await connectWebSocket(url));
  }
}

function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error(`Cannot connect to ${socket.url}`));
  });
}

async function open(service: string): Promise<Deno.Conn> {
  const port = ports[service]!;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return conn;
}

async function calls({ size, inFlight, seconds }: CallsWork): Promise<Figures> {
  const bytes = REQUEST_HEADER + size;
  const stopwatch = new Stopwatch(seconds);
  const counts = await Promise.all(
    links.map((link) => keepInFlight(inFlight, bytes, link, stopwatch)),
  );
  return { rate: stopwatch.rate(counts.reduce((sum, count) => sum + count)) };
}

/** Messages in large writes, which nobody takes apart. */
async function notifications(work: NotificationsWork): Promise<Figures> {
  const bytes = NOTIFICATION_HEADER + work.size;
  const messages = new Uint8Array(bytes * Math.floor(64 * 1024 / bytes));
  const stopwatch = new Stopwatch(work.seconds);
  const taken = await toSink(messages, () => stopwatch.running);
  return { rate: stopwatch.rate(taken / bytes) };
}

async function upload({ bytes, chunk }: TransferWork): Promise<Figures> {
  const stopwatch = new Stopwatch();
  const taken = await toSink(
    new Uint8Array(chunk),
    (sent) => sent < bytes,
  );
  return { rate: stopwatch.rate(taken / 1e6) };
}

/** Writes a chunk again and again for as long as it is wanted; returns how many bytes have arrived. */
async function toSink(
  chunk: Uint8Array,
  isWanted: (sent: number) => boolean,
): Promise<number> {
  using conn = await open("sink");
  for (let sent = 0; isWanted(sent); sent += chunk.byteLength) {
    await writeAll(conn, chunk);
  }
  await conn.closeWrite();
  return Number(await new Response(conn.readable).text());
}

async function download({ bytes }: TransferWork): Promise<Figures> {
  const stopwatch = new Stopwatch();
  using conn = await open("source");
  const taken = await discard(conn, bytes, new Uint8Array(BULK_BUFFER));
  return { rate: stopwatch.rate(taken / 1e6) };
}

/** A bulk transfer cannot share a connection here, so it has one of its own. */
function callsBesideUpload(work: LatencyWork): Promise<Figures> {
  const chunk = new Uint8Array(work.chunk);
  const link = links[0]!;
  const bytes = REQUEST_HEADER + work.size;
  const call = async () => {
    await link.send(1, bytes);
    for (let taken = 0; taken < bytes;) taken += await link.discard();
  };
  return latency(work.seconds, call, (isWanted) => toSink(chunk, isWanted));
}
