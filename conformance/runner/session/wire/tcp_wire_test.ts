import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connectTcpWire, listenTcpWire } from "./tcp_wire.ts";
import type { Arrival, Wire } from "./wire.ts";

const text = new TextEncoder();

interface Pair extends AsyncDisposable {
  readonly client: Wire;
  readonly server: Wire;
}

async function open(resets: boolean): Promise<Pair> {
  const listener = await listenTcpWire({ resets });
  const { hostname, port } = new URL(listener.address.replace("tcp", "http"));
  const [client, server] = await Promise.all([
    connectTcpWire({ hostname, port: Number(port) }, { resets }),
    listener.accept(),
  ]);
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      await Promise.all([client.destroy(), server.destroy()]);
      await listener.close();
    },
  };
}

/** Everything that arrives on a wire up to the end, with bytes joined to text. */
function arriving(wire: Wire): Promise<[string, Arrival]> {
  const { promise, resolve } = Promise.withResolvers<[string, Arrival]>();
  let read = "";
  wire.start((arrival) => {
    if (arrival.type === "bytes") {
      read += new TextDecoder().decode(arrival.bytes);
    } else resolve([read, arrival]);
  });
  return promise;
}

Deno.test("the directions of a TCP wire end independently", async () => {
  for (const resets of [false, true]) {
    await using pair = await open(resets);
    const { client, server } = pair;
    const end = { type: "end", how: "end of file" } as const;
    const there = arriving(server);
    await client.write(text.encode("hello"));
    await client.half!();
    assertEquals(await there, ["hello", end]);
    const back = arriving(client);
    await server.write(text.encode("bye"));
    await server.end();
    assertEquals(await back, ["bye", end]);
  }
});

Deno.test("a TCP wire distinguishes a reset from an end", async () => {
  for (const who of ["client", "server"] as const) {
    await using pair = await open(true);
    const other = who === "client" ? pair.server : pair.client;
    const there = arriving(other);
    pair[who].reset();
    assertEquals(await there, ["", { type: "end", how: "reset" }]);
  }
  await using pair = await open(false);
  assertThrows(() => pair.client.reset(), TypeError, "Cannot reset");
});

Deno.test("a TCP wire delivers nothing while reading is held", async () => {
  await using pair = await open(false);
  const { client, server } = pair;
  const seen: string[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  client.hold();
  client.start((arrival) => {
    seen.push(arrival.type);
    if (arrival.type === "end") resolve();
  });
  await server.write(text.encode("hello"));
  await server.half!();
  // The other direction still works.
  const back = arriving(server);
  await client.write(text.encode("busy"));
  await client.half!();
  assertEquals((await back)[0], "busy");
  assertEquals(seen, []);
  client.resume();
  await ended;
  assertEquals(seen, ["bytes", "end"]);
});

Deno.test("a closed TCP listener accepts no connection", async () => {
  for (const resets of [false, true]) {
    const listener = await listenTcpWire({ resets });
    const accepting = listener.accept();
    const rejected = assertRejects(() => accepting);
    await listener.close();
    await rejected;
  }
});
