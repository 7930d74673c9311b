/**
 * A handler among the routes of hono. It receives the request itself
 * (`context.req.raw`), and the client's address (`context.env`).
 *
 *     deno run --allow-net=127.0.0.1 examples/http/hono.ts [PORT]
 *
 * @module
 */

import { Hono } from "hono";
import { fetchHandler } from "@gotalk/gotalk";
import { handlers } from "./work.ts";

const gotalk = fetchHandler(handlers);
const app = new Hono<{ Bindings: Deno.ServeHandlerInfo }>()
  .get("/", (context) => context.text("a page"))
  .all("/gotalk/*", (context) => gotalk(context.req.raw, context.env));

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.args[0] ?? 0),
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}/`),
}, app.fetch);

Deno.addSignalListener("SIGTERM", async () => {
  await gotalk.drain({ timeout: 10_000, quiet: 100 });
  await server.shutdown();
  console.log("ended");
  Deno.exit();
});
