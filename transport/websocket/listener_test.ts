// The listener against clients that speak HTTP and frames as they like.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { closePayload, OPCODE, writeFrame } from "./_frame.ts";
import type { FrameEvent } from "./_frame_event.ts";
import { FrameReader } from "./_frame_reader.ts";
import { newKey } from "./_handshake.ts";
import { writeUpgradeRequest } from "./_handshake_client.ts";
import { netAddress } from "../address.ts";
import type { Channel, Listener } from "../channel.ts";
import { connectWebSocket } from "./client.ts";
import {
  listenWebSocket,
  type ListenWebSocketOptions,
  type RefusalObserver,
} from "./listener.ts";
import { WriteUnits } from "../write_units.ts";

const HEADERS_END = "\r\n\r\n";

type Refusal = Parameters<RefusalObserver>;

/** A client that is not bound to any rule. */
class RawClient implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #reader = new FrameReader("client");

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(listener: Listener): Promise<RawClient> {
    const { hostname, port } = new URL(listener.address);
    return new RawClient(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** Has done a handshake. */
  static async open(listener: Listener): Promise<RawClient> {
    const client = await RawClient.connect(listener);
    await client.send(
      writeUpgradeRequest({ url: listener.address, key: newKey() }),
    );
    const answer = await client.readText((text) => text.endsWith(HEADERS_END));
    assert(answer.startsWith("HTTP/1.1 101 "), answer);
    return client;
  }

  /** The address of its side. */
  get address(): string {
    return netAddress("tcp", this.#conn.localAddr as Deno.NetAddr);
  }

  async send(bytes: Uint8Array | string): Promise<void> {
    let left = typeof bytes === "string"
      ? new TextEncoder().encode(bytes)
      : bytes;
    while (left.byteLength > 0) {
      left = left.subarray(await this.#conn.write(left));
    }
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Reads until there is enough, or to the end. */
  async readText(isEnough = (_: string) => false): Promise<string> {
    const one = new Uint8Array(1);
    let text = "";
    while (!isEnough(text) && await this.#conn.read(one) !== null) {
      text += String.fromCharCode(one[0]!);
    }
    return text;
  }

  /** The next frame; `undefined` at the end. */
  async nextFrame(): Promise<FrameEvent | undefined> {
    for (;;) {
      const event = this.#reader.read();
      if (event !== undefined) return event;
      const chunk = new Uint8Array(1024);
      const length = await this.#conn.read(chunk);
      if (length === null) return undefined;
      this.#reader.push(chunk.subarray(0, length));
    }
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

function testData(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`../testing/${name}`, import.meta.url));
}

async function accept(listener: Listener): Promise<Channel> {
  const channel = await listener.accept();
  if (channel === null) throw new Error("The listener is closed");
  return channel;
}

async function send(channel: Channel, text: string): Promise<void> {
  const units = new WriteUnits();
  units.add(new TextEncoder().encode(text));
  await channel.write(units);
}

async function receive(channel: Channel): Promise<string> {
  return new TextDecoder().decode(await channel.read() ?? undefined);
}

/** The channel's bytes until its end or failure, and how it ended. */
async function readToEnd(channel: Channel) {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let chunk; (chunk = await channel.read()) !== null;) {
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    // The end has it.
  }
  const { clean, code, reason, error } = await channel.closed;
  return { text, clean, code, reason, error };
}

/** Another client gets through and is served. */
async function assertServes(listener: Listener): Promise<void> {
  const [a, b] = await Promise.all([
    connectWebSocket(listener.address),
    accept(listener),
  ]);
  await send(a, "hello");
  assertEquals(await receive(b), "hello");
  await Promise.all([a.close(), b.close()]);
}

function frame(opcode: number, ...payload: number[]): number[] {
  const key = [1, 2, 3, 4];
  const masked = payload.map((byte, index) => byte ^ key[index % 4]!);
  return [opcode, 0x80 | payload.length, ...key, ...masked];
}

Deno.test("an accepted channel has its request", async () => {
  await using listener = listenWebSocket({
    path: "/gotalk",
    protocols: ["b", "c"],
    origins: ["https://page.example"],
  });
  assertEquals(new URL(listener.address).pathname, "/gotalk");
  const [a, b] = await Promise.all([
    connectWebSocket(`${listener.address}?user=me`, {
      headers: {
        authorization: "Bearer secret",
        origin: "https://page.example",
      },
      protocols: ["a", "b"],
    }),
    accept(listener),
  ]);
  const { transport, request, remote, local, secure } = b.info;
  assertEquals([transport, secure], ["websocket", false]);
  assertEquals(remote, a.info.local);
  assertEquals(local?.replace("tcp", "ws"), new URL(listener.address).origin);
  assertEquals(a.info.remote, listener.address);
  assertEquals(
    request?.url,
    `${listener.address.replace("ws:", "http:")}?user=me`,
  );
  assertEquals(request?.headers.get("authorization"), "Bearer secret");
  await Promise.all([a.close(), b.close()]);
});

type OnRequest = NonNullable<ListenWebSocketOptions["onRequest"]>;

/** A page that a function may decide on. */
const ORIGIN = { origin: "https://page.example" };

Deno.test("a listener refuses with a response that has the reason, reports it with the address, and continues (websocket/origin-checked)", async () => {
  const refusals: [
    status: number,
    text: string,
    change: Record<string, string> | string,
    reason: string,
    options?: ListenWebSocketOptions,
  ][] = [
    [426, "Upgrade header", { upgrade: "" }, "status 426, No Upgrade header"],
    [426, "WebSocket version", { "sec-websocket-version": "8" }, 'version "8"'],
    [
      400,
      "Sec-WebSocket-Key",
      { "sec-websocket-key": "short" },
      "status 400, Sec-WebSocket-Key",
    ],
    [400, "Host", { host: "" }, 'Host ""'],
    [403, "Origin", { origin: "https://evil.example" }, "status 403, Origin"],
    [403, "Origin", { origin: "null" }, "status 403", { origins: "*" }],
    [404, "Not found", {}, 'path "/", wanted "/elsewhere"', {
      path: "/elsewhere",
    }],
    [401, "who are you", {}, "onRequest responded with status 401", {
      onRequest: () => new Response("who are you", { status: 401 }),
    }],
    [403, "not today", {}, "onRequest responded with status 403", {
      onRequest: async ({ headers }) => {
        await Promise.resolve();
        if (!headers.has("authorization")) {
          return new Response("not today", { status: 403 });
        }
      },
    }],
    [500, "Internal server error", {}, "the secret is 42", {
      onRequest: () => {
        throw new Error("the secret is 42");
      },
    }],
    [405, "Method", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", "status 405"],
    [405, "", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "status 405"],
    [505, "HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "HTTP/1.0, wanted"],
    [400, "byte", "01r0001004echo\x00", "0x00 at byte"],
    [
      431,
      "head",
      `GET / HTTP/1.1\r\nA: ${"a".repeat(17_000)}\r\n\r\n`,
      "head of over",
    ],
    // Whatever the application does instead of deciding, nobody gets in.
    [500, "Internal server error", {}, "onRequest returned boolean", {
      onRequest: (() => false) as unknown as OnRequest,
    }],
    [500, "Internal server error", {}, "onRequest returned null", {
      onRequest: (() => Promise.resolve(null)) as unknown as OnRequest,
    }],
    [500, "Internal server error", {}, "status", {
      onRequest: () => Response.error(),
    }],
    [500, "Internal server error", {}, "body of over 65536 bytes", {
      onRequest: () => new Response("secret".repeat(20_000)),
    }],
    [500, "Internal server error", ORIGIN, "returned a promise", {
      origins: (() => Promise.resolve(false)) as unknown as () => boolean,
    }],
    [500, "Internal server error", ORIGIN, "the secret is 43", {
      origins: () => {
        throw new Error("the secret is 43");
      },
    }],
    [500, "Internal server error", ORIGIN, "returned a promise", {
      origins: (() => Promise.reject(new Error())) as unknown as () => boolean,
    }],
    [500, "Internal server error", ORIGIN, "returned string", {
      origins: (() => "no") as unknown as () => boolean,
    }],
    [
      431,
      "over 100 bytes",
      `GET / HTTP/1.1\r\nA: ${"a".repeat(99)}\r\n\r\n`,
      "head of over",
      {
        maxHeadBytes: 100,
      },
    ],
  ];
  for (const [status, text, change, reason, options] of refusals) {
    const reports: [message: string, remote: string | undefined][] = [];
    await using listener = listenWebSocket({
      ...options,
      onRefused: (error, info) =>
        void reports.push([(error as Error).message, info?.remote]),
    });
    const accepted = listener.accept();
    using client = await RawClient.connect(listener);
    const { host } = new URL(listener.address);
    const headers: Record<string, string> = {
      host,
      upgrade: "websocket",
      connection: "upgrade",
      "sec-websocket-key": newKey(),
      "sec-websocket-version": "13",
      ...(typeof change === "string" ? {} : change),
    };
    const lines = Object.entries(headers).filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}: ${value}\r\n`);
    await client.send(
      typeof change === "string"
        ? change
        : `GET / HTTP/1.1\r\n${lines.join("")}\r\n`,
    );
    const answer = await client.readText();
    assert(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    assert(answer.includes(text), `${answer} has no ${text}`);
    assert(!answer.includes("secret"), answer);
    assertEquals(reports.length, 1, reason);
    const [message, remote] = reports[0]!;
    assert(message.includes(reason), `${message} has no ${reason}`);
    assertEquals(remote, client.address);
    listener.close();
    assertEquals(await accepted, null);
  }
});

Deno.test("slow handshakes do not delay a listener, and time out", async () => {
  await using listener = listenWebSocket({
    upgradeTimeout: 500,
    onRequest: ({ url }) =>
      url.endsWith("/stuck") ? new Promise(() => {}) : undefined,
  });
  using silent = await RawClient.connect(listener);
  using halfway = await RawClient.connect(listener);
  await halfway.send("GET / HTTP/1.1\r\nHost: a");
  using stuck = await RawClient.connect(listener);
  await stuck.send(writeUpgradeRequest({
    url: `${listener.address}/stuck`,
    key: newKey(),
  }));
  for (let round = 0; round < 3; round++) await assertServes(listener);
  for (const client of [silent, halfway, stuck]) {
    // A reset is as good as an end.
    assertEquals(await client.readText().catch(() => ""), "");
  }
  await assertServes(listener);
});

Deno.test("a listener without an upgradeTimeout accepts clients", async () => {
  await using listener = listenWebSocket({ upgradeTimeout: Infinity });
  using slow = await RawClient.connect(listener);
  await slow.send("GET / HTTP/1.1\r\nHost: a");
  await assertServes(listener);
});

Deno.test("a listener reports a TLS handshake that fails", async () => {
  const reports: Refusal[] = [];
  await using listener = listenWebSocket({
    cert: await testData("localhost.crt"),
    key: await testData("localhost.key"),
    onRefused: (...refusal) => void reports.push(refusal),
  });
  const accepted = listener.accept();
  using plain = await RawClient.connect(listener);
  await plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await plain.readText().catch(() => "");
  listener.close();
  assertEquals(await accepted, null);
  assertEquals(reports.length, 1);
  const [error, info] = reports[0]!;
  assert(error instanceof Deno.errors.InvalidData);
  assertEquals(info?.remote?.replace("tls", "tcp"), plain.address);
});

Deno.test("a listener reports handshakes that it ends", async () => {
  const reports: Refusal[] = [];
  await using listener = listenWebSocket({
    maxPendingHandshakes: 1,
    upgradeTimeout: 200,
    onRefused: (...refusal) => void reports.push(refusal),
  });
  const accepted = listener.accept();
  using first = await RawClient.connect(listener);
  using second = await RawClient.connect(listener);
  for (const client of [first, second]) {
    // A reset is as good as an end.
    assertEquals(await client.readText().catch(() => ""), "");
  }
  listener.close();
  assertEquals(await accepted, null);
  assertEquals(
    reports.map(([error, info]) => [(error as Error).message, info?.remote]),
    [
      [
        "Cannot accept a connection: 1 handshakes are pending, wanted at most 1, and this one is the oldest",
        first.address,
      ],
      [
        "Cannot accept a connection: the handshake took longer than 200 ms",
        second.address,
      ],
    ],
  );
});

Deno.test("silent connections do not keep others out of a listener", async () => {
  await using listener = listenWebSocket({ maxPendingHandshakes: 8 });
  const silent: RawClient[] = [];
  for (let round = 0; round < 5; round++) {
    for (let count = 0; count < 8; count++) {
      silent.push(await RawClient.connect(listener));
    }
    await assertServes(listener);
  }
  for (const client of silent) client[Symbol.dispose]();
});

Deno.test("closing a listener ends pending handshakes, and keeps accepted channels open", async () => {
  const listener = listenWebSocket();
  const accepting = accept(listener);
  const client = await connectWebSocket(listener.address);
  const channel = await accepting;

  const next = listener.accept();
  using handshaking = await RawClient.connect(listener);
  await handshaking.send("GET / HTTP/1.1\r\n");
  const seen = await connectWebSocket(listener.address);
  const accepted = await next;

  listener.close();
  listener.close();
  assertEquals(await handshaking.readText().catch(() => ""), "");
  assertEquals(await listener.accept(), null);
  assertEquals(await Array.fromAsync(listener), []);

  await send(client, "still here");
  assertEquals(await receive(channel), "still here");
  await Promise.all([client.close(), channel.close()]);
  await Promise.all([seen.close(), accepted!.close()]);
});

Deno.test("a listener reads text and binary as one stream and answers pings (websocket/byte-stream, websocket/text, websocket/ping)", async () => {
  await using listener = listenWebSocket();
  const [client, channel] = await Promise.all([
    RawClient.open(listener),
    accept(listener),
  ]);
  using _ = client;
  await client.send(Uint8Array.from([
    ...frame(0x81, ...new TextEncoder().encode("é")),
    ...frame(0x01, 0xc3),
    ...frame(0x89, 7, 8),
    ...frame(0x80, 0xa9),
    ...frame(0x82),
    ...frame(0x02, 0x61),
    ...frame(0x00),
    ...frame(0x80, 0x62),
    ...frame(0x8a, 1),
    ...frame(0x88, 0x0f, 0xa2, 0x6f, 0x6b),
  ]));
  assertEquals(await readToEnd(channel), {
    text: "ééab",
    clean: true,
    code: 4002,
    reason: "ok",
    error: undefined,
  });
  assertEquals(await client.nextFrame(), {
    kind: "pong",
    bytes: Uint8Array.of(7, 8),
  });
  assertEquals(await client.nextFrame(), {
    kind: "close",
    code: 4002,
    reason: "",
  });
  assertEquals(await client.nextFrame(), undefined);
});

Deno.test("a client that breaks a rule receives the code, and no other client is affected (error/isolation)", async () => {
  const violations: [name: string, bytes: number[], code: number][] = [
    ["an unmasked frame", [0x82, 0x01, 0x00], 1002],
    ["a reserved bit", [0xc2, 0x80, 1, 2, 3, 4], 1002],
    ["an unknown opcode", [0x83, 0x80, 1, 2, 3, 4], 1002],
    ["a continuation of nothing", frame(0x80, 1), 1002],
    ["a ping in pieces", frame(0x09, 1), 1002],
    ["a long ping", [0x89, 0xfe, 0, 126, 1, 2, 3, 4], 1002],
    ["a close code that is none", frame(0x88, 0x03, 0xed), 1002],
    ["text that is not UTF-8", frame(0x81, 0xff), 1007],
    ["a length of 1 TiB", [0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0], 1009],
    [
      "a length of 2^63",
      [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0],
      1002,
    ],
  ];
  await using listener = listenWebSocket();
  const [bystander, channel] = await Promise.all([
    connectWebSocket(listener.address),
    accept(listener),
  ]);
  for (const [name, bytes, code] of violations) {
    const [client, broken] = await Promise.all([
      RawClient.open(listener),
      accept(listener),
    ]);
    using _ = client;
    await client.send(Uint8Array.from([...frame(0x82, 0x68, 0x69), ...bytes]));
    const [end, answer] = await Promise.all([
      readToEnd(broken),
      client.nextFrame(),
    ]);
    assertEquals([end.text, end.clean, end.code], ["hi", false, code], name);
    assert(end.error instanceof Error);
    assertEquals(answer?.kind === "close" && answer.code, code, name);
    assertEquals(await client.nextFrame(), undefined, name);
    await send(bystander, name);
    assertEquals(await receive(channel), name);
  }
  await Promise.all([bystander.close(), channel.close()]);
});

Deno.test("a message that is too large over all its frames closes with 1009 (websocket/too-big)", async () => {
  await using listener = listenWebSocket({ maxMessageBytes: 3 });
  const messages: [frames: number[][], text: string, code: number][] = [
    [[frame(0x82, 97, 98, 99), frame(0x88, 0x03, 0xe8)], "abc", 1000],
    [[frame(0x82, 97, 98, 99, 100)], "", 1009],
    [[frame(0x02, 97, 98), frame(0x80, 99, 100)], "ab", 1009],
  ];
  for (const [frames, text, code] of messages) {
    const [client, channel] = await Promise.all([
      RawClient.open(listener),
      accept(listener),
    ]);
    using _ = client;
    const reading = readToEnd(channel);
    await client.send(Uint8Array.from(frames.flat()));
    const end = await reading;
    assertEquals([end.text, end.code], [text, code]);
  }
});

Deno.test("a client that disconnects without a close breaks its channel", async () => {
  await using listener = listenWebSocket();
  const [client, channel] = await Promise.all([
    RawClient.open(listener),
    accept(listener),
  ]);
  client[Symbol.dispose]();
  const { clean, code, error } = await readToEnd(channel);
  assertEquals([clean, code], [false, 1006]);
  assert(error instanceof Error);
});

Deno.test("a client that ends inside its request is disconnected", async () => {
  await using listener = listenWebSocket();
  const accepted = listener.accept();
  using client = await RawClient.connect(listener);
  await client.send("GET / HTTP/1.1\r\n");
  await client.closeWrite();
  assertEquals(await client.readText().catch(() => ""), "");
  listener.close();
  assertEquals(await accepted, null);
});

Deno.test("bytes that arrive with the request are not lost", async () => {
  await using listener = listenWebSocket();
  using client = await RawClient.connect(listener);
  const accepting = accept(listener);
  const request = writeUpgradeRequest({ url: listener.address, key: newKey() });
  const frames = new Uint8Array(64);
  let at = writeFrame(
    frames,
    0,
    OPCODE.binary,
    new TextEncoder().encode("01"),
    0x01020304,
  );
  at = writeFrame(frames, at, OPCODE.close, closePayload(1000), 0x05060708);
  await client.send(
    Uint8Array.from([...request, ...frames.subarray(0, at)]),
  );
  const { text, clean } = await readToEnd(await accepting);
  assertEquals([text, clean], ["01", true]);
});

Deno.test("listenWebSocket rejects maxPendingHandshakes of less than 1", () => {
  for (const maxPendingHandshakes of [0, -1, NaN]) {
    assertThrows(
      () => listenWebSocket({ maxPendingHandshakes }),
      RangeError,
      `Cannot set maxPendingHandshakes: got ${maxPendingHandshakes}, wanted a number of at least 1`,
    );
  }
});

Deno.test("listenWebSocket rejects an invalid path and an incomplete certificate", () => {
  assertThrows(
    () => listenWebSocket({ path: "gotalk" }),
    TypeError,
    'path "gotalk", wanted one that begins with /',
  );
  assertThrows(
    () => listenWebSocket({ cert: "" }),
    TypeError,
    "key is missing",
  );
  assertThrows(
    () => listenWebSocket({ key: "" }),
    TypeError,
    "cert is missing",
  );
});

Deno.test("a listener answers at its path as URLs have it, and refuses one that no URL has", async () => {
  for (
    const [path, pathname] of [
      ["", "/"],
      ["/", "/"],
      ["/chät", "/ch%C3%A4t"],
      ["/a b", "/a%20b"],
      ["/a%20b", "/a%20b"],
      ["/..", "/"],
      ["/a/../b", "/b"],
      ["/a\\b", "/a/b"],
      ["//a//b", "//a//b"],
    ] as const
  ) {
    await using listener = listenWebSocket({ path });
    assertEquals(new URL(listener.address).pathname, pathname);
    const [a, b] = await Promise.all([
      connectWebSocket(listener.address),
      accept(listener),
    ]);
    assertEquals(new URL(b.info.request!.url).pathname, pathname);
    await Promise.all([a.close(), b.close()]);
  }
  for (const path of ["a", "/x?y", "/x?", "/x#y", "/x#", "?", "http://h/"]) {
    assertThrows(() => listenWebSocket({ path }), TypeError, "begins with /");
  }
});

/** Sends a handshake with these fields, and returns the client and the status. */
async function handshake(
  listener: Listener,
  fields: Readonly<Record<string, string>>,
): Promise<{ client: RawClient; status: string; answer: string }> {
  const client = await RawClient.connect(listener);
  const all = {
    ...fields,
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": newKey(),
  };
  const lines = Object.entries(all).map((field) => field.join(": "));
  await client.send(["GET /x HTTP/1.1", ...lines, "\r\n"].join("\r\n"));
  const answer = await client.readText((text) => text.endsWith(HEADERS_END));
  return { client, status: answer.slice(9, 12), answer };
}

Deno.test("a listener refuses a page that has its name resolve to this machine (websocket/origin-checked)", async () => {
  const page = { Host: "evil.example:1", Origin: "http://evil.example:1" };
  for (
    const [options, fields, status] of [
      [{}, page, "403"],
      [{ hosts: ["evil.example"] }, page, "101"],
      [{ hosts: ["a.example"] }, { Host: "evil.example" }, "403"],
      [{}, { Host: "a.example", Origin: "https://a.example" }, "101"],
      [{}, { Host: "a.example:443", Origin: "https://a.example" }, "101"],
    ] as const
  ) {
    await using listener = listenWebSocket(options);
    const accepting = listener.accept();
    const { client, status: seen } = await handshake(listener, fields);
    using _ = client;
    assertEquals(seen, status, JSON.stringify(fields));
    listener.close();
    (await accepting)?.abort();
  }
});

Deno.test("a listener knows clients behind a trusted proxy", async () => {
  await using listener = listenWebSocket({ trustedProxies: ["127.0.0.1"] });
  const accepting = accept(listener);
  const { client } = await handshake(listener, {
    "Host": "127.0.0.1",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "a.example",
    "Origin": "https://a.example",
  });
  using _ = client;
  const channel = await accepting;
  const { remote, secure, request } = channel.info;
  assertEquals([remote, secure], ["tcp://192.0.2.1", true]);
  assertEquals(request?.url, "https://a.example/x");
  channel.abort();
  assertThrows(
    () => listenWebSocket({ trustedProxies: ["10.0.0.0/33"] }),
    TypeError,
    'Cannot set trustedProxies[0]: got "10.0.0.0/33", wanted an IP address',
  );
});
