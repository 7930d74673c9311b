/**
 * Measures how much of a long line one stream uses, with real delays:
 * `deno run -A bench/long_line.ts [OPTIONS]`.
 *
 *     --delay=25     milliseconds each way
 *     --rate=100     megabytes per second of the line
 *     --mib=400      length of each stream
 *
 * The line is a relay in a process of its own. The share is measured from the
 * beginning, so that the growth of the window counts.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { connect, type Peer } from "../mod.ts";
import { Child } from "./_child.ts";
import { chunks, take } from "./_slow_transfer.ts";
import { positive } from "./command_line.ts";

const { values } = parseArgs({
  options: {
    delay: { type: "string", default: "25" },
    rate: { type: "string", default: "100" },
    mib: { type: "string", default: "400" },
  },
});
const delay = positive("delay", values.delay);
const rate = positive("rate", values.rate);
const bytes = positive("mib", values.mib) * 1024 * 1024;

async function upload(peer: Peer): Promise<void> {
  const { readable, writable } = peer.stream("sink");
  await Promise.all([
    new Response(readable).text(),
    ReadableStream.from(chunks(bytes)).pipeTo(writable),
  ]);
}

async function download(peer: Peer): Promise<void> {
  const { readable, writable } = peer.stream("source");
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(String(bytes)));
  await writer.close();
  await take(readable, Infinity, () => {});
}

await using server = new Child("./_streams_server.ts");
const [port] = await server.ask<number[]>({ kind: "ports" });
await using line = new Child("./_line.ts");
const linePort = await line.ask<number>({ port, delay, rate: rate * 1000 });

console.log("           MB/s  share of the line  credits");
for (const [name, transfer] of Object.entries({ upload, download })) {
  const peer = await connect(`tcp://127.0.0.1:${linePort}`);
  const start = performance.now();
  await transfer(peer);
  const speed = bytes / 1000 / (performance.now() - start);
  const { creditsIn, creditsOut } = peer.stats;
  console.log(
    `${name.padEnd(9)} ${speed.toFixed(1).padStart(5)} ${
      (speed / rate).toFixed(2).padStart(18)
    } ${String(creditsIn + creditsOut).padStart(8)}`,
  );
  await peer.close();
}
