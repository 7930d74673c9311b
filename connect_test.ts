import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { connect, type ConnectOptions, reconnect } from "./connect.ts";
import {
  Handlers,
  isConnectionClosedError,
  isProtocolError,
  Peer,
  type ProtocolError,
} from "./mod.ts";
import { openChannel } from "./transport/open.ts";
import { ScriptedChannel } from "./peer/testing/scripted_channel.ts";
import { watch } from "./peer/testing/scripted_peer.ts";
import { settled, VirtualClock } from "./peer/testing/virtual_clock.ts";
import { serve, type ServeOptions } from "./serve.ts";
import { memoryPair, streamsChannel } from "./transport/mod.ts";
import { listen } from "./transport/open.ts";

const cert = await testdata("localhost.crt");
const key = await testdata("localhost.key");

function testdata(name: string): Promise<string> {
  return Deno.readTextFile(
    new URL(`./transport/testing/${name}`, import.meta.url),
  );
}

const handlers = new Handlers()
  .handle("double", (number: number) => number * 2)
  .handle("ask-back", (_: unknown, { peer }) => peer.request("name"))
  .handleStream("echo", (parts) => parts)
  .handle("info", (_: unknown, { info }) => info.transport);

/** Connects to an address, uses every feature of a peer, and returns the channel's information. */
async function converse(address: string | URL, options: ConnectOptions = {}) {
  await using peer = await connect(address, {
    handlers: new Handlers().handle("name", () => "client"),
    ...options,
  });
  assertEquals(await peer.request("double", 21), 42);
  assertEquals(await peer.request("ask-back"), "client");
  const large = new Uint8Array(1024 * 1024).fill(7);
  const { readable, writable } = peer.stream("echo");
  const [parts] = await Promise.all([
    Array.fromAsync(readable),
    ReadableStream.from([large]).pipeTo(writable),
  ]);
  assertEquals(parts.reduce((sum, part) => sum + part.byteLength, 0), 1 << 20);
  assertEquals(await peer.request("info"), peer.info.transport);
  await peer.close();
  assert((await peer.closed).clean);
  return peer.info;
}

