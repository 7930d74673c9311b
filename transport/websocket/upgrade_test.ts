import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { testChannel } from "../testing/channel_suite.ts";
import type { Channel } from "../channel.ts";
import { connectWebSocket } from "./client.ts";
import { acceptUpgrade, type AcceptUpgradeOptions } from "./upgrade.ts";
import { WriteUnits } from "../write_units.ts";

/** A server, and the first channel that it accepts. */
function serve(options: AcceptUpgradeOptions = {}) {
  const { promise: accepted, resolve } = Promise.withResolvers<Channel>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) => {
      const { response, channel } = acceptUpgrade(request, {
        info,
        ...options,
      });
      if (channel !== undefined) resolve(channel);
      return response;
    },
  );
  return {
    accepted,
    url: `ws://127.0.0.1:${server.addr.port}/gotalk?a=b`,
    release: () => server.shutdown(),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

testChannel("upgraded websocket channel", "websocket", async () => {
  const { url, accepted, release } = serve();
  const a = await connectWebSocket(url);
  return { a, b: await accepted, release };
}, { backpressure: false });

async function send(channel: Channel, ...sizes: number[]): Promise<void> {
  const units = new WriteUnits();
  for (const size of sizes) units.add(new Uint8Array(size));
  await channel.write(units);
}

Deno.test("an upgraded channel has its request, and negotiates a subprotocol (websocket/text, websocket/close-code)", async () => {
  await using server = serve({ protocols: ["b"] });
  const { promise: opened, resolve } = Promise.withResolvers<string>();
  const socket = new WebSocket(server.url, {
    protocols: ["a", "b"],
    headers: { "authorization": "Bearer secret" },
  });
  socket.onopen = () => resolve(socket.protocol);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  const channel = await server.accepted;
  assertEquals(await opened, "b");
  const { request, remote, transport, secure } = channel.info;
  assertEquals([transport, secure], ["websocket", false]);
  assertEquals(request?.url, server.url.replace("ws:", "http:"));
  assertEquals(request?.headers.get("authorization"), "Bearer secret");
  assert(remote?.startsWith("tcp://127.0.0.1:"), remote);
  socket.send("é");
  assertEquals(await channel.read(), Uint8Array.of(0xc3, 0xa9));
  await channel.close({ code: 3, reason: "é".repeat(100) });
  await closed;
  const { clean, code } = await channel.closed;
  assertEquals([clean, code], [true, 4003]);
});

Deno.test("an upgraded channel can be written to before it is open", async () => {
  await using server = serve();
  void server.accepted.then((channel) => send(channel, 5));
  const a = await connectWebSocket(server.url);
  assertEquals((await a.read())?.byteLength, 5);
  await Promise.all([a.close(), (await server.accepted).close()]);
});

Deno.test("an upgraded channel that is aborted before it is open ends for the remote side as well", async () => {
  await using server = serve();
  void server.accepted.then((channel) => channel.abort(new Error("enough")));
  const a = await connectWebSocket(server.url);
  assertEquals(await a.read(), null);
  await a.close();
  assertEquals((await a.closed).code, 4000);
});

Deno.test("acceptUpgrade refuses invalid requests and foreign origins (websocket/origin-checked)", async () => {
  await using server = serve({ origins: ["https://page.example"] });
  const url = server.url.replace("ws:", "http:");
  const plain = await fetch(url);
  assertEquals(plain.status, 426);
  assertEquals(plain.headers.get("upgrade"), "websocket");
  await plain.body?.cancel();
  const post = await fetch(url, { method: "POST" });
  assertEquals(post.status, 405);
  await post.body?.cancel();
  for (const origin of ["https://evil.example", "same"]) {
    await assertRejects(
      () => connectWebSocket(server.url, { origin }),
      Error,
      "403",
    );
  }
  const reasons: unknown[] = [];
  const bad = acceptUpgrade(
    new Request(url, {
      headers: {
        upgrade: "websocket",
        connection: "upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "short",
      },
    }),
    { onRefused: (error) => void reasons.push((error as Error).message) },
  );
  assertEquals(reasons, [
    'Cannot accept a WebSocket: status 400, Sec-WebSocket-Key "short", wanted 16 bytes in Base64',
  ]);
  assertEquals([bad.response.status, bad.channel], [400, undefined]);

  const origin = "https://page.example";
  const a = await connectWebSocket(server.url, { origin });
  await Promise.all([a.close(), (await server.accepted).close()]);
});

Deno.test("an upgraded channel breaks when too many bytes are unread (limits/unread)", async () => {
  await using server = serve({ maxReceiveBufferBytes: 13_000 });
  const a = await connectWebSocket(server.url);
  const b = await server.accepted;
  // They stay unread; the overhead of each message counts as well.
  await send(a, ...Array<number>(9).fill(1_000));
  await send(a, 1_000);
  await assertRejects(() => a.read(), Error, "1013");
  const { clean, code, error } = await b.closed;
  assertEquals([clean, code], [false, 1013]);
  assert(error instanceof Error && error.message.includes("bytes are unread"));
  await assertRejects(() => b.read(), Error, "bytes are unread");
  assertEquals((await a.closed).code, 1013);
});

Deno.test("an upgraded channel accepts any volume that is read in time", async () => {
  await using server = serve({ maxReceiveBufferBytes: 10_000 });
  const a = await connectWebSocket(server.url);
  const b = await server.accepted;
  for (let round = 0; round < 20; round++) {
    // More than may be unread, but in one message.
    const sending = send(a, 13, 20_000);
    for (let left = 20_013; left > 0;) left -= (await b.read())!.byteLength;
    await sending;
  }
  await Promise.all([a.close(), b.close()]);
});

Deno.test("an upgraded channel breaks on a message that is too large (websocket/too-big)", async () => {
  await using server = serve({ maxMessageBytes: 1_000 });
  const a = await connectWebSocket(server.url);
  const b = await server.accepted;
  await send(a, 1_000);
  assertEquals((await b.read())?.byteLength, 1_000);
  await send(a, 1_001);
  await assertRejects(
    () => b.read(),
    Error,
    "message of 1001 bytes, wanted at most 1000",
  );
  assertEquals((await b.closed).code, 1009);
  await assertRejects(() => a.read(), Error, "1009");
  await a.closed;
});

/** The response to a handshake, as far as its head, and the connection. */
async function handshake(
  conn: Deno.Conn,
  host: string,
  fields: string[] = [],
): Promise<string> {
  await conn.write(
    new TextEncoder().encode([
      "GET /x HTTP/1.1",
      `Host: ${host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ...fields,
      "\r\n",
    ].join("\r\n")),
  );
  const bytes = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const length = await conn.read(bytes);
    if (length === null) break;
    text += new TextDecoder().decode(bytes.subarray(0, length));
  }
  return text;
}

Deno.test("a request whose Host is none is refused with status 400, and reported without a request", async () => {
  const refusals: (Request | undefined)[] = [];
  await using server = serve({
    onRefused: (_, info) => void refusals.push(info?.request),
  });
  const port = Number(new URL(server.url).port);
  for (const host of ["a b", "a^b", ":"]) {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    assertMatch(await handshake(conn, host), /^HTTP\/1.1 400 /);
  }
  assert(refusals.every((request) => request === undefined));
});

Deno.test("a client on a Unix socket has no address, unless a trusted proxy names it", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/s`;
  for (
    const [trustedProxies, expected] of [
      [undefined, undefined],
      [["unix"], "tcp://192.0.2.1"],
    ] as const
  ) {
    const { promise: accepted, resolve } = Promise.withResolvers<Channel>();
    const server = Deno.serve({ path, onListen() {} }, (request, info) => {
      const { response, channel } = acceptUpgrade(request, {
        info,
        trustedProxies,
      });
      if (channel !== undefined) resolve(channel);
      return response;
    });
    using conn = await Deno.connect({ transport: "unix", path });
    const response = await handshake(conn, "localhost", [
      "X-Forwarded-For: 192.0.2.1",
    ]);
    assertMatch(response, /^HTTP\/1.1 101 /);
    const channel = await accepted;
    assertEquals(channel.info.remote, expected);
    channel.abort();
    conn.close = () => {};
    await conn.readable.cancel().catch(() => {});
    await channel.closed;
    await server.shutdown();
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("idleTimeout: the runtime ends a connection on which no frame arrives, which breaks the channel", async () => {
  await using server = serve({ idleTimeout: 1 });
  const port = Number(new URL(server.url).port);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  // A client that answers no ping.
  assertMatch(await handshake(conn, "a"), /^HTTP\/1.1 101 /);
  const channel = await server.accepted;
  await assertRejects(() => channel.read());
  assertEquals((await channel.closed).clean, false);
});

Deno.test("an upgraded channel takes whole units, and knows how the remote side ended it", async () => {
  await using server = serve();
  const a = await connectWebSocket(server.url);
  const b = await server.accepted;
  assertEquals([a.wholeUnits, b.wholeUnits], [false, true]);
  assertEquals(b.remoteEnd, undefined);
  const closing = a.close({ code: 3, reason: "enough" });
  await b.read();
  assertStringIncludes(b.remoteEnd!.message, '4003 and "enough"');
  await Promise.all([closing, b.close()]);
});
