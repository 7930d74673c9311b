/**
 * A handler under `Deno.serve`, which loses no call when SIGTERM ends it: it
 * answers the calls that run, over WebSocket and HTTP, and refuses others.
 *
 *     deno run --allow-net=127.0.0.1 examples/http/serve.ts [PORT]
 *
 * @module
 */

import { fetchHandler } from "@gotalk/gotalk";
import { handlers } from "./work.ts";

const gotalk = fetchHandler(handlers);
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.args[0] ?? 0),
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}/`),
}, gotalk);

Deno.addSignalListener("SIGTERM", async () => {
  await gotalk.drain({ timeout: 10_000, quiet: 100 });
  await server.shutdown();
  console.log("ended");
  Deno.exit();
});
