/**
 * A chat server that uses all cores of a machine: each worker accepts
 * connections on the same port, and they share their rooms.
 *
 *     deno run --unstable-net --allow-net=127.0.0.1 --allow-read examples/workers.ts [PORT] [WORKERS]
 *
 * A worker that crashes is replaced. SIGTERM lets the calls that run finish, in
 * each worker.
 *
 * @module
 */

import { serveWorkers } from "@gotalk/gotalk/workers";

const [port = 0, workers] = Deno.args.map(Number);
const module = new URL("./_chat_worker.ts", import.meta.url);
const server = await serveWorkers(module, { port, workers });
console.log(server.address);

Deno.addSignalListener("SIGTERM", async () => {
  await server.drain({ timeout: 10_000 });
  Deno.exit();
});
