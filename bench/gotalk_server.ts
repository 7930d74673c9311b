/**
 * The server that is measured: a `Peer` on each TCP connection.
 *
 * @module
 */

import { Handlers, Peer } from "../peer/mod.ts";
import { listenTcp } from "../transport/tcp.ts";
import { work } from "./_worker.ts";
import { LIMITS, SOURCE_CHUNK } from "./_setting.ts";

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
  .handleStream("source", () => {
    const chunk = new Uint8Array(SOURCE_CHUNK);
    return new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
    });
  });

const listener = listenTcp();
void acceptAll();
await work({ ports: () => ({ gotalk: Number(new URL(listener.address).port) }) });
Deno.exit();

async function acceptAll(): Promise<void> {
  for await (const channel of listener) {
    new Peer(channel, { handlers, role: "acceptor", limits: LIMITS });
  }
}
