/**
 * A server and a client over TCP, which call each other.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/tcp.ts`.
 *
 * @module
 */

import { connect, Handlers, serve } from "@gotalk/gotalk";

const ofServer = new Handlers()
  .handle("greet", async (name: string, { peer }) => {
    const mood = await peer.request("mood");
    return `Hello ${name}, nice that you are ${mood}`;
  });
const ofClient = new Handlers().handle("mood", () => "happy");

await using server = await serve({ transport: "tcp" }, ofServer);
await using peer = await connect(server.address, { handlers: ofClient });
console.log(await peer.request("greet", "Rasmus"));