/** Runs a test with a temporary directory. */
async function withDirectory(
  body: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const TRANSPORTS: readonly {
  readonly name: string;
  readonly listen: ServeOptions;
  readonly address: RegExp;
}[] = [
  { name: "tcp", listen: {}, address: /^tcp:\/\/127\.0\.0\.1:\d+$/ },
  { name: "tls", listen: { cert, key }, address: /^tls:\/\/127\.0\.0\.1:\d+$/ },
  {
    name: "websocket",
    listen: { transport: "websocket" },
    address: /^ws:\/\/127\.0\.0\.1:\d+/,
  },
];

for (const { name, listen, address } of TRANSPORTS) {
  Deno.test(`connect() and serve() work together over ${name}`, async () => {
    await using server = await serve(listen, handlers);
    assert(address.test(server.address), server.address);
    const options = { caCerts: [cert] };
    const info = await converse(server.address, options);
    assertEquals(info.transport, name);
    await converse(new URL(server.address), options);
  });
}

Deno.test("connect() and serve() work together over unix", () =>
  withDirectory(async (directory) => {
    const path = `${directory}/with space?#%.sock`;
    await using server = await serve({ path }, handlers);
    assert(server.address.startsWith("unix:/"), server.address);
    const info = await converse(server.address);
    assertEquals(info.transport, "unix");
    await converse(new URL(server.address));
  }));

Deno.test("connect() opens a WebSocket for an HTTP address", async () => {
  await using server = await serve({ transport: "websocket" }, handlers);
  const info = await converse(server.address.replace("ws:", "http:"));
  assertEquals(info.transport, "websocket");
});

Deno.test("connect() resolves host names", async () => {
  await using server = await serve({ cert, key }, handlers);
  await converse(server.address.replace("127.0.0.1", "localhost"), {
    caCerts: [cert],
  });
});

Deno.test("connect() refuses a signal that is none with a TypeError, before it connects", async () => {
  const signal = new AbortController() as unknown as AbortSignal;
  const [left, right] = memoryPair();
  const targets = [
    "tcp://127.0.0.1:1",
    "wss://127.0.0.1:1",
    "unix:/none",
    left,
  ];
  for (const target of targets) {
    await assertRejects(
      () => connect(target, { signal }),
      TypeError,
      "Cannot set signal: got an AbortController, wanted its signal",
    );
  }
  for (const url of targets.slice(0, 3) as string[]) {
    await assertRejects(
      () => openChannel(url, { signal }),
      TypeError,
      "Cannot set signal",
    );
  }
  left.abort();
  right.abort();
});

Deno.test("connect() starts a conversation over a given channel", async () => {
  const [left, right] = memoryPair();
  await using server = new Peer(right, { handlers, role: "acceptor" });
  await using peer = await connect(left);
  assertEquals(await peer.request("double", 21), 42);
  assertEquals(server.state, "open");
});

Deno.test("connect() starts a conversation over a pair of streams", async () => {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  const [left, right] = [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ].map((pair) => streamsChannel(pair));
  await using _ = new Peer(right!, { handlers, role: "acceptor" });
  await using peer = await connect(left!);
  assertEquals(await peer.request("double", 21), 42);
});

Deno.test("connect() returns a typed peer", async () => {
  interface Calculator {
    operations: { double(number: number): number };
    notifications: Record<never, never>;
  }
  const [left, right] = memoryPair();
  await using _ = new Peer(right, { handlers, role: "acceptor" });
  await using peer = await connect<Calculator>(left);
  const answer: number = await peer.request("double", 21);
  assertEquals(answer, 42);
});

Deno.test("connect() rejects an invalid address with the reason", async (t) => {
  const wrong: Record<string, string> = {
    "localhost:1234":
      "Cannot connect to localhost:1234: wanted a URL with tcp:, tls:, unix:, ws:, wss:, http: or https:",
    "ftp://localhost/":
      "Cannot connect to ftp://localhost/: wanted a URL with tcp:, tls:, unix:, ws:, wss:, http: or https:",
    "127.0.0.1":
      "Cannot connect to 127.0.0.1: wanted a URL with tcp:, tls:, unix:, ws:, wss:, http: or https:",
    "":
      'Cannot connect to "": wanted a URL with tcp:, tls:, unix:, ws:, wss:, http: or https:',
    "tcp://127.0.0.1:99999":
      "Cannot connect to tcp://127.0.0.1:99999: got port 99999, wanted at most 65535",
    "tcp://localhost":
      "Cannot connect to tcp://localhost: it has no port, wanted one",
    "tls://localhost/":
      "Cannot connect to tls://localhost/: it has no port, wanted one",
    "unix://tmp/gotalk.sock":
      "Cannot connect to unix://tmp/gotalk.sock: it has a host, wanted a path as in unix:/tmp/gotalk.sock",
  };
  for (const [address, message] of Object.entries(wrong)) {
    await t.step(address, async () => {
      const error = await assertRejects(() => connect(address), TypeError);
      assertEquals((error as Error).message, message);
    });
  }
});

Deno.test("connect() rejects and reconnect() throws for what is neither a URL nor a channel, nor options", async () => {
  const wrong: [target: unknown, name: string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [1234, "1234"],
    [{}, "an object"],
    [new AbortController(), "an AbortController"],
  ];
  for (const [target, name] of wrong) {
    const message =
      `Cannot connect to ${name}: wanted a URL with tcp:, tls:, unix:, ws:, wss:, http: or https:`;
    await assertRejects(() => connect(target as string), TypeError, message);
    assertThrows(() => reconnect(target as string), TypeError, message);
  }
  assertThrows(() => reconnect("localhost:1234"), TypeError, "wanted a URL");
  const url = "tcp://127.0.0.1:1";
  const options = new Handlers() as ConnectOptions;
  const message = "Cannot set options: got Handlers, wanted { handlers }";
  await assertRejects(() => connect(url, options), TypeError, message);
  assertThrows(() => reconnect(url, options as object), TypeError, message);
});

Deno.test("connect() rejects with the cause when nothing listens at the address", async (t) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hostAndPort = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  for (const scheme of ["tcp", "tls", "ws", "wss"]) {
    await t.step(scheme, async () => {
      const error = await assertRejects(() =>
        connect(`${scheme}://${hostAndPort}`)
      ) as Error;
      assert(error.message.startsWith("Cannot connect to "), error.message);
      assert(error.message.includes(`://${hostAndPort}`), error.message);
      assert(error.cause instanceof Deno.errors.ConnectionRefused);
    });
  }
  await t.step("unix", () =>
    withDirectory(async (directory) => {
      const address = `unix:${directory}/none.sock`;
      const error = await assertRejects(
        () => connect(address),
        Error,
        `Cannot connect to ${address}: `,
      ) as Error;
      assert(error.cause instanceof Deno.errors.NotFound);
    }));
});

