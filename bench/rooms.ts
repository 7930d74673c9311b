/**
 * Measures notifications to rooms of two server processes over NATS:
 * `deno run -A bench/rooms.ts [OPTIONS]`.
 *
 *     --connections=10000   clients, half of them on each server
 *     --room=100            members of each room, half of them on each server
 *     --rate=1000           notifications a second, to one room after another
 *     --seconds=5           duration of each row
 *     --clients=4           processes that the clients are in
 *     --nats=nats-server    the program of the server of NATS
 *
 * The rows are a tenth, a quarter and half of the rate, and the whole. The latency of a
 * delivery begins when its notification was due, and ends when the client has
 * read it. Clients, servers and NATS share the cores of the machine: the processor
 * time that a delivery takes tells whether these suffice, also on a machine that
 * does something else as well. The last row is half of the rate without the
 * library: each server writes the same bytes to the sockets of its members.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Child, Children } from "./_child.ts";
import { positive } from "./command_line.ts";
import type { Received } from "./_rooms_client.ts";
import type { Sent } from "./_rooms_server.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "10000" },
    room: { type: "string", default: "100" },
    rate: { type: "string", default: "1000" },
    seconds: { type: "string", default: "5" },
    clients: { type: "string", default: "4" },
    nats: { type: "string", default: "nats-server" },
  },
});
const connections = positive("connections", values.connections);
const room = positive("room", values.room);
const rate = positive("rate", values.rate);
const seconds = positive("seconds", values.seconds);
const processes = positive("clients", values.clients);

/** What a row of the table measures. */
interface Row {
  /** The share of the rate. */
  readonly share: number;
  readonly kind: "send" | "write";
}

const ROWS: readonly Row[] = [
  ...[0.1, 0.25, 0.5, 1].map((share) => ({ share, kind: "send" as const })),
  { share: 0.5, kind: "write" },
];

using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = free.addr;
free.close();
const nats = new Deno.Command(values.nats, {
  args: ["--addr", "127.0.0.1", "--port", `${port}`],
  stdout: "null",
  stderr: "null",
}).spawn();
try {
  await measure();
} finally {
  nats.kill("SIGKILL");
  await nats.status;
}

async function measure(): Promise<void> {
  await using left = new Child("./_rooms_server.ts", `${port}`);
  await using right = new Child("./_rooms_server.ts", `${port}`);
  const servers = [left, right];
  await using clients = new Children("./_rooms_client.ts", processes);
  const ports = await Promise.all(
    servers.map((server) => server.ask<number>({ kind: "port" })),
  );
  const idle = await left.ask<number>({ kind: "memory" });
  const rooms = Math.ceil(connections / room);
  const each = Math.ceil(connections / processes);
  await clients.ask({ kind: "connect", ports, connections: each, rooms });
  const full = await left.ask<number>({ kind: "memory" });
  const perMember = (full - idle) / (connections / 2) / 1024;
  console.log(
    `${connections} members in ${rooms} rooms, ${
      perMember.toFixed(1)
    } KiB for each`,
  );
  console.log(
    "  sent/s  deliveries/s  wanted   p50 ms   p99 ms   max ms  server µs  client µs  lost by members",
  );
  const run = async ({ share, kind }: Row, seconds: number) => {
    // Servers that only write reach only their own members.
    const each = kind === "send" ? share / 2 : share;
    const work = { kind, rate: rate * each, seconds, rooms };
    await clients.ask({ kind: "begin" });
    const used = async () => [
      await processorTimes(servers),
      sumOf(await clients.ask<number>({ kind: "processor" })),
    ];
    const before = await used();
    const sent = await Promise.all(
      servers.map((server) => server.ask<Sent>(work)),
    );
    const received = await clients.ask<Received>({ kind: "end" });
    const after = await used();
    return { sent, received, times: after.map((time, i) => time - before[i]!) };
  };
  await run({ share: 0.25, kind: "send" }, 2); // Warms up.
  for (const row of ROWS) {
    const { share, kind } = row;
    const { sent, received, times } = await run(row, seconds);
    const lost = sent.reduce((sum, { dropped }) => sum + dropped, 0);
    const all = received.flatMap(({ latencies }) => latencies)
      .toSorted(([a], [b]) => a - b);
    const count = all.reduce((sum, [, count]) => sum + count, 0);
    const duration = Math.max(
      seconds,
      ...received.map(({ duration }) => duration / 1000),
    );
    console.log([
      (rate * share).toFixed(0).padStart(8),
      (count / duration).toFixed(0).padStart(13),
      (rate * share * room).toFixed(0).padStart(7),
      ...[0.5, 0.99, 1].map((p) => quantile(all, p * count).padStart(8)),
      ...times.map((time) => (time / count * 1000).toFixed(1).padStart(10)),
      kind === "send" ? String(lost).padStart(16) : "  without library",
    ].join(" "));
  }
}

/** Returns the processor time of processes together, in milliseconds. */
async function processorTimes(processes: readonly Child[]): Promise<number> {
  const times = processes.map((each) =>
    each.ask<number>({ kind: "processor" })
  );
  return sumOf(await Promise.all(times));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Returns the latency that `count` deliveries do not exceed. */
function quantile(
  latencies: readonly [tenths: number, count: number][],
  count: number,
): string {
  for (const [tenths, each] of latencies) {
    count -= each;
    if (count <= 0) return (tenths / 10).toFixed(1);
  }
  return "NaN";
}
