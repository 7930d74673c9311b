import { assert, assertEquals, assertRejects } from "@std/assert";
import { testChannel } from "./testing/channel_suite.ts";
import { connectTcp } from "./tcp.ts";
import { connectTls, listenTls } from "./tls.ts";
import type { Channel } from "./channel.ts";
import { WriteUnits } from "./write_units.ts";

const cert = await testdata("localhost.crt");
const key = await testdata("localhost.key");
const caCerts = [cert];

function testdata(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./testing/${name}`, import.meta.url));
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

testChannel("tls channel", "tls", async () => {
  await using listener = listenTls({ cert, key });
  const port = portOf(listener.address);
  const [a, b] = await Promise.all([
    connectTls({ port, caCerts }),
    listener.accept(),
  ]);
  return { a, b: b! };
});

async function openNode(): Promise<{ client: Channel; server: Channel }> {
  await using listener = listenTls({ cert, key, tlsEngine: "node" });
  const port = portOf(listener.address);
  const [client, server] = await Promise.all([
    connectTls({ port, caCerts }),
    listener.accept(),
  ]);
  return { client, server: server! };
}

testChannel("tls channel to node:tls", "tls", async () => {
  const { client, server } = await openNode();
  return { a: client, b: server };
});

testChannel("tls channel of node:tls", "tls", async () => {
  const { client, server } = await openNode();
  return { a: server, b: client };
  // It ends without the announcement of TLS, which the native client notices.
}, { abortSeen: true });

Deno.test("a TLS channel knows both addresses", async () => {
  await using listener = listenTls({ cert, key });
  const port = portOf(listener.address);
  const [a, b] = await Promise.all([
    connectTls({ hostname: "localhost", port, caCerts }),
    listener.accept(),
  ]);
  assertEquals(a.info.transport, "tls");
  assert(a.info.secure);
  assertEquals(a.info.remote, listener.address);
  assertEquals(b!.info.local, listener.address);
  assertEquals(b!.info.remote, a.info.local);
  await Promise.all([a.close(), b!.close()]);
});

Deno.test("connectTls() rejects an untrusted certificate", async () => {
  await using listener = listenTls({ cert, key });
  const port = portOf(listener.address);
  const accepting = listener.accept();
  const error = await assertRejects(
    () => connectTls({ port }),
    Error,
    `Cannot connect to ${listener.address}: `,
  );
  assert((error as Error).cause instanceof Deno.errors.InvalidData);
  const accepted = await accepting;
  // The handshake has failed for the listener too, which reading reports.
  await assertRejects(() => accepted!.read());
  assert((await accepted!.closed).error !== undefined);
});

Deno.test("connectTls() abandons a handshake when its signal is aborted", async () => {
  // It accepts and sends nothing.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const reason = new Error("not wanted any more");
  const controller = new AbortController();
  const connecting = connectTls({
    port: listener.addr.port,
    caCerts,
    signal: controller.signal,
  });
  using conn = await listener.accept();
  // The first bytes of the handshake show that it is under way.
  await conn.read(new Uint8Array(1));
  controller.abort(reason);
  assertEquals(await assertRejects(() => connecting), reason);
});

Deno.test("connectTls() abandons a handshake that takes too long", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [conn] = await Promise.all([
    listener.accept(),
    assertRejects(
      () => connectTls({ port, caCerts, connectTimeout: 50 }),
      Error,
      `Cannot connect to tls://127.0.0.1:${port}: not connected within 50 ms`,
    ),
  ]);
  conn.close();
});

Deno.test("a client without TLS does not delay a TLS listener", async () => {
  await using listener = listenTls({ cert, key });
  const port = portOf(listener.address);
  const mute = await connectTcp({ port });
  const [wrong, accepted] = await Promise.all([
    connectTcp({ port }),
    listener.accept(),
  ]);
  const units = new WriteUnits();
  units.add(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await wrong.write(units);
  const other = await listener.accept();
  const [a, b] = await Promise.all([
    connectTls({ port, caCerts }),
    listener.accept(),
  ]);
  await Promise.all([a.close(), b!.close()]);
  // One of the two is the mute one, and its read ends when the client does.
  const reads = [accepted!, other!].map((channel) =>
    assertRejects(() => channel.read())
  );
  mute.abort();
  await Promise.all(reads);
  wrong.abort();
});