Deno.test("connect() does nothing when its signal is already aborted", async () => {
  const reason = new Error("not wanted any more");
  const signal = AbortSignal.abort(reason);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  for (const scheme of ["tcp", "tls", "ws"]) {
    const error = await assertRejects(() =>
      connect(`${scheme}://127.0.0.1:${port}`, { signal })
    );
    assertStrictEquals(error, reason);
  }
  listener.close();

  const channel = new ScriptedChannel();
  const error = await assertRejects(() => connect(channel, { signal }));
  assertStrictEquals(error, reason);
  assertStrictEquals(channel.abortedWith?.reason, reason);
  assertEquals(channel.take(), "");
});

/** Runs a test against a scripted server that accepts one connection. */
async function withServer(
  script: (conn: Deno.TcpConn) => Promise<void>,
  body: (hostAndPort: string) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = listener.accept().then(async (conn) => {
    try {
      await script(conn);
    } finally {
      conn.close();
    }
  });
  await body(`127.0.0.1:${listener.addr.port}`);
  await serving;
  listener.close();
}

/** Reads at least `atLeast` bytes, or up to the end, and returns them as text. */
async function readText(conn: Deno.Conn, atLeast = Infinity): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  while (text.length < atLeast) {
    const length = await conn.read(buffer).catch(() => null);
    if (length === null) break;
    text += String.fromCharCode(...buffer.subarray(0, length));
  }
  return text;
}

function writeText(conn: Deno.Conn, text: string): Promise<number> {
  return conn.write(new TextEncoder().encode(text));
}

Deno.test("connect() rejects when its signal aborts during the handshake", async (t) => {
  const reason = new Error("not wanted any more");
  for (const scheme of ["tcp", "tls"]) {
    await t.step(scheme, async () => {
      const controller = new AbortController();
      const { signal } = controller;
      await withServer(async (conn) => {
        // The handshake has started, and the server does not continue it.
        await readText(conn, 1);
        controller.abort(reason);
      }, async (hostAndPort) => {
        const error = await assertRejects(() =>
          connect(`${scheme}://${hostAndPort}`, { signal, caCerts: [cert] })
        );
        assertStrictEquals(error, reason);
      });
    });
  }
  await t.step("ws", async () => {
    await using listener = await listen({ transport: "websocket" });
    const controller = new AbortController();
    const { signal } = controller;
    const rejected = assertRejects(() => connect(listener.address, { signal }));
    const channel = await listener.accept();
    await channel!.read();
    controller.abort(reason);
    assertStrictEquals(await rejected, reason);
    await channel!.close();
  });
});

Deno.test("connect() ignores its signal once it is connected", async () => {
  const controller = new AbortController();
  const [left, right] = memoryPair();
  await using _ = new Peer(right, { handlers, role: "acceptor" });
  await using peer = await connect(left, { signal: controller.signal });
  controller.abort();
  await settled();
  assertEquals(await peer.request("double", 21), 42);
});

Deno.test("connect() rejects when the server sends no version within handshakeTimeout (handshake/deadline)", async () => {
  let received = "";
  await withServer(async (conn) => {
    received = await readText(conn);
  }, async (hostAndPort) => {
    const error = await assertRejects(() =>
      connect(`tcp://${hostAndPort}`, { limits: { handshakeTimeout: 20 } })
    ) as ProtocolError;
    assert(isProtocolError(error));
    assertEquals(error.reason, "timeout");
    assertEquals(
      error.message,
      "Cannot continue the conversation: received no protocol version within 20 ms",
    );
  });
  assertEquals(received, "01f00000003");
});

Deno.test("connect() waits 5 s for the remote version, measured by its clock", async () => {
  const clock = new VirtualClock();
  const channel = new ScriptedChannel();
  const connecting = watch(connect(channel, { clock }));
  await clock.advance(4_999);
  assertEquals(connecting.state, "pending");
  await clock.advance(1);
  const error = connecting.rejection(isProtocolError);
  assertEquals(error.reason, "timeout");
  assertEquals(clock.timers, 0);
});

