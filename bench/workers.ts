/**
 * Measures calls to a server of several workers on one port:
 * `deno run -A bench/workers.ts [OPTIONS]`, on Linux.
 *
 *     --connections=1000    clients, each with one call of 16 bytes in flight
 *     --workers=1,2         how many workers; one row for each number
 *     --seconds=5           duration of each row
 *
 * Client and server share the cores of the machine. The client is one process of
 * plain connections, which is cheaper than peers; where it takes a core for
 * itself, the workers share the others.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Child } from "./_child.ts";
import { positive } from "./command_line.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "1000" },
    workers: { type: "string", default: "1,2" },
    seconds: { type: "string", default: "5" },
  },
});
const connections = positive("connections", values.connections);
const seconds = positive("seconds", values.seconds);
const counts = values.workers.split(",")
  .map((count) => positive("workers", count));

console.log("workers  calls/s  clients of each");
for (const workers of counts) {
  await using server = new Child("./_workers_server.ts");
  await using client = new Child("./_workers_client.ts");
  const port = await server.ask<number>({ kind: "start", workers });
  await client.ask({ port, connections, seconds: seconds / 2 });
  const calls = await client.ask<number>({ port, connections: 0, seconds });
  const clients = await server.ask<number[]>({ kind: "clients" });
  console.log(
    `${String(workers).padStart(7)} ${
      (calls / seconds).toFixed(0).padStart(8)
    }  ${clients.join(", ")}`,
  );
}
