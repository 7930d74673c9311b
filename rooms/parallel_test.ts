/**
 * Tests rooms between the workers of `deno serve --parallel`.
 *
 * @module
 */

import { connect, Handlers, type Peer } from "@gotalk/gotalk";
import { assertEquals } from "@std/assert";

const SERVER = new URL("./testing/parallel_server.ts", import.meta.url);

interface Client {
  readonly peer: Peer;
  readonly said: Promise<string>;
}

async function client(address: string): Promise<Client> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const handlers = new Handlers().onNotification("said", resolve);
  return { peer: await connect(address, { handlers }), said: promise };
}

/** Returns the address that a server prints. */
async function addressOf(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of output.pipeThrough(new TextDecoderStream())) {
    text += part;
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(text) ?? [];
    if (port !== undefined) return `ws://127.0.0.1:${port}/`;
  }
  throw new Error(`The server did not start: ${text}`);
}

// The system distributes connections only there.
const ignore = Deno.build.os !== "linux";

Deno.test(
  "workers of deno serve --parallel share their rooms, and all end at SIGTERM",
  { ignore },
  async () => {
    const server = new Deno.Command(Deno.execPath(), {
      args: [
        "serve",
        "--parallel",
        "--no-check",
        "--allow-net=127.0.0.1",
        "--host=127.0.0.1",
        "--port=0",
        SERVER.pathname,
      ],
      env: { DENO_JOBS: "2", NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    try {
      const address = await addressOf(server.stderr);
      // Until both workers have a client: each has one of two with the same chance.
      const clients = new Map<unknown, Client>();
      const all: Client[] = [];
      while (clients.size < 2) {
        const next = await client(address);
        all.push(next);
        clients.set(await next.peer.request("worker"), next);
      }
      const [ali, eva] = [...clients.values()] as [Client, Client];
      assertEquals(await ali.peer.request("join", "Ali"), ["Ali"]);
      const names = await eva.peer.request("join", "Eva") as string[];
      assertEquals(names.toSorted(), ["Ali", "Eva"]);
      await ali.peer.request("say", "hello");
      assertEquals(await eva.said, "hello");

      // The runtime ends WebSockets at once, in each worker.
      server.kill("SIGTERM");
      await Promise.all(all.map(({ peer }) => peer.closed));
      assertEquals((await server.status).code, 0);
    } finally {
      try {
        server.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await server.status;
    }
  },
);
