import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import tls from "node:tls";
import type { Channel, Listener } from "./channel.ts";
import { openChannel } from "./open.ts";
import { memoryPair } from "./memory.ts";
import { NodeTlsListener } from "./_node_tls_listener.ts";
import { resetConnection } from "./testing/reset_connection.ts";
import { connectTls, listenTls } from "./tls.ts";
import { listenWebSocket } from "./websocket/listener.ts";
import { WriteUnits } from "./write_units.ts";

const cert = await testdata("localhost.crt");
const key = await testdata("localhost.key");
/** Another certificate of the same key. */
const renewed = await testdata("renewed.crt");

function testdata(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./testing/${name}`, import.meta.url));
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

async function closeAll(...channels: (Channel | null)[]): Promise<void> {
  await Promise.all(channels.map((channel) => channel!.close()));
}

Deno.test("connecting rejects certificates that are not PEM, and half of a key pair", async () => {
  const invalid: [options: Record<string, unknown>, message: string][] = [
    [{ caCerts: ["ca.pem"] }, 'caCerts[0] is "ca.pem", wanted a certificate'],
    [{ caCerts: [cert, ""] }, 'caCerts[1] is "", wanted a certificate'],
    [{ caCerts: [key] }, "caCerts[0] is "],
    [{ cert: "client.pem", key }, 'cert is "client.pem", wanted a certificate'],
    [{ cert }, "key is missing, wanted both cert and key"],
    [{ key }, "cert is missing, wanted both cert and key"],
  ];
  for (const url of ["tls://127.0.0.1:1", "wss://127.0.0.1:1/"]) {
    for (const [options, message] of invalid) {
      await assertRejects(
        () => openChannel(url, options),
        TypeError,
        `Cannot connect to ${url}: ${message}`,
      );
    }
  }
});

Deno.test("connecting sends the client certificate that the server requests", async () => {
  // Deno.listenTls requests none; this server does, and answers with its name.
  const server = tls.createServer(
    { cert, key, requestCert: true, rejectUnauthorized: false },
    (socket) => socket.end(String(socket.getPeerCertificate().subject?.CN)),
  );
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await listening;
  const { port } = server.address() as { port: number };
  const caCerts = [cert];
  const cases = [
    [{ caCerts, cert: renewed, key }, "renewed"],
    [{ caCerts }, "undefined"],
  ] as const;
  for (const [options, name] of cases) {
    const channel = await openChannel(`tls://localhost:${port}`, options);
    assertEquals(new TextDecoder().decode((await channel.read())!), name);
    await channel.close();
  }
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  server.close(() => close());
  await closed;
});

Deno.test("both sides agree on an application protocol (ALPN), or do not connect", async () => {
  for (const tlsEngine of ["native", "node"] as const) {
    const alpnProtocols = ["b", "a"];
    await using listener = listenTls({ cert, key, alpnProtocols, tlsEngine });
    const port = portOf(listener.address);
    const options = { port, caCerts: [cert] };
    for (const alpnProtocols of [["a"], ["c", "b"], undefined]) {
      const [a, b] = await Promise.all([
        connectTls({ ...options, alpnProtocols }),
        listener.accept(),
      ]);
      await closeAll(a, b);
    }
    const accepting = listener.accept();
    await assertRejects(
      () => connectTls({ ...options, alpnProtocols: ["c"] }),
      Error,
      // Node's connection ends before its alert has left.
      tlsEngine === "native" ? "NoApplicationProtocol" : "end of file",
    );
    await assertRejects(async () => await (await accepting)!.read());
  }
});

/** Opens a channel to a listener that trusts one certificate, and sends a byte through it. */
async function reach(listener: Listener, trusted: string): Promise<void> {
  const accepting = listener.accept();
  const a = await openChannel(listener.address, { caCerts: [trusted] });
  const b = await accepting;
  const units = new WriteUnits();
  units.add(Uint8Array.of(7));
  await a.write(units);
  assertEquals(await b!.read(), Uint8Array.of(7));
  await closeAll(a, b);
}

