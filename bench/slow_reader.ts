/**
 * Measures the memory of both sides while a stream waits for its reader, over
 * the WebSocket of the runtime: `deno run -A bench/slow_reader.ts [OPTIONS]`.
 *
 *     --mib=200    length of each stream
 *
 * The handler, or the client of a download, takes 20 MB/s, much less than the
 * connection carries. Calls on the same connection show that it is not held up.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Peer } from "../mod.ts";
import { socketChannel } from "../transport/websocket/standard_socket.ts";
import { Child } from "./_child.ts";
import { chunks, ResidentMemory, take } from "./_slow_transfer.ts";
import { positive } from "./command_line.ts";
import { quantile } from "./statistics.ts";

const { values } = parseArgs({
  options: { mib: { type: "string", default: "200" } },
});
const bytes = positive("mib", values.mib) * 1024 * 1024;

/** Uploads to a slow handler. Returns the number of bytes that it took. */
async function upload(peer: Peer, memory: ResidentMemory): Promise<number> {
  const { readable, writable } = peer.stream("slow-sink");
  const source = ReadableStream.from(
    chunks(bytes, (sent) => memory.moved(sent)),
  );
  const [taken] = await Promise.all([
    new Response(readable).text(),
    source.pipeTo(writable),
  ]);
  return Number(taken);
}

/** Reads a download slowly. Returns the number of bytes. */
async function download(peer: Peer, memory: ResidentMemory): Promise<number> {
  const { readable, writable } = peer.stream("source");
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(String(bytes)));
  await writer.close();
  return await take(readable, 20e6, (taken) => memory.moved(taken));
}

await using server = new Child("./_streams_server.ts");
const [, port] = await server.ask<number[]>({ kind: "ports" });

console.log(
  "           MB/s  growth of client, of server in MiB  longest call in ms",
);
for (const [name, transfer] of Object.entries({ upload, download })) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const peer = new Peer(socketChannel(socket));
  await peer.opened;
  const memory = new ResidentMemory();
  memory.begin();
  await server.ask({ kind: "begin" });
  const start = performance.now();
  let isRunning = true;
  const calls: number[] = [];
  const calling = (async () => {
    while (isRunning) {
      const began = performance.now();
      // Nothing handles it, which is an answer as well.
      await peer.request("ping").catch(() => {});
      calls.push(performance.now() - began);
      await new Promise((done) => setTimeout(done, 10));
    }
  })();
  const taken = await transfer(peer, memory);
  const seconds = (performance.now() - start) / 1000;
  isRunning = false;
  await calling;
  if (taken !== bytes) throw new Error(`${taken} of ${bytes} bytes`);
  const growth = [memory.end(), await server.ask<number>({ kind: "growth" })];
  console.log(
    `${name.padEnd(9)} ${(bytes / 1e6 / seconds).toFixed(1).padStart(5)} ${
      growth.map((mib) => mib.toFixed(1).padStart(17)).join(" ")
    } ${quantile(calls, 1).toFixed(0).padStart(19)}`,
  );
  await peer.close();
}
