import { assertEquals } from "@std/assert";
import { connect } from "./connect.ts";
import { Handlers } from "./mod.ts";
import { Peer } from "./peer/mod.ts";
import { serve, type ServeOptions } from "./serve.ts";
import { ThrottledRelay } from "./transport/testing/throttled_relay.ts";
import { socketChannel } from "./transport/websocket/client.ts";
import { upgradeHandler } from "./upgrade_handler.ts";

/** The size of each message: of 4 to 5 MB, the system holds all at once. */
const SIZE = 12 * 1024 * 1024;

const BYTES_PER_SECOND = 4_000_000;

/**
 * Less than a message takes, and more than each of the steps of 1.4 MB in which
 * Linux accepts it.
 */
const limits = { writeTimeout: 1_000, closeTimeout: 1_000 };

const testing = new URL("transport/testing/", import.meta.url);
const cert = await Deno.readTextFile(new URL("localhost.crt", testing));
const key = await Deno.readTextFile(new URL("localhost.key", testing));

/** A server, and how a client connects to it through a port. */
interface Service extends AsyncDisposable {
  readonly port: number;
  connect(port: number): Promise<Peer>;
}

const SERVICES: Readonly<
  Record<string, (handlers: Handlers) => Promise<Service>>
> = {
  "TCP": (handlers) =>
    service(
      {},
      handlers,
      (port) => connect(`tcp://127.0.0.1:${port}`, { limits }),
    ),
  "TLS": (handlers) =>
    service(
      { cert, key },
      handlers,
      (port) => connect(`tls://localhost:${port}`, { limits, caCerts: [cert] }),
    ),
  "WebSocket with own framing": (handlers) =>
    service(
      { transport: "websocket" },
      handlers,
      (port) => connect(`ws://127.0.0.1:${port}`, { limits }),
    ),
  "the WebSocket of the runtime": (handlers) => {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      upgradeHandler(handlers, { limits }),
    );
    return Promise.resolve({
      port: server.addr.port,
      async connect(port) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}`);
        const peer = new Peer(socketChannel(socket), { limits });
        await peer.opened;
        return peer;
      },
      [Symbol.asyncDispose]: () => server.shutdown(),
    });
  },
};

async function service(
  options: ServeOptions,
  handlers: Handlers,
  connect: Service["connect"],
): Promise<Service> {
  const server = await serve({ ...options, limits }, handlers);
  return {
    port: Number(new URL(server.address).port),
    connect,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Connects to each service through a slow link, all at once. */
async function overSlowLinks(
  body: (connect: (handlers: Handlers) => Promise<Peer>) => Promise<void>,
): Promise<void> {
  const runs = Object.entries(SERVICES).map(async ([name, open]) => {
    await using stack = new AsyncDisposableStack();
    try {
      await body(async (handlers) => {
        const { port, connect } = stack.use(await open(handlers));
        const relay = stack.use(new ThrottledRelay(port, BYTES_PER_SECOND));
        return await connect(relay.port);
      });
    } catch (error) {
      throw new Error(`Failed over ${name}`, { cause: error });
    }
  });
  await Promise.all(runs);
}

Deno.test("large messages pass a slow link in both directions, although they take longer than writeTimeout", async () => {
  const handlers = new Handlers()
    .handleBytes("give", () => new Uint8Array(SIZE))
    .handleBytes("take", ({ byteLength }) => {
      assertEquals(byteLength, SIZE);
      return new Uint8Array();
    });
  await overSlowLinks(async (connect) => {
    await using peer = await connect(handlers);
    const [given] = await Promise.all([
      peer.requestBytes("give", new Uint8Array()),
      peer.requestBytes("take", new Uint8Array(SIZE)),
    ]);
    assertEquals(given.byteLength, SIZE);
  });
});

Deno.test("closing delivers a large message through a slow link, although it takes longer than writeTimeout and closeTimeout", async () => {
  await overSlowLinks(async (connect) => {
    const taken = Promise.withResolvers<number>();
    const handlers = new Handlers().onNotificationBytes(
      "take",
      ({ byteLength }) => taken.resolve(byteLength),
    );
    const peer = await connect(handlers);
    void peer.notifyBytes("take", new Uint8Array(SIZE));
    await peer.close();
    assertEquals((await peer.closed).clean, true);
    assertEquals(await taken.promise, SIZE);
  });
});