const LISTENERS = {
  "a TLS listener": () => listenTls({ cert, key }),
  "a TLS listener on node:tls": () =>
    listenTls({ cert, key, tlsEngine: "node" }),
  "a WebSocket listener with TLS": () => listenWebSocket({ cert, key }),
  "a WebSocket listener on node:tls": () =>
    listenWebSocket({ cert, key, tlsEngine: "node" }),
};

for (const [name, listen] of Object.entries(LISTENERS)) {
  Deno.test(`${name} renews its certificate, and keeps its connections`, async () => {
    await using listener = listen();
    const { address } = listener;
    const [a, b] = await Promise.all([
      openChannel(address, { caCerts: [cert] }),
      listener.accept(),
    ]);
    await reach(listener, cert);
    const pending = listener.accept();
    await listener.renewCertificate!({ cert: renewed, key });
    assertEquals(listener.address, address);
    // A pending accept continues with the new certificate.
    const c = await openChannel(address, { caCerts: [renewed] });
    await closeAll(c, await pending);
    await reach(listener, renewed);
    // Several renewals at once: the last one counts.
    await Promise.all(
      [cert, renewed, cert].map((cert) =>
        listener.renewCertificate!({ cert, key })
      ),
    );
    await reach(listener, cert);
    const units = new WriteUnits();
    units.add(Uint8Array.of(1));
    await a.write(units);
    assertEquals(await b!.read(), Uint8Array.of(1));
    await closeAll(a, b);
  });

  Deno.test(`${name} keeps its certificate if the new one is invalid`, async () => {
    await using listener = listen();
    const missing = [{}, { cert }, { key }, null].map((bad) => bad as never);
    const invalid = [{ cert: "file.pem", key }, { cert, key: "" }];
    for (const bad of [...invalid, ...missing]) {
      await assertRejects(() => listener.renewCertificate!(bad));
      await reach(listener, cert);
    }
    await reach(listener, cert);
    listener.close();
    assertEquals(await listener.accept(), null);
    await listener.renewCertificate!({ cert: renewed, key });
    assertEquals(await listener.accept(), null);
  });
}

Deno.test("node:tls frees the connections of clients that never finish their handshake", async () => {
  await using listener = listenTls({ cert, key, tlsEngine: "node" });
  const port = portOf(listener.address);
  // Nothing, a few bytes of a record, the start of a ClientHello.
  for (const sent of [[], [0x16, 3, 1], [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]]) {
    for (const end of ["abort", "close"] as const) {
      using client = await Deno.connect({ hostname: "127.0.0.1", port });
      const channel = (await listener.accept())!;
      if (sent.length > 0) await client.write(Uint8Array.from(sent));
      const reading = channel.read().catch(() => null);
      channel[end]();
      // The native engine keeps the connection until the client leaves.
      const rest = client.read(new Uint8Array(99)).catch(() => null);
      if (end === "abort") assertEquals(await rest, null);
      else {
        channel.abort();
        await rest;
      }
      await reading;
      await channel.closed;
    }
  }
});

for (const tlsEngine of ["native", "node"] as const) {
  const what = `a TLS listener with the ${tlsEngine} engine`;

  Deno.test(`${what} is not to be had under another name`, () => {
    for (const name of [tlsEngine.toUpperCase(), "openssl", ""]) {
      assertThrows(
        () => listenTls({ cert, key, tlsEngine: name as typeof tlsEngine }),
        TypeError,
        `got tlsEngine "${name}", wanted "native" or "node"`,
      );
    }
  });

  Deno.test(`${what} leaves its port free if its certificate is invalid`, () => {
    const port = freePort();
    for (const bad of [{ cert: "file.pem", key }, { cert, key: "" }]) {
      assertThrows(() => listenTls({ port, tlsEngine, ...bad }));
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    }
  });

  const port = freePort();
  Deno.test({
    name: `${what} needs no permission for another port`,
    permissions: { net: [`127.0.0.1:${port}`, `localhost:${port}`] },
    async fn() {
      await using listener = listenTls({ cert, key, port, tlsEngine });
      await reach(listener, cert);
      await listener.renewCertificate!({ cert: renewed, key });
      await reach(listener, renewed);
    },
  });
}

