import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Channel } from "./channel.ts";
import { listen, type ListenOptions, openChannel } from "./open.ts";
import { WriteUnits } from "./write_units.ts";

const cert = await testdata("localhost.crt");
const key = await testdata("localhost.key");

function testdata(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./testing/${name}`, import.meta.url));
}

/** Sends a word from one end to the other, and closes both. */
async function sendWord(from: Channel, to: Channel): Promise<string> {
  const units = new WriteUnits();
  units.add(new TextEncoder().encode("word"));
  const [chunk] = await Promise.all([to.read(), from.write(units)]);
  await Promise.all([from.close(), to.close()]);
  return new TextDecoder().decode(chunk!);
}

/** Listens, opens a channel to the address, and tells what carries it. */
async function carrier(options: ListenOptions): Promise<string> {
  await using listener = await listen(options);
  const [here, there] = await Promise.all([
    openChannel(listener.address, { caCerts: [cert] }),
    listener.accept(),
  ]);
  assertEquals(await sendWord(here, there!), "word");
  assertEquals(here.info.transport, there!.info.transport);
  return here.info.transport;
}

Deno.test("listen() and openChannel() go by the kind that is asked for", async () => {
  assertEquals(await carrier({ transport: "tcp" }), "tcp");
  assertEquals(await carrier({ transport: "tls", cert, key }), "tls");
  assertEquals(await carrier({ transport: "websocket" }), "websocket");
  // What is not needed does no harm.
  assertEquals(await carrier({ transport: "tcp", cert, key }), "tcp");
});

Deno.test("listen() finds out by itself what to listen for", async () => {
  assertEquals(await carrier({}), "tcp");
  assertEquals(await carrier({ cert, key }), "tls");
  const directory = await Deno.makeTempDir();
  const path = `${directory}/test.sock`;
  assertEquals(await carrier({ path }), "unix");
  await Deno.remove(directory, { recursive: true });
});

Deno.test("listen() listens where it is told", async () => {
  const first = await listen({ hostname: "127.0.0.1" });
  const { hostname, port } = new URL(first.address);
  assertEquals(hostname, "127.0.0.1");
  first.close();
  assertEquals(await first.accept(), null);
  const second = await listen({ hostname: "127.0.0.1", port: Number(port) });
  assertEquals(second.address, first.address);
  second.close();
});

Deno.test("listen() says what is missing", async (t) => {
  const incomplete: [ListenOptions, string][] = [
    [{ transport: "tls", key }, "Cannot listen: cert is missing"],
    [{ cert }, "Cannot listen: key is missing"],
    [{ transport: "unix" }, "Cannot listen: path is missing"],
  ];
  for (const [options, message] of incomplete) {
    await t.step(message, async () => {
      await assertRejects(() => listen(options), TypeError, message);
    });
  }
});

Deno.test("openChannel() takes the brackets off an IPv6 address", async () => {
  // Port 0 is nobody's: all that matters is how far it gets.
  const error = await assertRejects(() =>
    openChannel("tcp://[::1]:0")
  ) as Error;
  assert(error.message.startsWith("Cannot connect to tcp://[::1]:0: "));
});

Deno.test("openChannel() takes a path with anything in it", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/50% off? #1 ü.sock`;
  assertEquals(await carrier({ path }), "unix");
  await using listener = await listen({ path });
  const [here, there] = await Promise.all([
    openChannel(new URL(listener.address)),
    listener.accept(),
  ]);
  assertEquals(await sendWord(there!, here), "word");
  listener.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("openChannel() rejects addresses that it cannot make sense of", async (t) => {
  for (
    const address of [
      "localhost:1234",
      "mailto:somebody@localhost",
      "tcp://",
      "tcp://localhost",
      "unix://localhost/path",
      "",
    ]
  ) {
    await t.step(address, async () => {
      await assertRejects(
        () => openChannel(address),
        TypeError,
        `Cannot connect to ${address}: `,
      );
    });
  }
});

Deno.test("openChannel() gives up after its connectTimeout", async (t) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  for (const scheme of ["tls", "ws", "wss"]) {
    await t.step(scheme, async () => {
      const accepting = listener.accept();
      await assertRejects(
        () =>
          openChannel(`${scheme}://127.0.0.1:${port}`, { connectTimeout: 20 }),
        Error,
        "no answer within",
      );
      (await accepting).close();
    });
  }
  listener.close();
});
