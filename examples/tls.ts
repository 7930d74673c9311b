/**
 * A server and a client over TLS.
 *
 * Run it with `deno run --allow-net --allow-read examples/tls.ts`. The certificate
 * is that of the tests, for `localhost` only, and protects nothing.
 *
 * @module
 */

import { connect, Handlers, serve } from "@gotalk/gotalk";

const directory = new URL("../transport/testing/", import.meta.url);
const cert = await Deno.readTextFile(new URL("localhost.crt", directory));
const key = await Deno.readTextFile(new URL("localhost.key", directory));

const handlers = new Handlers()
  .handle(
    "greet",
    (name: string, { info }) => `Hello ${name} over ${info.transport}`,
  );

await using server = await serve(
  { hostname: "localhost", cert, key },
  handlers,
);
const { port } = new URL(server.address);
// Without caCerts, the certificates that the runtime trusts.
await using peer = await connect(`tls://localhost:${port}`, {
  caCerts: [cert],
});
console.log(await peer.request("greet", "Rasmus"));
