import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
} from "@std/assert";
import { connect, reconnect } from "./connect.ts";
import { Handlers, isRetryError } from "./mod.ts";
import { memoryInUse } from "./peer/testing/memory_in_use.ts";
import { fromText, toText } from "./peer/testing/scripted_channel.ts";
import { watch } from "./peer/testing/scripted_peer.ts";
import { settled } from "./peer/testing/virtual_clock.ts";
import { serve } from "./serve.ts";
import { ResettingClient } from "./transport/testing/reset_connection.ts";
import { upgradeHandler } from "./upgrade_handler.ts";

Deno.test("login: a reconnecting client logs in over each connection", async () => {
  const attempts: string[] = [];
  const handlers = new Handlers()
    .handle("who", (_: unknown, { auth }) => auth);
  for (const listen of [{}, { transport: "websocket" } as const]) {
    attempts.length = 0;
    await using server = await serve({
      ...listen,
      login: {
        operation: "login",
        authenticate: (name: string, { info }) => {
          attempts.push(`${name} by ${info.transport}`);
          return Promise.resolve(name);
        },
      },
    }, handlers);
    const anonymous = await connect(server.address);
    await assertRejects(
      () => anonymous.request("who"),
      Error,
      "not authenticated",
    );
    await anonymous.close();
    // Requests sent without waiting for the login are handled after it.
    await using eager = await connect(server.address);
    const answers = await Promise.all([
      eager.request("login", "eager"),
      eager.request("who"),
    ]);
    assertEquals(answers, [undefined, "eager"]);
    await using client = reconnect(server.address, {
      initialDelay: 1,
      onConnect: async (peer) => {
        await peer.request("login", "patient");
      },
    });
    assertEquals(await client.request("who"), "patient");
    for (const peer of server.peers) peer.abort();
    assertEquals(
      await client.request("who", undefined, { idempotent: true }),
      "patient",
    );
    const transport = listen.transport ?? "tcp";
    assertEquals(attempts, [
      `eager by ${transport}`,
      `patient by ${transport}`,
      `patient by ${transport}`,
    ]);
  }
});

Deno.test("drain() lets running requests finish, refuses new ones, then closes", async () => {
  const gate = Promise.withResolvers<string>();
  const handlers = new Handlers()
    .handle("slow", () => gate.promise)
    .handle("say", (input: string) => input);
  await using server = await serve({}, handlers);
  const client = await connect(server.address, { retry: false });
  const running = client.request("slow");
  await client.request("say", "after the slow one has started");
  const drained = watch(server.drain());
  const refused = await assertRejects(() => client.request("say", "a"));
  assert(isRetryError(refused));
  await assertRejects(
    () => connect(server.address),
    Error,
    "Cannot connect to tcp://127.0.0.1:",
  );
  assertEquals(drained.state, "pending");
  gate.resolve("done");
  assertEquals(await running, "done");
  await server.finished;
  assert((await client.closed).clean);
  assertEquals(server.peers.size, 0);
});

Deno.test("serve() rejects when it cannot listen", async () => {
  await using server = await serve({});
  const port = Number(new URL(server.address).port);
  await assertRejects(() => serve({ port }), Deno.errors.AddrInUse);
});

Deno.test("hostile clients do not disturb another client (error/isolation, error/linger)", async () => {
  const handlers = new Handlers()
    .handle("double", (number: number) => number * 2);
  const problems: unknown[] = [];
  await using server = await serve({
    onRefused: (error) => void problems.push(error),
    limits: { handshakeTimeout: 2_000 },
  }, handlers);
  await using client = await connect(server.address);

  const attacks = Array.from(
    { length: 50 },
    (_, index) => attack(server.address, hostileBytes(index)),
  );
  let requests = 0;
  let over = false;
  const done = Promise.all(attacks).finally(() => over = true);
  while (!over || requests < 100) {
    assertEquals(await client.request("double", requests), requests * 2);
    requests++;
  }
  const answers = await done;
  assertEquals(answers.length, 50);
  for (const answer of answers) assert(answer.startsWith("01"), answer);
  assertGreater(
    answers.filter((answer) => /f0000000[123]$/.test(answer)).length,
    20,
  );
  assertEquals(problems, []);
  assertEquals(client.state, "open");
  await client.close();
  await server.close();
});

