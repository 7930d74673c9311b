/**
 * A server that ends connections from which nothing arrives for two seconds, and two
 * clients: one sends heartbeats, the other one nothing.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/read_timeout.ts`.
 *
 * @module
 */

import { connect, Handlers, serve } from "@gotalk/gotalk";

const handlers = new Handlers().handle(
  "greet",
  (name: string) => `Hello ${name}`,
);
await using server = await serve(
  { limits: { receiveTimeout: 2_000, heartbeatInterval: 500 } },
  handlers,
);

await using alive = await connect(server.address, {
  limits: { heartbeatInterval: 500 },
});
const silent = await connect(server.address, {
  limits: { heartbeatInterval: Infinity },
});

const { error } = await silent.closed;
console.log(`The silent client was ended: ${error}`);
console.log(await alive.request("greet", "heartbeat"));
