/**
 * A program of a user of the npm package, in Node or Bun: serves over every
 * transport, calls itself and the servers that it is given, and prints a line of
 * JSON for each. Its servers run until its standard input ends.
 *
 * Usage: program CERTIFICATE KEY SOCKET [URL…]
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import {
  connect,
  type ContractOf,
  Handlers,
  reconnect,
  serve,
} from "@gotalk/gotalk";
import { describe, encode } from "@gotalk/gotalk/codec";
import { Rooms } from "@gotalk/gotalk/rooms";

const handlers = new Handlers()
  .handle("greet", (name: string) => `Hello ${name}`)
  .handle(
    "ask",
    async (_: unknown, { peer }) => await peer.request("double", 21),
  )
  .handleStream("echo", (readable) => readable)
  .handleValues("count", function* (end: number) {
    for (let value = 1; value <= end; value++) yield value;
  });

type Api = ContractOf<typeof handlers>;

const page = new Handlers().handle("double", (value: number) => 2 * value);

const [certificate = "", keyFile = "", path = "", ...urls] = process.argv
  .slice(2);
const cert = readFileSync(certificate, "utf8");
const key = readFileSync(keyFile, "utf8");

const rooms = new Rooms();
const servers = await Promise.all([
  serve({ transport: "tcp" }, handlers),
  serve({ path }, handlers),
  serve({ cert, key }, handlers),
  serve({ transport: "websocket", path: "/gotalk" }, handlers),
]);

/** Calls a server in each way, and returns what came back. */
async function call(url: string): Promise<Record<string, unknown>> {
  // The certificate names the host.
  const address = url.replace("tls://127.0.0.1", "tls://localhost");
  const options = url.startsWith("tls:") ? { caCerts: [cert] } : {};
  const peer = await connect<Api>(address, { ...options, handlers: page });
  try {
    const greeting: string = await peer.request("greet", "Rasmus");
    const asked = await peer.request("ask", undefined);
    const { readable, writable } = peer.stream("echo");
    const sent = new Blob(["x".repeat(300_000)]).stream().pipeTo(writable);
    const echoed = (await new Response(readable).arrayBuffer()).byteLength;
    await sent;
    const values: number[] = [];
    for await (const value of peer.values("count", 3)) values.push(value);
    return { greeting, asked, echoed, values };
  } finally {
    await peer.close();
  }
}

function print(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

for (const { address } of servers) print({ own: await call(address) });
for (const url of urls) print({ url, foreign: await call(url) });

const again = reconnect<Api>(servers[0].address);
const greeting = await again.request("greet", "again");
await again.close();
const [unit] = encode({ kind: "Heartbeat", load: 0, time: 0 });
print({
  greeting,
  message: describe({ kind: "Heartbeat", load: 0, time: 0 }),
  size: unit?.byteLength,
  rooms: rooms.stats.rooms,
});
print({ addresses: servers.map(({ address }) => address) });

for await (const _ of process.stdin);
await rooms.close();
await Promise.all(servers.map((server) => server.close()));
