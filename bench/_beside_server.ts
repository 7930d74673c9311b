/**
 * A server of calls and streams on one connection, in a process.
 *
 * @module
 */

import { Handlers, serve } from "../mod.ts";
import { answer } from "./_child.ts";
import { discard, discardByob } from "./_discard.ts";

const chunk = new Uint8Array(64 * 1024);

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handleStream("sink", async (parts) => [
    new TextEncoder().encode(String(await discard(parts))),
  ])
  .handleStream("sink-byob", async (parts) => [
    new TextEncoder().encode(String(await discardByob(parts))),
  ])
  .handleStream("source", () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
    }, { highWaterMark: 0 }));
const limits = JSON.parse(Deno.args[0] ?? "{}");
const server = await serve(
  { port: 0, hostname: "127.0.0.1", limits },
  handlers,
);

await answer(() => Promise.resolve(Number(new URL(server.address).port)));
