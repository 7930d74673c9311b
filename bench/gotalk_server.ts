/**
 * The server of this implementation: a `Peer` on each connection.
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
  .handleStream("sink", async (parts) => [decimal(await discard(parts))])
  .handleStream(
    "sink-byob",
    async (parts) => [decimal(await discardByob(parts))],
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
  "upgrade-merged": upgrade(),
};
await work({ ports: () => ports });
Deno.exit();

/** Creates a peer for each channel of a listener; returns the port. */
function accept(listener: Listener): number {
  void acceptAll(listener);
  return Number(new URL(listener.address).port);
}

async function acceptAll(listener: Listener): Promise<void> {
  for await (const channel of listener) {
    new Peer(channel, { handlers, role: "acceptor", limits });
  }
}

/** Starts an HTTP server with a peer for each WebSocket; returns the port. */
function upgrade(units?: "separate"): number {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers, { units, limits }),
  );
  return server.addr.port;
}

function decimal(count: number): Uint8Array {
  return new TextEncoder().encode(String(count));
}

/** Returns a stream of the requested number of bytes. */
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
