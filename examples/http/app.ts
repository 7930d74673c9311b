/**
 * The same handlers by WebSocket and by plain HTTP, for `deno serve` and Deno
 * Deploy:
 *
 *     deno serve --host 127.0.0.1 examples/http/app.ts
 *
 * @module
 */

import { fetchHandler, Handlers, OperationError } from "@gotalk/gotalk";

const handlers = new Handlers()
  .handle(
    "greet",
    ({ name }: { name: string }) => ({ greeting: `Hello ${name}` }),
    { safe: true },
  )
  .handle("buy", () => {
    throw new OperationError("sold out", { code: "sold-out" });
  })
  .handleBytes("reverse", (payload) => payload.toReversed())
  .handleStream(
    "gzip",
    (parts) => parts.pipeThrough(new CompressionStream("gzip")),
  )
  .handleValues("count", async function* ({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield { n };
  }, { safe: true })
  .onNotification("seen", ({ id }: { id: number }) => console.log("seen", id));

export default { fetch: fetchHandler(handlers) };
