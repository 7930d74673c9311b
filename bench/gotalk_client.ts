/**
 * The client of this implementation: a `Peer` with the promises and web streams
 * that an application uses.
 *
 * @module
 */

import { Peer } from "../peer/mod.ts";
import type { Channel } from "../transport/mod.ts";
import { connectTcp } from "../transport/tcp.ts";
import { connectWebSocket } from "../transport/websocket/client.ts";
import { discard, discardByob } from "./_discard.ts";
import { latency } from "./_latency.ts";
import { MAX_PAYLOAD } from "./_scenarios.ts";
import { Stopwatch } from "./_stopwatch.ts";
import type {
  CallsWork,
  ConnectWork,
  Figures,
  LatencyWork,
  NotificationsWork,
  TransferWork,
} from "./_work.ts";
import { work } from "./_worker.ts";

const peers: Peer[] = [];

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
  for (let left = work.connections; left > 0; left--) {
    const channel = await open(work);
    const peer = new Peer(channel, {
      extensions: work.transport !== "tcp-uncredited",
      limits: { maxPayloadBytes: MAX_PAYLOAD, maxPendingRequests: 1024 },
    });
    await peer.opened;
    peers.push(peer);
  }
  return {};
}

function open({ ports, transport }: ConnectWork): Promise<Channel> {
  if (transport === "tcp" || transport === "tcp-uncredited") {
    return connectTcp({ port: ports["tcp"]! });
  }
  return connectWebSocket(`ws://127.0.0.1:${ports[transport]}`, {
    units: transport === "upgrade" ? "separate" : undefined,
  });
}

async function calls(work: CallsWork): Promise<Figures> {
  const { size, inFlight, seconds, recycles } = work;
  const payload = new Uint8Array(size);
  const stopwatch = new Stopwatch(seconds);
  let count = 0;
  const caller = async (peer: Peer) => {
    do {
      await peer.requestBytes("echo", payload);
      count++;
    } while (stopwatch.running);
  };
  const recyclingCaller = async (peer: Peer) => {
    do {
      peer.recycle(await peer.requestBytes("echo-recycled", payload));
      count++;
    } while (stopwatch.running);
  };
  await Promise.all(
    peers.flatMap((peer) =>
      Array.from(
        { length: inFlight },
        () => recycles ? recyclingCaller(peer) : caller(peer),
      )
    ),
  );
  return { rate: stopwatch.rate(count) };
}

async function notifications(work: NotificationsWork): Promise<Figures> {
  const peer = peers[0]!;
  const payload = new Uint8Array(work.size);
  const before = await peer.request("ticks") as number;
  const stopwatch = new Stopwatch(work.seconds);
  while (stopwatch.running) await peer.notifyBytes("tick", payload);
  const after = await peer.request("ticks") as number;
  return { rate: stopwatch.rate(after - before) };
}

async function upload({ bytes, chunk, byob }: TransferWork): Promise<Figures> {
  const stopwatch = new Stopwatch();
  const received = await toSink(
    new Uint8Array(chunk),
    (sent) => sent < bytes,
    byob ? "sink-byob" : "sink",
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
  operation = "sink",
): Promise<number> {
  const { readable, writable } = peers[0]!.stream(operation);
  const writer = writable.getWriter();
  for (let sent = 0; isWanted(sent); sent += chunk.byteLength) {
    await writer.write(chunk);
  }
  await writer.close();
  return Number(await new Response(readable).text());
}

async function download(work: TransferWork): Promise<Figures> {
  const stopwatch = new Stopwatch();
  const { readable, writable } = peers[0]!.stream("source");
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(work)));
  await writer.close();
  const received =
    await (work.byob ? discardByob(readable) : discard(readable));
  return { rate: stopwatch.rate(received / 1e6) };
}

function callsDuringTransfer(work: LatencyWork): Promise<Figures> {
  const chunk = new Uint8Array(work.chunk);
  const payload = new Uint8Array(work.size);
  const call = () => peers[0]!.requestBytes("echo", payload);
  return latency(
    work.seconds,
    call,
    (isWanted) =>
      work.direction === "upload"
        ? toSink(chunk, isWanted)
        : fromSource(work.chunk, isWanted),
  );
}

/** Reads a stream without an end while `isWanted` returns `true`. */
async function fromSource(
  chunk: number,
  isWanted: () => boolean,
): Promise<void> {
  const { readable, writable } = peers[0]!.stream("source");
  const writer = writable.getWriter();
  const work = { bytes: Number.MAX_SAFE_INTEGER, chunk };
  await writer.write(new TextEncoder().encode(JSON.stringify(work)));
  await writer.close();
  const reader = readable.getReader();
  while (isWanted()) await reader.read();
  await reader.cancel();
}
