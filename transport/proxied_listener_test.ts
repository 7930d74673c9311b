import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { listen, type ListenOptions } from "./open.ts";

/** A handshake with another header field. */
function upgradeRequest(field = "X: y"): Uint8Array {
  return new TextEncoder().encode([
    "GET / HTTP/1.1",
    "Host: a.example",
    field,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ].join("\r\n"));
}

const [cert, key] = ["crt", "key"].map((extension) =>
  Deno.readTextFileSync(
    new URL(`./testing/localhost.${extension}`, import.meta.url),
  )
) as [string, string];

const HEADER = "PROXY TCP4 192.0.2.1 10.0.0.1 60000 8080\r\n";
const FROM_PROXY = ["tcp://192.0.2.1:60000", "tcp://10.0.0.1:8080"];

async function connectTo(address: string): Promise<Deno.Conn> {
  const { protocol, pathname, port } = new URL(address);
  return protocol === "unix:"
    ? await Deno.connect({ transport: "unix", path: pathname })
    : await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
}

const folder = Deno.makeTempDirSync();
const path = `${folder}/s`;

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** The options for each transport. */
function transports(): ListenOptions[] {
  return [
    { transport: "tcp", trustedProxies: ["127.0.0.0/8"] },
    { transport: "unix", path, trustedProxies: ["unix"] },
    { transport: "websocket", trustedProxies: ["127.0.0.1"] },
  ];
}

Deno.test("a listener behind a proxy with the PROXY protocol knows its clients, and no slow one delays others", async () => {
  for (const options of transports()) {
    await using listener = await listen({ ...options, proxyProtocol: true });
    const accepting = listener.accept();
    using silent = await connectTo(listener.address);
    using client = await connectTo(listener.address);
    const isWebSocket = options.transport === "websocket";
    const request = isWebSocket
      ? upgradeRequest()
      : new TextEncoder().encode("01");
    await client.write(new TextEncoder().encode(HEADER));
    await client.write(request);
    const channel = (await accepting)!;
    assertEquals([channel.info.remote, channel.info.local], FROM_PROXY);
    // A Unix socket is secure, but the client is not on it.
    assertEquals(channel.info.secure, false);
    if (!isWebSocket) {
      assertEquals(await channel.read(), new TextEncoder().encode("01"));
    }
    channel.abort();
    void silent;
  }
});

Deno.test("a connection of a trusted proxy without the PROXY header ends, one of another host is as ever", async () => {
  for (const options of transports()) {
    await using listener = await listen({ ...options, proxyProtocol: true });
    const accepting = listener.accept();
    using client = await connectTo(listener.address);
    await client.write(new TextEncoder().encode("01r0001004echo00000002hi"));
    const end = await client.read(new Uint8Array(1)).catch(() => null);
    assertEquals(end, null);
    listener.close();
    assertEquals(await accepting, null);
  }
  await using direct = await listen({
    proxyProtocol: true,
    trustedProxies: ["10.0.0.1"],
  });
  using client = await connectTo(direct.address);
  const { port } = client.localAddr as Deno.NetAddr;
  const channel = (await direct.accept())!;
  assertEquals(channel.info.remote, `tcp://127.0.0.1:${port}`);
  channel.abort();
});

Deno.test("headers are trusted only if the client of the PROXY protocol is a trusted proxy", async () => {
  for (
    const [range, remote] of [
      ["127.0.0.1/32", "tcp://192.0.2.1:60000"],
      ["0.0.0.0/0", "tcp://6.6.6.6"],
    ] as const
  ) {
    await using listener = await listen({
      transport: "websocket",
      proxyProtocol: true,
      trustedProxies: ["127.0.0.1", range],
    });
    const accepting = listener.accept();
    using client = await connectTo(listener.address);
    await client.write(new TextEncoder().encode(HEADER));
    await client.write(upgradeRequest("X-Forwarded-For: 6.6.6.6"));
    const channel = (await accepting)!;
    assertEquals(channel.info.remote, remote);
    channel.abort();
  }
});

