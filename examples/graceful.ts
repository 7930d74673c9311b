/**
 * A server that loses no call when it is ended by SIGTERM, such as by systemd,
 * Kubernetes or `docker stop`: it answers the calls that run, and refuses others,
 * which their clients repeat on their next connection.
 *
 *     deno run --allow-net=127.0.0.1 examples/graceful.ts [PORT]
 *
 * @module
 */

import { Handlers, upgradeHandler } from "@gotalk/gotalk";

let answered = 0;

const handlers = new Handlers().handle("work", async (value: number) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  answered++;
  return value;
});

const gotalk = upgradeHandler(handlers);
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.args[0] ?? 0),
  onListen: ({ port }) => console.log(`ws://127.0.0.1:${port}`),
}, gotalk);

Deno.addSignalListener("SIGTERM", async () => {
  await gotalk.drain({ timeout: 10_000, quiet: 1_000 });
  await server.shutdown();
  console.log(`answered ${answered} calls`);
  Deno.exit();
});
