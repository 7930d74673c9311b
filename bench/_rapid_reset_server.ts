/**
 * A server whose handlers take a second and are counted, in a process.
 *
 * @module
 */

import { Handlers, serve } from "../mod.ts";
import { answer } from "./_child.ts";

/** How many handlers run of each client, by the ID of its peer. */
const running = new Map<number, number>();
let now = 0;
let most = 0;
let perClient = 0;
let started = 0;

const handlers = new Handlers()
  .handle("ping", () => "pong")
  .handle("slow", async (_, { peer }) => {
    const { id } = peer;
    const ofClient = (running.get(id) ?? 0) + 1;
    running.set(id, ofClient);
    started++;
    most = Math.max(most, ++now);
    perClient = Math.max(perClient, ofClient);
    await new Promise((done) => setTimeout(done, 1000));
    now--;
    running.set(id, running.get(id)! - 1);
  });
const server = await serve({ port: 0, hostname: "127.0.0.1" }, handlers);

await answer(({ kind }: { readonly kind: "port" | "handlers" }) =>
  Promise.resolve(
    kind === "port"
      ? Number(new URL(server.address).port)
      : { most, perClient, started },
  )
);
