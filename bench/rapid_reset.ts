/**
 * Measures what opening and cancelling requests in a loop does to a server:
 * `deno run -A bench/rapid_reset.ts [OPTIONS]`.
 *
 *     --clients=100         connections that do it
 *     --requests=1000000    number of requests of all of them together
 *
 * Each handler takes a second, whether or not it is cancelled. Another client
 * makes calls meanwhile.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { connect } from "../mod.ts";
import { Child } from "./_child.ts";
import { positive } from "./command_line.ts";
import { quantile } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "100" },
    requests: { type: "string", default: "1000000" },
  },
});
const clients = positive("clients", values.clients);
const each = Math.ceil(positive("requests", values.requests) / clients);

/** Sends the requests, each with its cancel. Returns how many were sent before the server ended the connection. */
async function attack(port: number): Promise<number> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const reading = (async () => {
    const buffer = new Uint8Array(64 * 1024);
    while (await conn.read(buffer) !== null);
  })().catch(() => {});
  let sent = 0;
  try {
    await conn.write(new TextEncoder().encode("01"));
    while (sent < each) {
      let messages = "";
      for (let n = 0; n < 100 && sent < each; n++, sent++) {
        const id = (sent % 0x10000).toString(16).padStart(4, "0");
        messages += `r${id}004slow00000000n00dgotalk:cancel00000004${id}`;
      }
      const bytes = new TextEncoder().encode(messages);
      for (let at = 0; at < bytes.byteLength;) {
        at += await conn.write(bytes.subarray(at));
      }
    }
    await conn.closeWrite();
  } catch {
    // The server has ended the connection.
  }
  await reading;
  return sent;
}

await using server = new Child("./_rapid_reset_server.ts");
const port = await server.ask<number>({ kind: "port" });
const peer = await connect(`tcp://127.0.0.1:${port}`);
const times: number[] = [];
let isRunning = true;
const calling = (async () => {
  while (isRunning) {
    const start = performance.now();
    await peer.request("ping");
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 10));
  }
})();
const start = performance.now();
const sent = await Promise.all(
  Array.from({ length: clients }, () => attack(port)),
);
const seconds = (performance.now() - start) / 1000;
isRunning = false;
await calling;
const { most, perClient, started } = await server.ask<
  { most: number; perClient: number; started: number }
>({ kind: "handlers" });
await peer.close();

const total = sent.reduce((sum, count) => sum + count, 0);
console.log(`${total} requests and cancels in ${seconds.toFixed(1)} s`);
console.log(
  `${started} handlers started; at once ${most}, of one client ${perClient}`,
);
console.log(
  `${times.length} calls of another client: median ${
    quantile(times, 0.5).toFixed(1)
  } ms, longest ${quantile(times, 1).toFixed(0)} ms`,
);
