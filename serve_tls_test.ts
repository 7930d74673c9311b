import { assertEquals, assertRejects } from "@std/assert";
import { connect, Handlers, serve, type Server } from "./mod.ts";

const cert = await testdata("localhost.crt");
const renewed = await testdata("renewed.crt");
const key = await testdata("localhost.key");

function testdata(name: string): Promise<string> {
  return Deno.readTextFile(
    new URL(`transport/testing/${name}`, import.meta.url),
  );
}

const handlers = new Handlers().handle("ping", () => "pong");

async function ping(server: Server, trusted: string): Promise<void> {
  await using peer = await connect(server.address, { caCerts: [trusted] });
  assertEquals(await peer.request("ping"), "pong");
}

for (const transport of ["tls", "websocket"] as const) {
  for (const tlsEngine of ["native", "node"] as const) {
    const what = `serve() over ${transport} with the ${tlsEngine} engine`;
    const options = { transport, tlsEngine, cert, key };

    Deno.test(`${what} renews its certificate, and keeps its peers`, async () => {
      await using server = await serve(options, handlers);
      await using peer = await connect(server.address, { caCerts: [cert] });
      await server.renewCertificate({ cert: renewed, key });
      await ping(server, renewed);
      assertEquals(await peer.request("ping"), "pong");
      await assertRejects(() => ping(server, cert));
      await assertRejects(() => server.renewCertificate({ cert: "", key }));
      await ping(server, renewed);
    });
  }

  Deno.test(`serve() over ${transport} with node:tls ends silent clients at its timeout`, async () => {
    // Short, but long enough for the well-behaved client on a busy machine.
    const timeout = 500;
    await using server = await serve({
      transport,
      tlsEngine: "node",
      cert,
      key,
      upgradeTimeout: timeout,
      limits: { handshakeTimeout: timeout, closeTimeout: timeout },
    }, handlers);
    const port = Number(server.address.split(":").at(-1));
    const silent = await Promise.all(
      Array.from(
        { length: 20 },
        () => Deno.connect({ hostname: "127.0.0.1", port }),
      ),
    );
    // Each ends, although no client closes: the native engine keeps them all.
    await Promise.all(silent.map(async (client) => {
      const end = await client.read(new Uint8Array(9)).catch(() => null);
      assertEquals(end, null);
    }));
    await ping(server, cert);
    for (const client of silent) client.close();
  });
}

Deno.test("a server without TLS has no certificate to renew", async () => {
  await using server = await serve({}, handlers);
  await assertRejects(
    () => server.renewCertificate({ cert, key }),
    TypeError,
    `Cannot renew the certificate of ${server.address}: it does not use TLS`,
  );
});
