/**
 * Measures how much of a long line one stream uses, with real delays:
 * `deno run -A bench/long_line.ts [OPTIONS]`.
 *
 *     --delay=25     milliseconds each way
 *     --rate=100     megabytes per second of the line
 *     --mib=400      length of each stream
 *
 * The line is a relay in a process of its own, which may be slower than the line
 * on a busy machine: the share is that of the same line without a delay. It is
 * measured from the beginning, so that the growth of the window counts.
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
await using long = new Child("./_line.ts");
await using short = new Child("./_line.ts");
const ports = {
  long: await long.ask<number>({ port, delay, rate: rate * 1000 }),
  short: await short.ask<number>({ port, delay: 0, rate: rate * 1000 }),
};

/** Returns the rate of a transfer over a line, in megabytes per second. */
async function speed(
  line: keyof typeof ports,
  transfer: (peer: Peer) => Promise<void>,
): Promise<number> {
  const peer = await connect(`tcp://127.0.0.1:${ports[line]}`);
  const start = performance.now();
  await transfer(peer);
  const time = performance.now() - start;
  await peer.close();
  return bytes / 1000 / time;
}

console.log("           MB/s  without delay  share");
for (const [name, transfer] of Object.entries({ upload, download })) {
  const reference = await speed("short", transfer);
  const reached = await speed("long", transfer);
  console.log(
    `${name.padEnd(9)} ${reached.toFixed(1).padStart(5)} ${
      reference.toFixed(1).padStart(14)
    } ${(reached / reference).toFixed(2).padStart(6)}`,
  );
}
