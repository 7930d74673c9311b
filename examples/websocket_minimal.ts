/**
 * A server and its page, which call each other over WebSocket.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/websocket_minimal.ts`, and
 * open the address that it prints.
 *
 * @module
 */

import { fetchHandler, Handlers } from "@gotalk/gotalk";

const handlers = new Handlers()
  .handle(
    "greet",
    async (name: string, { peer }) =>
      `Hello ${name} at ${await peer.request("where")}`,
  );
const gotalk = fetchHandler(handlers);

const PAGE = `<!doctype html>
<title>Gotalk</title>
<script type="module">
  import { connect, Handlers } from "./gotalk.js";
  const handlers = new Handlers().handle("where", () => location.host);
  const peer = await connect(undefined, { handlers });
  document.body.append(await peer.request("greet", "page"));
</script>`;

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: Number(Deno.args[0] ?? 8080),
    onListen: ({ port }) => console.log(`http://127.0.0.1:${port}/`),
  },
  (request, info) => {
    const isPage = new URL(request.url).pathname === "/" &&
      !request.headers.has("upgrade");
    if (!isPage) return gotalk(request, info);
    const headers = { "content-type": "text/html; charset=utf-8" };
    return new Response(PAGE, { headers });
  },
);
