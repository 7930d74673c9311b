/**
 * Serves a page that exchanges requests and notifications with this server over
 * WebSocket.
 *
 * Run it with `deno run --allow-read --allow-run --allow-net=127.0.0.1
 * examples/browser.ts`, and open the address that it prints in one or more
 * browser windows.
 *
 * @module
 */

import { Handlers, type Peer, upgradeHandler } from "@gotalk/gotalk";

const PAGE = new URL("browser/", import.meta.url);

/**
 * Returns the handler of an HTTP server for the page, its script, and the
 * WebSocket that the page opens.
 */
export async function pageHandler(): Promise<Deno.ServeHandler> {
  const peers = new Set<Peer>();
  let presses = 0;
  const handlers = new Handlers()
    .handle("greet", async ({ name }: { name: string }, { peer }) => ({
      greeting: `Hello ${name} on “${await peer.request("page-title")}”`,
    }))
    .onNotification("pressed", () => {
      presses++;
      // A peer that is closing misses the notification.
      for (const peer of peers) peer.notify("presses", presses).catch(() => {});
    });
  const webSocket = upgradeHandler(handlers, {
    onPeer(peer) {
      peers.add(peer);
      void peer.closed.then(() => peers.delete(peer));
    },
  });
  const html = await Deno.readTextFile(new URL("index.html", PAGE));
  const script = await bundle(new URL("page.js", PAGE));

  return (request, info) => {
    switch (new URL(request.url).pathname) {
      case "/":
        return text(html, "text/html");
      case "/page.js":
        return text(script, "text/javascript");
      case "/gotalk":
        return webSocket(request, info);
      default:
        return new Response("Not found", { status: 404 });
    }
  };
}

/** Bundles a script with its imports for browsers. */
async function bundle(script: URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=browser", script.href],
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(
    `Cannot bundle ${script}: ${new TextDecoder().decode(stderr)}`,
  );
}

function text(body: string, type: string): Response {
  return new Response(body, {
    headers: { "content-type": `${type}; charset=utf-8` },
  });
}

if (import.meta.main) {
  Deno.serve({ hostname: "127.0.0.1", port: 8080 }, await pageHandler());
}
