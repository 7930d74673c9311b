import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { testChannel } from "./testing/channel_suite.ts";
import type { Server } from "node:net";
import type { Channel, Listener } from "./channel.ts";
import { memoryPair } from "./memory.ts";
import { NodeListener } from "./_node_listener.ts";
import { Refusals } from "./refusals.ts";
import {
  connectTcp,
  connectTls,
  connectUnix,
  listenTcp,
  listenTls,
  listenUnix,
} from "./node.ts";

const cert = await testdata("localhost.crt");
const key = await testdata("localhost.key");

function testdata(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./testing/${name}`, import.meta.url));
}

function portOf({ address }: Listener): number {
  return Number(address.split(":").at(-1));
}

async function accepted(
  listener: Listener,
  connecting: Promise<Channel>,
): Promise<{ a: Channel; b: Channel }> {
  const [a, b] = await Promise.all([connecting, listener.accept()]);
  return { a, b: b! };
}

async function inDirectory(
  body: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

testChannel("tcp channel of node:net", "tcp", async () => {
  await using listener = await listenTcp();
  return await accepted(listener, connectTcp({ port: portOf(listener) }));
});

testChannel("tls channel between node:tls", "tls", async () => {
  await using listener = await listenTls({ cert, key });
  const port = portOf(listener);
  const options = { hostname: "localhost", port, caCerts: [cert] };
  return await accepted(listener, connectTls(options));
  // It ends without the announcement of TLS, which the server notices.
}, { abortSeen: true });

testChannel("unix channel of node:net", "unix", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/suite.sock`;
  await using listener = await listenUnix({ path });
  const { a, b } = await accepted(listener, connectUnix({ path }));
  return { a, b, release: () => Deno.remove(directory, { recursive: true }) };
});

Deno.test("a TCP channel of node:net knows both addresses", async () => {
  await using listener = await listenTcp();
  const { a, b } = await accepted(
    listener,
    connectTcp({ port: portOf(listener) }),
  );
  assertEquals(a.info, {
    transport: "tcp",
    local: b.info.remote!,
    remote: listener.address,
    secure: false,
  });
  assertEquals(b.info.local, listener.address);
  await Promise.all([a.close(), b.close()]);
});

Deno.test("connecting by node:net names the address where nobody listens", async () => {
  const listener = await listenTcp();
  listener.close();
  assertStrictEquals(await listener.accept(), null);
  await assertRejects(
    () => connectTcp({ port: portOf(listener) }),
    Error,
    `Cannot connect to ${listener.address}: `,
  );
});

Deno.test("connecting by node:net ends when its signal is aborted", async () => {
  await using listener = await listenTcp();
  const signal = AbortSignal.abort(new Error("changed my mind"));
  const port = portOf(listener);
  await assertRejects(
    () => connectTcp({ port, signal }),
    Error,
    "changed my mind",
  );
});

Deno.test("connecting by node:tls refuses a certificate that it does not trust", async () => {
  await using listener = await listenTls({ cert, key });
  const port = portOf(listener);
  const accepting = listener.accept();
  await assertRejects(
    () => connectTls({ hostname: "localhost", port }),
    Error,
    `Cannot connect to tls://localhost:${port}: `,
  );
  (await accepting)!.abort();
});

Deno.test("connections that wait for accept are ended with the listener of node:net", async () => {
  const listener = await listenTcp();
  const port = portOf(listener);
  const first = await connectTcp({ port });
  const second = await connectTcp({ port });
  const accepted = await listener.accept();
  listener.close();
  listener.close();
  assertEquals(await second.read().catch(() => null), null);
  assertStrictEquals(await listener.accept(), null);
  for (const channel of [first, second, accepted!]) channel.abort();
});

/** A server of Node whose events a test emits, and the listener on it. */
function listenerOnEvents(refused: unknown[] = []) {
  const listeners = new Map<string, (value: unknown) => void>();
  const server = {
    on: (event: string, listener: (value: unknown) => void) =>
      listeners.set(event, listener),
    close: () => {},
  } as unknown as Server;
  const listener = new NodeListener(
    "tcp://127.0.0.1:1",
    server,
    () => memoryPair()[0],
    new Refusals((error) => refused.push(error)),
  );
  const emit = (event: "connection" | "error", value: unknown) =>
    listeners.get(event)!(value);
  return { listener, emit };
}

Deno.test("of connections that nobody accepts, only a number wait, and the others are reported", async () => {
  const refused: unknown[] = [];
  const { listener, emit } = listenerOnEvents(refused);
  let ended = 0;
  const socket = { on: () => {}, destroy: () => ended++ };
  for (let count = 0; count < 1_025; count++) emit("connection", socket);
  await Promise.resolve();
  assertEquals([ended, refused.length], [1, 1]);
  assertEquals((await listener.accept())?.info.transport, "memory");
  listener.close();
  assertEquals(ended, 1_024);
});

Deno.test("a failure of a server of node:net rejects the call that waits, and iterating ends", async () => {
  const { listener, emit } = listenerOnEvents();
  const accepting = listener.accept();
  emit("error", new Error("too many open files"));
  await assertRejects(
    () => accepting,
    Error,
    "Cannot accept on tcp://127.0.0.1:1: too many open files",
  );
  const all = Array.fromAsync(listener);
  listener.close();
  assertEquals(await all, []);
});

Deno.test("listening by node:net names the address that is in use", async () => {
  await using listener = await listenTcp();
  await assertRejects(
    () => listenTcp({ port: portOf(listener) }),
    Error,
    "in use",
  );
});

Deno.test("a Unix socket of node:net replaces a stale one only", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/test.sock`;
    const listener = await listenUnix({ path });
    await assertRejects(
      () => listenUnix({ path }),
      Error,
      `Cannot listen on unix:${path}: another listener uses it`,
    );
    listener.close();
    const file = `${directory}/file`;
    await Deno.writeTextFile(file, "");
    await assertRejects(
      () => listenUnix({ path: file }),
      Error,
      "the path has a file that is not a socket",
    );
    // The socket that a program leaves behind that ends without closing it.
    const stale = Deno.listen({ transport: "unix", path: `${directory}/s` });
    await Deno.rename(`${directory}/s`, path);
    stale.close();
    const next = await listenUnix({ path });
    assert((await Deno.lstat(path)).isSocket);
    next.close();
  }));
