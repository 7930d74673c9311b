/**
 * A server of streams, in a process: over TCP, and over the WebSocket of the
 * runtime.
 *
 * @module
 */

import { Handlers, serve, upgradeHandler } from "../mod.ts";
import { answer } from "./_child.ts";
import { chunks, ResidentMemory, take } from "./_slow_transfer.ts";

type Work = { readonly kind: "ports" | "begin" | "growth" };

const memory = new ResidentMemory();
const handlers = new Handlers()
  .handleStream("sink", async (parts, { operation }) => {
    const taken = await take(parts, Infinity, () => {});
    return [new TextEncoder().encode(`${operation} ${taken}`)];
  })
  .handleStream("slow-sink", async (parts) => {
    const taken = await take(parts, 20e6, (bytes) => memory.moved(bytes));
    return [new TextEncoder().encode(String(taken))];
  })
  .handleStream("source", async (parts) => {
    const bytes = Number(await new Response(parts).text());
    return chunks(bytes, (sent) => memory.moved(sent));
  });
const tcp = await serve({ port: 0, hostname: "127.0.0.1" }, handlers);
const http = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen() {} },
  upgradeHandler(handlers),
);

await answer(({ kind }: Work) => {
  switch (kind) {
    case "ports":
      return Promise.resolve([
        Number(new URL(tcp.address).port),
        http.addr.port,
      ]);
    case "begin":
      memory.begin();
      return Promise.resolve(null);
    case "growth":
      return Promise.resolve(memory.end());
  }
});