Deno.test("a client that the PROXY protocol does not name is not the proxy, whose headers are trusted", async () => {
  await using listener = await listen({
    transport: "websocket",
    proxyProtocol: true,
    trustedProxies: ["127.0.0.1"],
  });
  for (
    const [header, remote] of [
      [new TextEncoder().encode("PROXY UNKNOWN\r\n"), undefined],
      [binaryHeader(0x21), undefined],
      // The proxy speaks for itself.
      [binaryHeader(0x20), "tcp://6.6.6.6"],
    ] as const
  ) {
    const accepting = listener.accept();
    using client = await connectTo(listener.address);
    await client.write(header);
    await client.write(upgradeRequest("X-Forwarded-For: 6.6.6.6"));
    const channel = (await accepting)!;
    assertEquals(channel.info.remote, remote);
    channel.abort();
  }
});

Deno.test("TLS that a proxy passes on ends at a listener with node:tls, behind the PROXY header", async () => {
  for (const transport of ["tls", "websocket"] as const) {
    await using listener = await listen({
      transport,
      cert,
      key,
      tlsEngine: "node",
      proxyProtocol: true,
      trustedProxies: ["127.0.0.1"],
    });
    const port = Number(listener.address.split(":").at(-1));
    const accepting = listener.accept();
    using silent = await Deno.connect({ port });
    const socket = connect(port, "127.0.0.1");
    socket.write(HEADER);
    const client = connectTls({ socket, ca: [cert], servername: "localhost" });
    client.write(transport === "tls" ? "01" : upgradeRequest());
    const channel = (await accepting)!;
    assertEquals(channel.info.remote, "tls://192.0.2.1:60000");
    assertEquals(channel.info.local, "tls://10.0.0.1:8080");
    assertEquals(channel.info.secure, true);
    if (transport === "tls") {
      assertEquals(await channel.read(), new TextEncoder().encode("01"));
    } else {
      assertEquals(channel.info.request?.url, "https://a.example/");
    }
    client.end();
    client.destroy();
    channel.abort();
    void silent;
  }
});

Deno.test("the PROXY header before TLS is bounded in time, and must be there", async () => {
  const reasons: unknown[] = [];
  await using listener = await listen({
    cert,
    key,
    tlsEngine: "node",
    proxyProtocol: true,
    trustedProxies: ["127.0.0.1"],
    upgradeTimeout: 500,
    onRefused: (reason) => void reasons.push(String(reason)),
  });
  const port = Number(listener.address.split(":").at(-1));
  const accepting = listener.accept();
  using silent = await Deno.connect({ port });
  assertEquals(await silent.read(new Uint8Array(1)).catch(() => null), null);
  using direct = await Deno.connectTls({ port, caCerts: [cert] });
  await assertRejects(() => direct.handshake());
  assertStringIncludes(String(reasons[0]), "took longer than 500 ms");
  assertStringIncludes(String(reasons[1]), "Cannot read the PROXY header");
  listener.close();
  assertEquals(await accepting, null);
});

/** A header of version 2 without an address. */
function binaryHeader(command: number): Uint8Array {
  const signature = new TextEncoder().encode("\r\n\r\n\0\r\nQUIT\n");
  return Uint8Array.of(...signature, command, 0, 0, 0);
}

Deno.test("listen() rejects proxyProtocol without proxies, or with TLS by the runtime", async () => {
  const tls = { cert: "cert", key: "key", trustedProxies: ["10.0.0.1"] };
  for (
    const options of [
      {},
      { transport: "unix", path },
      { transport: "websocket" },
      { trustedProxies: ["localhost"] },
      tls,
      { ...tls, transport: "websocket" },
      { cert, key, tlsEngine: "node" },
      { cert, key, tlsEngine: "node", transport: "websocket" },
    ] as const
  ) {
    await assertRejects(
      async () => await listen({ ...options, proxyProtocol: true }),
      TypeError,
      "Cannot",
    );
  }
});
