/**
 * Tests pages in Chromium that load the script from our own server.
 *
 * @module
 */

import { fetchHandler, Handlers, type Peer } from "@gotalk/gotalk";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Browser } from "./_browser.ts";
import { CHROMIUM } from "./_chromium.ts";
import { needing } from "../scripts/find_program.ts";

/** The maximum duration of all tests, in milliseconds. */
const TIMEOUT = 180_000;

/** A whole page, but for what a test evaluates in it. */
function pageOf(lines: string, script = "/gotalk.js"): Response {
  return new Response(
    `<!doctype html><title>page</title><script type="module">
import { connect, Handlers, isOperationError, reconnect } from "${script}";
${lines}
</script>`,
    { headers: { "content-type": "text/html; charset=utf-8" } },
  );
}

/** Has the test see what the module has. */
const SHOW = "Object.assign(globalThis, { connect, Handlers, reconnect });";

/** What the pages need, by path. */
const PAGES: Readonly<Record<string, string>> = {
  // The whole program of a page is these two lines, of which the first imports.
  "/two-lines": "globalThis.peer = connect();",
  "/": SHOW,
};

interface Server extends AsyncDisposable {
  readonly address: string;
  readonly peers: ReadonlySet<Peer>;
  /** Number of connections that were refused. */
  refused(): number;
}

function start(handlers: Handlers): Server {
  let refused = 0;
  const handler = fetchHandler(handlers, { onRefused: () => refused++ });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) => {
      const { pathname } = new URL(request.url);
      const lines = PAGES[pathname];
      const isPage = lines !== undefined && !request.headers.has("upgrade");
      return isPage ? pageOf(lines) : handler(request, info);
    },
  );
  return {
    address: `http://127.0.0.1:${server.addr.port}`,
    peers: handler.peers,
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      await handler.close();
      await server.shutdown();
    },
  };
}

function handlersOf(seen: unknown[] = []): Handlers {
  return new Handlers()
    .handle("greet", (name: string) => `Hello ${name}`)
    .handle("ask-back", (input, { peer }) => peer.request("title", input))
    .handleValues("count", async function* ({ to }: { to: number }) {
      for (let n = 1; n <= to; n++) yield { n };
    })
    .handleStream(
      "upper",
      (parts) =>
        parts.pipeThrough(new TextDecoderStream() as never)
          .pipeThrough(
            new TransformStream<string, Uint8Array>({
              transform: (text, controller) =>
                controller.enqueue(
                  new TextEncoder().encode(text.toUpperCase()),
                ),
            }),
          ),
    )
    .onNotification("seen", (value) => void seen.push(value)) as Handlers;
}

Deno.test(needing({ chromium: CHROMIUM }, {
  name: "pages of our own server in Chromium",
  timeout: TIMEOUT,
  fn: async (t) => {
    await using browser = await Browser.start();

    await t.step("a page of two lines makes calls", async () => {
      await using server = start(handlersOf());
      await using page = await browser.open(`${server.address}/two-lines`);
      assertEquals(
        await page.evaluate(
          "peer.then((peer) => peer.request('greet', 'page'))",
        ),
        "Hello page",
      );
      assertEquals(server.peers.size, 1);
    });

    await t.step("both sides call, stream and notify", async () => {
      const seen: unknown[] = [];
      await using server = start(handlersOf(seen));
      await using page = await browser.open(server.address);
      assertEquals(
        await page.evaluate(`(async () => {
          const told = Promise.withResolvers();
          const handlers = new Handlers()
            .handle("title", (prefix) => prefix + document.title)
            .handleValues("down", function* (from) { while (from > 0) yield from--; })
            .handleStream("echo", (parts) => parts)
            .onNotification("tell", told.resolve);
          globalThis.peer = await connect(undefined, { handlers });
          const numbers = [];
          for await (const { n } of peer.values("count", { to: 3 })) numbers.push(n);
          const { readable, writable } = peer.stream("upper");
          const writer = writable.getWriter();
          await writer.write(new TextEncoder().encode("ab"));
          await writer.write(new TextEncoder().encode("cd"));
          await writer.close();
          let error;
          try { await peer.request("none"); } catch (caught) { error = caught.name; }
          await peer.notify("seen", { by: "page" });
          globalThis.told = told.promise;
          return [
            await peer.request("ask-back", "title: "),
            numbers,
            await new Response(readable).text(),
            error,
            peer.state,
          ];
        })()`),
        ["title: page", [1, 2, 3], "ABCD", "OperationError", "open"],
      );
      const [peer] = server.peers;
      assertEquals(await Array.fromAsync(peer!.values("down", 3)), [3, 2, 1]);
      const echo = peer!.stream("echo");
      await new Blob(["x".repeat(200_000)]).stream().pipeTo(echo.writable);
      assertEquals((await new Response(echo.readable).text()).length, 200_000);
      await peer!.notify("tell", "news");
      assertEquals(await page.evaluate("told"), "news");
      assertEquals(seen, [{ by: "page" }]);
      await page.evaluate("peer.close()");
      assertEquals((await peer!.closed).clean, true);
    });

    await t.step(
      "a page that was offline comes back, with its calls",
      async () => {
        await using server = start(handlersOf());
        await using page = await browser.open(server.address);
        await page.evaluate(`(async () => {
        globalThis.events = [];
        globalThis.peer = reconnect(undefined, {
          initialDelay: 60_000, maxDelay: 60_000, random: () => 1, queueTimeout: Infinity,
          onConnectionEvent: ({ type }) => events.push(type),
        });
        await peer.request("greet", "first");
      })()`);
        const [first] = server.peers;
        await page.setOffline(true);
        assertEquals(await page.evaluate("navigator.onLine"), false);
        first!.abort();
        await page.evaluate(`(async () => {
        while (peer.state !== "opening") await new Promise((next) => setTimeout(next, 5));
        globalThis.call = peer.request("greet", "again");
      })()`);
        // The next attempt would follow in a minute.
        await page.setOffline(false);
        assertEquals(await page.evaluate("call"), "Hello again");
        assertEquals(await page.evaluate("[peer.state, ...events]"), [
          "open",
          "connecting",
          "connected",
          "waiting",
          "connecting",
          "connected",
        ]);
      },
    );

    await t.step(
      "a page of a foreign origin loads the script, and is refused",
      async () => {
        await using server = start(handlersOf());
        await using foreign = Deno.serve(
          { hostname: "127.0.0.1", port: 0, onListen() {} },
          () => pageOf(SHOW, `${server.address}/gotalk.js`),
        );
        const { port } = foreign.addr;
        await using page = await browser.open(`http://127.0.0.1:${port}/`);
        const error = await assertRejects(
          () => page.evaluate("connect()"),
          Error,
        );
        assertMatch((error as Error).message, /WebSocketCloseError/);
        assertEquals([server.peers.size, server.refused()], [0, 1]);
      },
    );

    await t.step(
      "a browser that has the script asks whether it is fresh",
      async () => {
        await using server = start(handlersOf());
        await using page = await browser.open(server.address);
        const [status, encoding] = await page.evaluate(`(async () => {
        const { headers } = await fetch("/gotalk.js");
        const etag = headers.get("etag");
        const again = await fetch("/gotalk.js", { headers: { "if-none-match": etag } });
        return [again.status, headers.get("content-encoding")];
      })()`) as unknown[];
        assertEquals(status, 304);
        assert(encoding === "br" || encoding === "gzip");
      },
    );
  },
}));