Deno.test("connect() rejects when the server does not speak Gotalk (handshake/unsupported, handshake/not-hex)", async (t) => {
  const answers: Record<string, [answer: string, reason: string]> = {
    "an HTTP server": ["HTTP/1.1 400 Bad Request\r\n\r\n", "not-a-version"],
    "an SSH server": ["SSH-2.0-OpenSSH_9.6\r\n", "not-a-version"],
    "an older version": ["00", "unsupported-version"],
    "a newer version": ["02", "unsupported-version"],
    "half a version": ["0", "truncated"],
    "nothing": ["", "truncated"],
  };
  for (const [name, [answer, reason]] of Object.entries(answers)) {
    await t.step(name, async () => {
      let received = "";
      await withServer(async (conn) => {
        const version = await readText(conn, 2);
        await writeText(conn, answer);
        await conn.closeWrite();
        received = version + await readText(conn);
      }, async (hostAndPort) => {
        const error = await assertRejects(() =>
          connect(`tcp://${hostAndPort}`)
        ) as ProtocolError;
        assert(isProtocolError(error));
        assertEquals(error.reason, reason);
        assert(
          error.message.startsWith("Cannot start the conversation: "),
          error.message,
        );
      });
      assertEquals(received.slice(0, 9), "01f000000");
    });
  }
});

Deno.test("connect() rejects when an HTTP server does not support WebSockets", async () => {
  await using http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("Nothing here", { status: 404 }),
  );
  const address = `ws://127.0.0.1:${http.addr.port}/`;
  await assertRejects(
    () => connect(address),
    Error,
    `Cannot connect to ${address}: `,
  );
});

Deno.test("connect() over TCP to an HTTP server rejects after handshakeTimeout", async () => {
  await using http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("Nothing here", { status: 404 }),
  );
  // The server waits for the rest of a request and sends nothing.
  const error = await assertRejects(() =>
    connect(`tcp://127.0.0.1:${http.addr.port}`, {
      limits: { handshakeTimeout: 20 },
    })
  );
  assert(isProtocolError(error));
});

Deno.test("connect() rejects when the server refuses the connection", async (t) => {
  for (const { name, listen } of TRANSPORTS) {
    await t.step(name, async () => {
      const authenticate = () => Promise.reject(new Error("no such user"));
      await using server = await serve({ ...listen, authenticate }, handlers);
      const error = await assertRejects(() =>
        connect(server.address, { caCerts: [cert] })
      ) as ProtocolError;
      assert(isProtocolError(error));
      assertEquals([error.code, error.side], [0, "remote"]);
    });
  }
});

Deno.test("connect() resolves when the remote peer ends the connection right after its version", async () => {
  const received: unknown[] = [];
  const channel = new ScriptedChannel();
  channel.send('01n004last00000005"word"');
  channel.end();
  const notifications = new Handlers().onNotification(
    "last",
    (word) => void received.push(word),
  );
  const peer = await connect(channel, { handlers: notifications });
  await peer.closed;
  await assertRejects(() => peer.request("double", 21));
});

Deno.test("connect() rejects when the channel is reset", async () => {
  const reset = new Error("Connection reset by peer");
  const channel = new ScriptedChannel();
  const connecting = watch(connect(channel));
  await settled();
  channel.reset(reset);
  await settled();
  assertStrictEquals(connecting.error, reset);
});

Deno.test("a call over a connection that the server closes has the outcome unknown", async () => {
  const hold = new Handlers().handle("hold", () => new Promise(() => {}));
  await using server = await serve({ transport: "websocket" }, hold);
  const peer = await connect(server.address);
  const call = watch(peer.request("hold"));
  const [other] = server.peers;
  while (other!.stats.running === 0) await settled();
  await server.close();
  await peer.closed;
  await settled();
  assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
});

Deno.test("connect() and reconnect() throw for options that make no sense, before they connect", async () => {
  const senseless: [options: object, name: string][] = [
    [{ limits: { heartbeatInterval: 0 } }, "heartbeatInterval"],
    [{ retry: { attempts: 0 } }, "attempts"],
    [{ connectTimeout: NaN }, "connectTimeout"],
    [{ maxMessageBytes: 0 }, "maxMessageBytes"],
    [{ maxReceiveBufferBytes: -1 }, "maxReceiveBufferBytes"],
  ];
  // Nobody listens there.
  for (const url of ["tcp://127.0.0.1:1", "ws://127.0.0.1:1"]) {
    for (const [options, name] of senseless) {
      const message = `Cannot set ${name}`;
      await assertRejects(() => connect(url, options), RangeError, message);
      assertThrows(() => void reconnect(url, options), RangeError, message);
    }
  }
  for (
    const name of [
      "initialDelay",
      "maxDelay",
      "maxAttempts",
      "maxQueuedCalls",
      "maxQueuedCallBytes",
    ]
  ) {
    for (const value of [NaN, -1]) {
      assertThrows(
        () => void reconnect("tcp://127.0.0.1:1", { [name]: value }),
        RangeError,
        `Cannot set ${name}: got ${value}`,
      );
    }
  }
});