Deno.test("a TLS listener with the node engine reports connections that were reset before it accepted them", async () => {
  let reports = 0;
  const onRefused = () => void reports++;
  await using listener = listenTls({
    cert,
    key,
    tlsEngine: "node",
    onRefused,
  });
  await resetConnection(portOf(listener.address));
  await reach(listener, cert);
  assertEquals(reports, 1);
});

/** Returns a port that nobody listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("a connection on which node:tls cannot begin is ended", async () => {
  const [below, remote] = memoryPair();
  const failure = new Error("no information");
  Object.defineProperty(below, "info", {
    get() {
      throw failure;
    },
  });
  const listener = new NodeTlsListener(
    {
      address: "tcp:",
      accept: () => Promise.resolve(below),
    } as unknown as Listener,
    { cert, key },
    undefined,
  );
  assertStrictEquals(await listener.accept().catch((error) => error), failure);
  await assertRejects(() => remote.read());
  remote.abort();
});

/** Opens a channel through a relay that can cut it without the end of TLS. */
async function relayed(listener: Listener) {
  using relay = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const relaying = (async () => {
    const outer = await relay.accept();
    const inner = await Deno.connect({ port: portOf(listener.address) });
    const ends = [
      outer.readable.pipeTo(inner.writable, { preventClose: true }),
      inner.readable.pipeTo(outer.writable, { preventClose: true }),
    ].map((end) => end.catch(() => {}));
    const cut = () => {
      for (const conn of [inner, outer]) {
        try {
          conn.close();
        } catch {
          // It has ended, and the pipe has closed it.
        }
      }
    };
    return { cut, ends };
  })();
  const [client, server] = await Promise.all([
    connectTls({ port: relay.addr.port, caCerts: [cert] }),
    listener.accept(),
  ]);
  return { client, server: server!, ...await relaying };
}

for (const tlsEngine of ["native", "node"] as const) {
  Deno.test(`the ${tlsEngine} engine tells a client that ends TLS from a connection that was cut`, async () => {
    await using listener = listenTls({ cert, key, tlsEngine });
    // As long as the alert that ends TLS, and longer.
    for (const text of ["01", "0123456789"]) {
      for (const isCut of [true, false]) {
        const { client, server, cut, ends } = await relayed(listener);
        const units = new WriteUnits();
        units.add(new TextEncoder().encode(text));
        await client.write(units);
        assertEquals(
          new TextDecoder().decode((await server.read())!),
          text,
        );
        if (isCut) {
          cut();
          await assertRejects(
            () => server.read(),
            Deno.errors.UnexpectedEof,
            "close_notify",
          );
          const { clean, error } = await server.closed;
          assertEquals([clean, error instanceof Error], [false, true]);
          client.abort();
        } else {
          const closing = client.close();
          assertEquals(await server.read(), null);
          await Promise.all([closing, server.close()]);
          assertEquals((await server.closed).error, undefined);
          cut();
        }
        await Promise.all(ends);
      }
    }
  });

  Deno.test(`the ${tlsEngine} engine reports a client that leaves before its handshake`, async () => {
    await using listener = listenTls({ cert, key, tlsEngine });
    for (const sent of [[], [0x16, 3, 1]]) {
      const accepting = listener.accept();
      const client = await Deno.connect({ port: portOf(listener.address) });
      if (sent.length > 0) await client.write(Uint8Array.from(sent));
      client.close();
      const channel = (await accepting)!;
      await assertRejects(() => channel.read(), Deno.errors.UnexpectedEof);
      channel.abort();
    }
  });
}

for (const tlsEngine of ["native", "node"] as const) {
  Deno.test(`iterating a TLS listener with the ${tlsEngine} engine ends when it is closed`, async () => {
    await using listener = listenTls({ cert, key, tlsEngine });
    const connecting = connectTls({
      port: portOf(listener.address),
      caCerts: [cert],
    });
    let accepted = 0;
    for await (const channel of listener) {
      accepted++;
      await closeAll(await connecting, channel);
      listener.close();
    }
    assertEquals(accepted, 1);
  });
}
