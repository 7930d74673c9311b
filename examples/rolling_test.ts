import { assertEquals, assertGreater } from "@std/assert";
import { reconnect, type ReconnectingPeer } from "@gotalk/gotalk";
import { Program } from "./testing/program.ts";

/** A server process that listens. */
interface Server {
  readonly program: Program;
  readonly port: number;
}

/** Passes each connection on to the next server of those in use. */
class Balancer implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** The servers in use. */
  servers: Server[] = [];
  #next = 0;

  constructor() {
    void this.#run();
  }

  get url(): string {
    return `tcp://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  async #run(): Promise<void> {
    for await (const client of this.#listener) void this.#pass(client);
  }

  async #pass(client: Deno.TcpConn): Promise<void> {
    const { port } = this.servers[this.#next++ % this.servers.length]!;
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/** Makes calls or streams over a peer, one after the other, until the end. */
async function loop(
  isOver: () => boolean,
  use: () => Promise<unknown>,
): Promise<void> {
  while (!isOver()) await use();
}

Deno.test("three servers behind one address are restarted one after the other under 1,000 calls in flight, without one that fails or waits", async () => {
  await using all = new AsyncDisposableStack();
  const start = async (): Promise<Server> => {
    const url = new URL("./rolling.ts", import.meta.url);
    const program = all.use(new Program(url));
    return { program, port: Number(new URL(await program.address()).port) };
  };
  using balancer = new Balancer();
  balancer.servers = await Promise.all([start(), start(), start()]);
  const old = [...balancer.servers];

  const events = new Set<string>();
  const peers = Array.from(
    { length: 10 },
    () =>
      all.use(reconnect(balancer.url, {
        maxQueuedCalls: 200,
        onConnectionEvent: ({ type }) => void events.add(type),
      })),
  );
  let isOver = false;
  const begun = Promise.withResolvers<void>();
  let [calls, streams] = [0, 0];
  const call = async (peer: ReconnectingPeer) => {
    const number = calls++;
    assertEquals(await peer.request("work", number), number);
    if (number === 1_500) begun.resolve();
  };
  const count = async (peer: ReconnectingPeer) => {
    streams++;
    const values = await Array.fromAsync(peer.values("count", 8));
    assertEquals(values, [1, 2, 3, 4, 5, 6, 7, 8]);
  };
  const upload = async (peer: ReconnectingPeer) => {
    streams++;
    const { readable, writable } = peer.stream("size");
    const sent = ReadableStream.from((async function* () {
      for (let part = 0; part < 8; part++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        yield new Uint8Array(1_000);
      }
    })()).pipeTo(writable);
    const [size] = await Promise.all([new Response(readable).text(), sent]);
    assertEquals(size, "8000");
  };
  const over = () => isOver;
  const load = Promise.all(peers.flatMap((peer) => [
    ...Array.from({ length: 100 }, () => loop(over, () => call(peer))),
    loop(over, () => count(peer)),
    loop(over, () => upload(peer)),
  ]));
  // What fails ends the test at once.
  load.catch((error) => {
    isOver = true;
    begun.reject(error);
  });
  await begun.promise;

  let answered = 0;
  for (const server of old) {
    const next = await start();
    balancer.servers = balancer.servers.map((each) =>
      each === server ? next : each
    );
    answered += await server.program.end();
  }
  isOver = true;
  await load;
  // A delay would show that a connection was not opened at once.
  assertEquals([...events], ["connecting", "connected"]);
  await Promise.all(peers.map((peer) => peer.close()));
  for (const { program } of balancer.servers) answered += await program.end();
  assertEquals(answered, calls);
  assertGreater(calls, 2_000);
  assertGreater(streams, 40);
});