Deno.test("clients that reset their connections delay no other client (error/isolation)", async (t) => {
  const cert = await testData("localhost.crt");
  const key = await testData("localhost.key");
  const handlers = new Handlers().handle("ping", () => "pong");
  const refusals: unknown[] = [];
  const onRefused = (error: unknown) => void refusals.push(error);
  const servers = {
    "tcp": () => serve({ onRefused }, handlers),
    "tls": () => serve({ onRefused, cert, key }, handlers),
    "websocket": () => serve({ onRefused, transport: "websocket" }, handlers),
    "websocket over tls": () =>
      serve({ onRefused, transport: "websocket", cert, key }, handlers),
    "upgradeHandler": () => {
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        upgradeHandler(handlers),
      );
      return Promise.resolve({
        address: `ws://127.0.0.1:${server.addr.port}`,
        [Symbol.asyncDispose]: () => server.shutdown(),
      });
    },
  };
  using resetting = await ResettingClient.start();
  for (const [name, open] of Object.entries(servers)) {
    await t.step(name, async () => {
      await using server = await open();
      const port = Number(server.address.split(":").at(-1));
      const times: number[] = [];
      refusals.length = 0;
      for (let round = 0; round < 20; round++) {
        resetting.reset(port, 10);
        const began = performance.now();
        const peer = await connect(server.address, { caCerts: [cert] });
        assertEquals(await peer.request("ping"), "pong");
        times.push(performance.now() - began);
        await peer.close();
      }
      times.sort((a, b) => a - b);
      assertLess(times[10]!, 100, `ms for a client, the median of ${times}`);
      // 200 connections, and a report of them at most once a second.
      assertLess(refusals.length, 50);
    });
  }
});

Deno.test("a thousand consecutive connections leak no memory", async () => {
  const handlers = new Handlers().handle("double", (n: number) => n * 2);
  await using server = await serve({}, handlers);
  async function cycles(count: number): Promise<number> {
    for (let n = 0; n < count; n++) {
      const peer = await connect(server.address);
      assertEquals(await peer.request("double", n), n * 2);
      await peer.close();
    }
    await settled();
    return memoryInUse();
  }
  const before = await cycles(200);
  const after = await cycles(1_000);
  assertLess(after - before, 1024 * 1024);
  assertEquals(server.peers.size, 0);
});

function testData(name: string): Promise<string> {
  return Deno.readTextFile(
    new URL(`./transport/testing/${name}`, import.meta.url),
  );
}

/** Connects, sends bytes, half-closes, and returns what the server sends. */
async function attack(address: string, bytes: Uint8Array): Promise<string> {
  const { hostname, port } = new URL(address);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const [answer] = await Promise.all([readAll(conn), writeAll(conn, bytes)]);
  return answer;
}

async function readAll(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  let answer = "";
  for (let length; (length = await conn.read(buffer)) !== null;) {
    answer += toText(buffer.subarray(0, length));
  }
  return answer;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.byteLength;) {
      at += await conn.write(bytes.subarray(at));
    }
    await conn.closeWrite();
  } catch {
    // The server has ended the connection.
  }
}

/** Returns bytes that no peer sends. */
function hostileBytes(seed: number): Uint8Array {
  const texts = [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "00",
    "0",
    "ff",
    "01",
    "01r0001006double00000001",
    "01r0001006doubleffffffff",
    "01r0001fffffff",
    "01r0001006double00000003{{{",
    "01r0001000",
    "01S000100000001x",
    "01p000100000001x",
    "01s0001001a00000000s0001001a00000000",
    "01f00000000",
    "01\0\0\0\0\0\0\0\0\0\0\0\0\0",
    `01${"h0000000000000000".repeat(12_000)}`,
    `01${"r0001004none00000000".repeat(5_000)}`,
  ];
  const text = texts[seed];
  if (text !== undefined) return fromText(text);
  // A multiplicative generator: the same bytes in each run, different ones for each seed.
  let state = seed * 7919 + 1;
  const noise = Uint8Array.from(
    { length: 4096 },
    () => (state = state * 16807 % 2147483647) & 0xff,
  );
  // Half of the noise follows a version.
  if (seed % 2 === 0) noise.set(fromText("01"));
  return noise;
}
