/**
 * Runs gotalk.js in headless Chromium, in a page that is an adapter.
 *
 * @module
 */

import { AdapterClient, type Implementation } from "@gotalk/conformance";
import { findProgram } from "../scripts/find_program.ts";

/**
 * The browser command; `undefined` if tests with it are skipped. The first path
 * is that of Debian's package `chromium-headless-shell`. The program that the
 * package installs in the search path is a shell script, and ending the script
 * does not end the browser.
 */
export const CHROMIUM: string | undefined = await findProgram([
  "/usr/lib/chromium/chromium-headless-shell",
  "chromium",
], "--version");

/**
 * The maximum time that Chromium may take to open a page or to exit, in
 * milliseconds.
 */
const TIMEOUT = 20_000;

/** How Chromium runs in tests. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--headless",
  "--no-sandbox", // The sandbox requires a user other than root.
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

const ADAPTER = new URL(
  "../conformance/implementations/adapters/gotalk_js/",
  import.meta.url,
);

/** Opens a page that loads gotalk.js from the URL `script`. */
export async function startChromium(script: string): Promise<Implementation> {
  const opened = Promise.withResolvers<WebSocket>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/") return html(page(script));
      const [, module] = /^\/adapter\/([a-z]+\.js)$/.exec(pathname) ?? [];
      if (module) {
        return javaScript(await Deno.readTextFile(new URL(module, ADAPTER)));
      }
      if (pathname !== "/control") return new Response(null, { status: 404 });
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => opened.resolve(socket);
      return response;
    },
  );
  const profile = await Deno.makeTempDir({ prefix: "gotalk-interop-" });
  const browser = new Deno.Command(CHROMIUM ?? "chromium", {
    args: [
      ...CHROMIUM_FLAGS,
      `--user-data-dir=${profile}`,
      `http://127.0.0.1:${server.addr.port}/`,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = browser.stderr.text();
  const end = async () => {
    const timer = setTimeout(() => browser.kill("SIGKILL"), TIMEOUT);
    browser.kill("SIGTERM");
    await browser.status;
    clearTimeout(timer);
    await server.shutdown();
    await Deno.remove(profile, { recursive: true });
    return await log;
  };
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => late.resolve(), TIMEOUT);
  const socket = await Promise.race([opened.promise, late.promise]);
  clearTimeout(timer);
  if (!socket) {
    throw new Error(
      `Cannot open the page: Chromium did not load it within ${TIMEOUT} ms:\n${await end()}`,
    );
  }
  const { promise: exited, resolve } = Promise.withResolvers<string>();
  const decoder = new TextDecoder();
  return new AdapterClient({
    readable: linesOf(socket),
    writable: new WritableStream({
      write(chunk) {
        const lines = decoder.decode(chunk).split("\n");
        for (const line of lines) if (line !== "") socket.send(line);
      },
      close() {
        void end().then(() => resolve("Chromium has exited"));
      },
    }),
    exited,
  });
}

function page(script: string): string {
  return `<!doctype html>
<title>gotalk.js</title>
<script src="${script}"></script>
<script type="module">
  import { createAdapter } from "/adapter/adapter.js";
  const { answer } = createAdapter(gotalk);
  const control = new WebSocket(\`ws://\${location.host}/control\`);
  control.onmessage = async ({ data }) => control.send(await answer(data));
</script>
`;
}

/** Returns the messages of a socket as lines. */
function linesOf(socket: WebSocket): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      socket.onmessage = ({ data }) =>
        controller.enqueue(encoder.encode(`${data}\n`));
      socket.onclose = () => controller.close();
    },
  });
}

function html(body: string): Response {
  const headers = { "content-type": "text/html; charset=utf-8" };
  return new Response(body, { headers });
}

function javaScript(body: string): Response {
  const headers = { "content-type": "text/javascript; charset=utf-8" };
  return new Response(body, { headers });
}
