import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Channel } from "./channel.ts";
import { checkUrl, listen, type ListenOptions, openChannel } from "./open.ts";
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

/** Listens, opens a channel to the address, and returns its kind. */
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

Deno.test("listen() and openChannel() use the requested transport", async () => {
  assertEquals(await carrier({ transport: "tcp" }), "tcp");
  assertEquals(await carrier({ transport: "tls", cert, key }), "tls");
  assertEquals(await carrier({ transport: "websocket" }), "websocket");
  // What is not needed does no harm.
  assertEquals(await carrier({ transport: "tcp", cert, key }), "tcp");
});

Deno.test("listen() derives the transport from its options", async () => {
  assertEquals(await carrier({}), "tcp");
  assertEquals(await carrier({ cert, key }), "tls");
  const directory = await Deno.makeTempDir();
  const path = `${directory}/test.sock`;
  assertEquals(await carrier({ path }), "unix");
  await Deno.remove(directory, { recursive: true });
});

Deno.test("listen() uses the requested host and port", async () => {
  const first = await listen({ hostname: "127.0.0.1" });
  const { hostname, port } = new URL(first.address);
  assertEquals(hostname, "127.0.0.1");
  first.close();
  assertEquals(await first.accept(), null);
  const second = await listen({ hostname: "127.0.0.1", port: Number(port) });
  assertEquals(second.address, first.address);
  second.close();
});

Deno.test("listen() rejects an unknown transport", async () => {
  await assertRejects(
    () => listen({ transport: "quic" as "tcp" }),
    TypeError,
    "Cannot listen: got transport quic, wanted tcp, tls, unix or websocket",
  );
});

Deno.test("listen() names the missing option", async (t) => {
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

Deno.test("listen() refuses options for TLS where nothing would be encrypted", async (t) => {
  const cert = "a certificate", key = "a key", path = "/socket";
  const cases: [ListenOptions, string][] = [
    [{ key }, "got key with transport tcp and no cert"],
    [{ tlsEngine: "node" }, "got tlsEngine with transport tcp and no cert"],
    [{ alpnProtocols: ["x"], key }, "got key and alpnProtocols with"],
    [{ path, cert, key }, "got cert and key with transport unix,"],
    [{ path, tlsEngine: "native" }, "got tlsEngine with transport unix"],
    [{ transport: "websocket", tlsEngine: "node" }, "got tlsEngine with"],
    [{ transport: "websocket", key }, "cert is missing"],
  ];
  for (const [options, problem] of cases) {
    await t.step(problem, async () => {
      await assertRejects(
        () => listen(options),
        TypeError,
        `Cannot listen: ${problem}`,
      );
    });
  }
});

Deno.test("openChannel() accepts an IPv6 address", async () => {
  // Port 0 has no listener: what matters is the address in the error.
  const error = await assertRejects(() =>
    openChannel("tcp://[::1]:0")
  ) as Error;
  assert(error.message.startsWith("Cannot connect to tcp://[::1]:0: "));
});

Deno.test("openChannel() accepts a path with reserved characters", async () => {
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

Deno.test("openChannel() rejects invalid addresses", async (t) => {
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
        `Cannot connect to ${address || '""'}: `,
      );
    });
  }
});

Deno.test("openChannel() rejects after its connectTimeout", async (t) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  for (const scheme of ["tls", "ws", "wss"]) {
    await t.step(scheme, async () => {
      const accepting = listener.accept();
      await assertRejects(
        () =>
          openChannel(`${scheme}://127.0.0.1:${port}`, { connectTimeout: 20 }),
        Error,
        "not connected within",
      );
      (await accepting).close();
    });
  }
  listener.close();
});

Deno.test("what is no URL, or has another scheme or a port that is none, is refused by name", async () => {
  const cases: readonly [url: unknown, message: string][] = [
    [5, "Cannot connect to 5: wanted a URL"],
    [undefined, "Cannot connect to undefined: wanted a URL"],
    ["tcp://127.0.0.1:65536", "got port 65536, wanted at most 65535"],
    ["127.0.0.1", "Cannot connect to 127.0.0.1: wanted a URL"],
    ["", 'Cannot connect to "": wanted a URL'],
    ["ftp://127.0.0.1", "Cannot connect to ftp://127.0.0.1: wanted a URL"],
  ];
  for (const [url, message] of cases) {
    await assertRejects(() => openChannel(url as string), TypeError, message);
    assertThrows(() => checkUrl(url as string), TypeError, message);
  }
  assertEquals(checkUrl("tcp://127.0.0.1:1").port, "1");
});

Deno.test("a failure to listen names the address", async () => {
  await using listener = await listen({ transport: "tcp" });
  const port = Number(new URL(listener.address).port);
  await assertRejects(
    () => listen({ transport: "tcp", port }),
    Deno.errors.AddrInUse,
    `Cannot listen on 127.0.0.1:${port}: `,
  );
  // An address for documentation, which no machine has.
  await assertRejects(
    () => listen({ transport: "tcp", hostname: "192.0.2.1" }),
    Error,
    "Cannot listen on 192.0.2.1:0: ",
  );
});
