/**
 * Measures calls by plain HTTP: small ones, those that a peer serves each, and the
 * same work in a handler of `Deno.serve` itself, twice in turn:
 * `deno run -A bench/http_calls.ts [OPTIONS]`.
 *
 *     --connections=32      connections, each with one request in flight
 *     --seconds=4           duration of each row
 *
 * Each server is a process. The client writes requests that it has made before,
 * and counts responses, so that it costs little. The last column is the processor
 * time of the server for a call.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Child } from "./_child.ts";
import { positive } from "./command_line.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "32" },
    seconds: { type: "string", default: "4" },
  },
});
const connections = positive("connections", values.connections);
const seconds = positive("seconds", values.seconds);

const BODY = '{"name":"Rasmus"}';
const HEAD = "POST /greet HTTP/1.1\r\nhost: localhost\r\n" +
  "content-type: application/json\r\n";
const encoder = new TextEncoder();

/** What is measured, and the request that is made for it. */
const ROWS = [
  ["Deno.serve", `${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`],
  ["fetchHandler", `${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`],
  // Of unknown size, so that a peer serves it, which watches its progress.
  [
    "  by a peer",
    `${HEAD}transfer-encoding: chunked\r\n\r\n${
      BODY.length.toString(16)
    }\r\n${BODY}\r\n0\r\n\r\n`,
  ],
] as const;

/** Makes calls over a connection until the time is over; returns how many. */
async function callUntil(
  port: number,
  request: Uint8Array,
  end: number,
): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(4096);
  const decoder = new TextDecoder();
  let calls = 0;
  for (; performance.now() < end; calls++) {
    await connection.write(request);
    let text = "";
    while (!text.endsWith('"Hello Rasmus"}')) {
      const read = await connection.read(buffer);
      if (read === null) throw new Error(`A connection ended after: ${text}`);
      text += decoder.decode(buffer.subarray(0, read));
    }
  }
  return calls;
}

async function measure(
  port: number,
  request: Uint8Array,
  seconds: number,
): Promise<number> {
  const end = performance.now() + seconds * 1000;
  const all = Array.from(
    { length: connections },
    () => callUntil(port, request, end),
  );
  return (await Promise.all(all)).reduce((sum, calls) => sum + calls);
}

console.log("server          calls/s  server µs");
for (const [name, text] of [...ROWS, ...ROWS]) {
  await using server = new Child("./_http_server.ts");
  const plain = name === "Deno.serve";
  const request = encoder.encode(text);
  const port = await server.ask<number>({ kind: "start", plain });
  await measure(port, request, seconds / 2);
  const before = await server.ask<number>({ kind: "time" });
  const calls = await measure(port, request, seconds);
  const used = await server.ask<number>({ kind: "time" }) - before;
  const rate = String(Math.round(calls / seconds)).padStart(9);
  const cost = (used * 1000 / calls).toFixed(1).padStart(11);
  console.log(name.padEnd(14) + rate + cost);
}
