/**
 * The server that is measured: a `Peer` on each TCP connection.
 *
 * @module
 */

import { Handlers, Peer } from "../peer/mod.ts";
import { listenTcp } from "../transport/tcp.ts";
import { MAX_PAYLOAD } from "./_scenarios.ts";
import type { TransferWork } from "./_work.ts";
import { work } from "./_worker.ts";

let ticks = 0;

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .onNotificationBytes("tick", () => {
    ticks++;
  })
  .handle("ticks", () => ticks)
  .handleStream("sink", async (parts) => {
    let bytes = 0;
    for await (const part of parts) bytes += part.byteLength;
    return [new TextEncoder().encode(String(bytes))];
  })
  .handleStream(
    "source",
    async (parts) => source(await new Response(parts).json()),
  );

const listener = listenTcp();
void acceptAll();
const ports = { gotalk: Number(new URL(listener.address).port) };
await work({ ports: () => ports });
Deno.exit();

async function acceptAll(): Promise<void> {
  for await (const channel of listener) {
    new Peer(channel, {
      handlers,
      role: "acceptor",
      limits: { maxPayload: MAX_PAYLOAD },
    });
  }
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
