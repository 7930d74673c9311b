import { assertEquals, assertMatch } from "@std/assert";
import { createServer } from "node:net";
import { STATUS } from "./failure.ts";
import { runHere } from "./testing/in_process.ts";
import { gotalk } from "./testing/program.ts";

/** What a server sends after its version, in answer to the first request. */
const ENDINGS = {
  "the end": ["", /^: the remote peer ended the connection$/],
  "a ProtocolError": [
    "f00000001",
    /: .*(?:reported code|an error with code) 1\b/,
  ],
  "a timeout of its own": [
    "f00000003",
    /: .*(?:reported code|an error with code) 3\b/,
  ],
  "no message": [
    "zzzzzzzzz",
    /: Cannot decode a message: its kind is "z"|: .*unknown-kind, got byte 122/,
  ],
  "half a message": [
    "n001a00000005ab",
    /^: the remote peer ended|: Cannot decode Notification: .* ends/,
  ],
} as const;

/** A server that ends each connection after its first request. */
class Server implements Disposable {
  readonly url: string;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  constructor(ending: string) {
    const { port } = this.#listener.addr as Deno.NetAddr;
    this.url = `tcp://127.0.0.1:${port}`;
    void this.#serve(ending).catch(() => {/* It was disposed of. */});
  }

  async #serve(ending: string): Promise<void> {
    for await (const conn of this.#listener) {
      await end(conn, ending).catch(() => {/* The client has ended. */});
      conn.close();
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

async function end(conn: Deno.Conn, ending: string): Promise<void> {
  const encoder = new TextEncoder();
  await conn.write(encoder.encode("01"));
  const buffer = new Uint8Array(1024);
  const decoder = new TextDecoder();
  for (let text = ""; !/[rs].{4}0[\da-f]{2}(?:echo|ping)/.test(text);) {
    const count = await conn.read(buffer);
    if (count === null) return;
    text += decoder.decode(buffer.subarray(0, count));
  }
  await conn.write(encoder.encode(ending));
  await conn.closeWrite();
  while (await conn.read(buffer) !== null);
}

for (const [name, [ending, reason]] of Object.entries(ENDINGS)) {
  Deno.test(`one line says why a connection ended: ${name}`, async () => {
    using server = new Server(ending);
    const { url } = server;
    for (
      const [run, input, ...args] of [
        [runHere, "", "request", url, "echo", "1"],
        [runHere, "", "request", `${url}/`, "echo", "1"],
        [runHere, "", "ping", url, "--count=1"],
        [runHere, "", "bench", url, "echo", "1", "--duration=1s"],
        [gotalk, "", "stream", url, "echo", "--no-input"],
        [gotalk, "echo 1\necho 2\n", "repl", url],
      ] as const
    ) {
      const { status, out, err } = await run(args, { input });
      assertEquals([status, out], [STATUS.connection, ""], err);
      assertMatch(err, /^gotalk: Cannot complete "(?:echo|ping)"[^\n]+\n$/);
      const shown = /the request may have been carried out(.*)\n/.exec(err)
        ?.[1];
      assertMatch(shown ?? err, reason, args.join(" "));
    }
  });
}

/** Runs with the URL of a server that sends its version, and resets each connection at its first bytes behind the version. */
async function withResets(use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((socket) => {
    let arrived = 0;
    socket.write("01");
    socket.on("data", ({ length }) => {
      if ((arrived += length) > 2) socket.resetAndDestroy();
    });
    socket.on("error", () => {/* The client may be first. */});
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as { port: number };
  try {
    await use(`tcp://127.0.0.1:${port}`);
  } finally {
    server.close();
  }
}

Deno.test("a connection that is reset is one line and the status of a connection", async () => {
  await withResets(async (url) => {
    for (
      const [run, ...args] of [
        [runHere, "request", url, "echo", "1"],
        [runHere, "request", `${url}/`, "echo", "1"],
        [runHere, "request", url, "echo", "1", "--login=login=1"],
        [runHere, "notify", url, "echo", "1"],
        [runHere, "notify", `${url}/`, "echo", "1"],
        [runHere, "listen", url],
        [runHere, "ping", url, "--count=1"],
        [runHere, "operations", url],
        [runHere, "bench", url, "echo", "1", "--duration=1s"],
        [gotalk, "stream", url, "echo", "--no-input"],
        [gotalk, "repl", url],
      ] as const
    ) {
      const { status, out, err } = await run(args, { input: "echo 1\n" });
      assertEquals([status, out], [STATUS.connection, ""], args.join(" "));
      assertMatch(err, /^gotalk: [^\n]+(?:reset|[Bb]roken pipe)[^\n]*\n$/);
    }
  });
});
