/**
 * The client of the baseline: a `Deno.Conn` that transfers as many bytes as the
 * protocol does.
 *
 * @module
 */

import { connectWebSocket } from "../transport/websocket/client.ts";
import { BULK_BUFFER, discard, SMALL_BUFFER, writeAll } from "./_conn.ts";
import { latency } from "./_latency.ts";
import {
  ChannelEcho,
  type EchoConnection,
  keepInFlight,
  TcpEcho,
  WebSocketEcho,
} from "./_echo_connection.ts";
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

/** The bytes of a SingleRequest for `echo` before its payload. */
const REQUEST_HEADER = 20;
/** The bytes of a Notification `tick` before its payload. */
const NOTIFICATION_HEADER = 16;

let ports: Figures = {};
const connections: EchoConnection[] = [];

await work({
  connect,
  calls,
  notifications,
  upload,
  download,
  latency: callsDuringTransfer,
});
Deno.exit();

async function connect(work: ConnectWork): Promise<Figures> {
  ports = work.ports;
  for (let left = work.connections; left > 0; left--) {
    connections.push(await openEcho(work.transport));
  }
  return {};
}

async function openEcho(transport: Transport): Promise<EchoConnection> {
  const url = `ws://127.0.0.1:${ports["websocket"]}`;
  switch (transport) {
    case "tcp":
    case "tcp-uncredited":
      // The first connection may have many or large calls in flight, each of the
      // others has one small call.
      return connections.length === 0
        ? new TcpEcho(await open("echo"), BULK_BUFFER)
        : new TcpEcho(await open("smallEcho"), SMALL_BUFFER);
    case "websocket":
      return new WebSocketEcho(await opened(new WebSocket(url)));
    default:
      // These scenarios compare servers, so the client is that of the peers,
      // without a peer.
      return new ChannelEcho(await connectWebSocket(url));
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
    connections.map((connection) =>
      keepInFlight(inFlight, bytes, connection, stopwatch)
    ),
  );
  return { rate: stopwatch.rate(counts.reduce((sum, count) => sum + count)) };
}

/** Sends messages in large writes to a server that does not parse them. */
async function notifications(work: NotificationsWork): Promise<Figures> {
  const bytes = NOTIFICATION_HEADER + work.size;
  const messages = new Uint8Array(bytes * Math.floor(64 * 1024 / bytes));
  const stopwatch = new Stopwatch(work.seconds);
  const received = await toSink(messages, () => stopwatch.running);
  return { rate: stopwatch.rate(received / bytes) };
}

async function upload({ bytes, chunk }: TransferWork): Promise<Figures> {
  const stopwatch = new Stopwatch();
  const received = await toSink(
    new Uint8Array(chunk),
    (sent) => sent < bytes,
  );
  return { rate: stopwatch.rate(received / 1e6) };
}

/**
 * Writes a chunk repeatedly while `isWanted` returns `true`; returns the number
 * of bytes that the server received.
 */
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
  const received = await discard(conn, bytes, new Uint8Array(BULK_BUFFER));
  return { rate: stopwatch.rate(received / 1e6) };
}

/** Transfers on a second connection, as raw connections cannot be shared. */
function callsDuringTransfer(work: LatencyWork): Promise<Figures> {
  const chunk = new Uint8Array(work.chunk);
  const connection = connections[0]!;
  const bytes = REQUEST_HEADER + work.size;
  const call = async () => {
    await connection.send(1, bytes);
    for (let received = 0; received < bytes;) {
      received += await connection.discard();
    }
  };
  return latency(
    work.seconds,
    call,
    (isWanted) =>
      work.direction === "upload"
        ? toSink(chunk, isWanted)
        : fromSource(isWanted),
  );
}

/** Reads from the server while `isWanted` returns `true`. */
async function fromSource(isWanted: () => boolean): Promise<void> {
  using conn = await open("source");
  const buffer = new Uint8Array(BULK_BUFFER);
  while (isWanted()) await conn.read(buffer);
}
