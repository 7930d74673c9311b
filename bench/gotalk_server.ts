/**
 * The server that is measured: a `Peer` on each connection.
 *
 * @module
 */

import { Handlers, Peer, upgradeHandler } from "../mod.ts";
import type { Listener } from "../transport/mod.ts";
import { listenTcp } from "../transport/tcp.ts";
import { listenWebSocket } from "../transport/websocket/listener.ts";
import { discard, discardByob } from "./_discard.ts";
import { MAX_PAYLOAD } from "./_scenarios.ts";
import type { TransferWork } from "./_work.ts";
import { work } from "./_worker.ts";

let ticks = 0;

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handleBytes("echo-recycled", (payload, context) => {
    context.recycle(payload);
    return payload;
  })
  .onNotificationBytes("tick", () => {
    ticks++;
  })
  .handle("ticks", () => ticks)
  .handleStream("sink", async (parts) => [numeral(await discard(parts))])
  .handleStream(
    "sink-byob",
    async (parts) => [numeral(await discardByob(parts))],
  )
  .handleStream(
    "source",
    async (parts) => source(await new Response(parts).json()),
  );

const limits = { maxPayloadBytes: MAX_PAYLOAD };
const ports = {
  tcp: accept(listenTcp()),
  websocket: accept(listenWebSocket()),
  upgrade: upgrade("separate"),
  "upgrade-merged": upgrade("merged"),
};
await work({ ports: () => ports });
Deno.exit();

/** Has a peer for each channel; returns the port. */
function accept(listener: Listener): number {
  void acceptAll(listener);
  return Number(new URL(listener.address).port);
}

async function acceptAll(listener: Listener): Promise<void> {
  for await (const channel of listener) {
    new Peer(channel, { handlers, role: "acceptor", limits });
  }
}

/** Has a peer for each WebSocket of an HTTP server; returns the port. */
function upgrade(units: "separate" | "merged"): number {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers, { units, limits }),
  );
  return server.addr.port;
}

function numeral(count: number): Uint8Array {
  return new TextEncoder().encode(String(count));
}

/** Gives as many bytes as are asked for. */
function source({ bytes, chunk }: TransferWork): ReadableStream<Uint8Array> {
  const full = new Uint8Array(chunk);
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      const next = full.subarray(0, left);
      left -= next.byteLength;
      controller.enqueue(next);
    },
  });
}
