import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { connect } from "./connect.ts";
import {
  Handlers,
  isOperationError,
  isProtocolError,
  isRetryError,
  type Login,
  OperationError,
  type Peer,
} from "./mod.ts";
import { text } from "./codec/mod.ts";
import { acceptUpgrade } from "./transport/websocket/upgrade.ts";
import type { RefusalObserver } from "./serve.ts";
import { watch } from "./peer/testing/scripted_peer.ts";
import { settled, VirtualClock } from "./peer/testing/virtual_clock.ts";
import {
  upgradeHandler,
  type UpgradeHandlerOptions,
} from "./upgrade_handler.ts";

const handlers = new Handlers()
  .handle("who", (_: unknown, { auth }) => auth)
  .handle("hold", async (_: unknown, { peer }) => {
    await peer.notify("held");
    await new Promise(() => {});
  });

const LOGIN: Login = {
  operation: "login",
  authenticate: (name: string, { auth }) => {
    if (name === "eve") throw new OperationError("no eves");
    return `${name}, ${auth}`;
  },
};

type Refusal = Parameters<RefusalObserver>;

/** A request to open a WebSocket. */
function handshake(headers: Record<string, string> = {}): Request {
  return new Request("http://localhost/", {
    headers: {
      "connection": "Upgrade",
      "upgrade": "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    },
  });
}

/** An HTTP server with an upgrade handler. */
class HttpServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: UpgradeHandlerOptions = {}) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      upgradeHandler(handlers, options),
    );
    this.url = `ws://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Returns the status of a request that is not a WebSocket handshake. */
  async status(headers: Record<string, string> = {}): Promise<number> {
    const response = await fetch(this.url.replace("ws", "http"), { headers });
    await response.body?.cancel();
    return response.status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

Deno.test("upgradeHandler() serves WebSocket clients and answers other requests with status 426", async () => {
  await using server = new HttpServer();
  assertEquals(await server.status(), 426);
  await using peer = await connect(server.url);
  assertEquals(await peer.request("who"), undefined);
});

Deno.test("upgradeHandler() answers an invalid Host with status 400", async () => {
  await using server = new HttpServer();
  for (const host of ["fe80::1", "[fe80::1%25eth0]:80", "a b", "h:99999"]) {
    const status = await handshakeStatus(server, { "Host": host });
    assertEquals(status, "HTTP/1.1 400", host);
  }
});

Deno.test("upgradeHandler() serves pages behind a Unix socket", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/s`;
  const server = Deno.serve({ path, onListen() {} }, upgradeHandler(handlers));
  try {
    for (
      const [origin, start] of [
        ["http://a.example", "HTTP/1.1 101"],
        ["https://a.example", "HTTP/1.1 101"],
        ["http://b.example", "HTTP/1.1 403"],
      ] as const
    ) {
      using conn = await Deno.connect({ transport: "unix", path });
      await conn.write(new TextEncoder().encode(
        `GET / HTTP/1.1\r\nHost: A.example\r\nOrigin: ${origin}\r\n` +
          "Connection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Version: 13\r\n" +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      ));
      const buffer = new Uint8Array(12);
      await conn.read(buffer);
      assertEquals(new TextDecoder().decode(buffer), start, origin);
    }
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("upgradeHandler() authenticates a peer by its request", async () => {
  const seen: unknown[] = [];
  await using server = new HttpServer({
    authenticate: ({ url }) => Promise.resolve(new URL(url).pathname),
    onPeer: ({ auth }) => void seen.push(auth),
  });
  await using peer = await connect(`${server.url}/rasmus`);
  assertEquals(await peer.request("who"), "/rasmus");
  assertEquals(seen, ["/rasmus"]);
});

Deno.test("upgradeHandler() opens no WebSocket for a request that authenticate refuses", async (t) => {
  const refusals: Record<
    string,
    readonly [() => unknown, number, reason: RegExp]
  > = {
    "with a response": [
      () => new Response("Who?", { status: 401 }),
      401,
      /responded with status 401/,
    ],
    "by throwing": [
      () => {
        throw new Error("no such user");
      },
      403,
      /^no such user$/,
    ],
    "by rejecting": [
      () => Promise.reject(new Error("no such user")),
      403,
      /^no such user$/,
    ],
    "with undefined": [() => undefined, 403, /returned undefined/],
    "with null": [() => Promise.resolve(null), 403, /returned null/],
    "with false": [() => false, 403, /returned false/],
  };
  for (
    const [how, [authenticate, status, reason]] of Object.entries(refusals)
  ) {
    await t.step(how, async () => {
      const peers: Peer[] = [];
      const refusals: Refusal[] = [];
      await using server = new HttpServer({
        authenticate,
        onPeer: (peer) => void peers.push(peer),
        onRefused: (...refusal) => void refusals.push(refusal),
      });
      assertEquals(
        await handshakeStatus(server, { "Host": "a.example" }),
        `HTTP/1.1 ${status}`,
      );
      await assertRejects(() => connect(server.url));
      assertEquals(peers, []);
      assertEquals(refusals.length, 2);
      const [error, info] = refusals[0]!;
      assertMatch((error as Error).message, reason);
      assertMatch(info!.remote!, /^tcp:\/\/127\.0\.0\.1:\d+$/);
      assertEquals(info!.request!.headers.get("host"), "a.example");
    });
  }
});

Deno.test("upgradeHandler() answers status 503 when authenticate decides nothing within handshakeTimeout", async (t) => {
  const late: Record<
    string,
    (decision: PromiseWithResolvers<unknown>) => void
  > = {
    "never": () => {},
    "accepts later": ({ resolve }) => resolve("rasmus"),
    "refuses later": ({ reject }) => reject(new Error("too late")),
  };
  for (const [name, decide] of Object.entries(late)) {
    await t.step(name, async () => {
      const clock = new VirtualClock();
      const decision = Promise.withResolvers<unknown>();
      const handler = upgradeHandler(handlers, {
        clock,
        limits: { handshakeTimeout: 700 },
        authenticate: () => decision.promise,
        onPeer: () => {
          throw new Error("no peer was expected");
        },
      });
      const response = watch(handler(handshake()));
      await clock.advance(699);
      assertEquals(response.state, "pending");
      await clock.advance(1);
      assertEquals(
        response.value instanceof Response && response.value.status,
        503,
      );
      decide(decision);
      await settled();
      assertEquals(clock.timers, 0);
    });
  }
});

Deno.test("upgradeHandler() leaves no timer when authenticate decides within handshakeTimeout", async () => {
  const clock = new VirtualClock();
  const handler = upgradeHandler(handlers, {
    clock,
    authenticate: () => Promise.resolve(new Response("Who?", { status: 401 })),
  });
  const { status } = await handler(handshake());
  assertEquals([status, clock.timers], [401, 0]);
});

Deno.test("upgradeHandler() asks authenticate only about requests that it would accept, and reports the others", async (t) => {
  const refused: [name: string, request: Request, status: number][] = [
    ["no handshake", new Request("http://localhost/"), 426],
    ["a POST", new Request("http://localhost/", { method: "POST" }), 405],
    ["no key", handshake({ "sec-websocket-key": "" }), 400],
    ["a foreign origin", handshake({ "origin": "http://evil.example" }), 403],
  ];
  const decisions: [name: string, decide: () => unknown, reason: RegExp][] = [
    ["throws", () => {
      throw new Error("the secret is 42");
    }, /^the secret is 42$/],
    ["returns a promise", () => Promise.resolve(true), /returned a promise/],
  ];
  const cases = [
    ...refused.map(([name, request, status]) =>
      [name, {}, request, status, new RegExp(`status ${status}, `)] as const
    ),
    ...decisions.map(([name, decide, reason]) =>
      [
        `a function for origins that ${name}`,
        { origins: decide as () => boolean },
        handshake({ "origin": "http://localhost" }),
        500,
        reason,
      ] as const
    ),
  ];
  for (const [name, options, request, status, reason] of cases) {
    await t.step(name, async () => {
      const refusals: Refusal[] = [];
      const handler = upgradeHandler(handlers, {
        ...options,
        authenticate: () => {
          throw new Error("authenticate was called");
        },
        onRefused: (...refusal) => void refusals.push(refusal),
      });
      const response = await handler(request);
      assertEquals(response.status, status);
      assertEquals((await response.text()).includes("secret"), false);
      const [error, info] = refusals[0]!;
      assertMatch((error as Error).message, reason);
      assertEquals([refusals.length, info?.request?.url], [1, request.url]);
    });
  }
});

Deno.test("upgradeHandler() refuses connections beyond maxConnections with status 503", async () => {
  const decision = Promise.withResolvers<unknown>();
  const refusals: Refusal[] = [];
  let attempts = 0;
  await using server = new HttpServer({
    maxConnections: 1,
    authenticate: () => ++attempts === 1 ? decision.promise : "anybody",
    onRefused: (...refusal) => void refusals.push(refusal),
  });
  // One that is being authenticated counts, and so does one that is open.
  const connecting = connect(server.url);
  while (attempts === 0) await settled();
  await assertRejects(() => connect(server.url), Error, "503");
  decision.resolve("rasmus");
  const first = await connecting;
  assertEquals(await first.request("who"), "rasmus");
  await assertRejects(() => connect(server.url), Error, "503");
  assertEquals(
    refusals.map(([error]) => (error as Error).message),
    Array(2).fill(
      "Cannot accept a connection: there are 1 connections, wanted at most 1",
    ),
  );
  await first.close();
  // The server notices a moment later.
  let next: Peer | undefined;
  while (next === undefined) {
    next = await connect(server.url).catch(() => undefined);
  }
  assertEquals(await next.request("who"), "anybody");
  await next.close();
});

Deno.test("upgradeHandler() reports what onPeer throws, and a login that fails", async () => {
  const refusals: Refusal[] = [];
  const onRefused = (...refusal: Refusal) => void refusals.push(refusal);
  await using first = new HttpServer({
    onRefused,
    onPeer: () => {
      throw new Error("no room");
    },
  });
  await assertRejects(() => connect(first.url));
  await using second = new HttpServer({ onRefused, login: LOGIN });
  const peer = await connect(second.url);
  await assertRejects(() => peer.request("login", "eve"));
  await peer.closed;
  assertEquals(
    refusals.map(([error]) => (error as Error).message),
    ["no room", "no eves"],
  );
  assertMatch(refusals[1]![1]!.remote!, /^tcp:/);
});

Deno.test("upgradeHandler() aborts a peer for which onPeer throws", async () => {
  await using server = new HttpServer({
    onPeer: () => {
      throw new Error("no room");
    },
  });
  await assertRejects(() => connect(server.url));
});

Deno.test("upgradeHandler() calls onPeer once a peer has logged in", async () => {
  const seen: unknown[] = [];
  await using server = new HttpServer({
    login: LOGIN,
    authenticate: () => "by address",
    onPeer: ({ auth }) => void seen.push(auth),
  });
  await using peer = await connect(server.url);
  await assertRejects(() => peer.request("who"), Error, "not authenticated");
  assertEquals(seen, []);
  const answers = await Promise.all([
    peer.request("login", "ali"),
    peer.request("who"),
  ]);
  assertEquals(answers, [undefined, "ali, by address"]);
  assertEquals(seen, ["ali, by address"]);
});

Deno.test("upgradeHandler() answers a login that fails with its error and ends the connection", async () => {
  const seen: unknown[] = [];
  await using server = new HttpServer({
    login: LOGIN,
    onPeer: ({ auth }) => void seen.push(auth),
  });
  const peer = await connect(server.url);
  const error = await assertRejects(() => peer.request("login", "eve"));
  assertEquals(
    isOperationError(error) && text.decode(error.payload),
    "no eves",
  );
  const { error: reason } = await peer.closed;
  assertEquals(
    isProtocolError(reason) && [reason.code, reason.side],
    [0, "remote"],
  );
  assertEquals(seen, []);
});

Deno.test("upgradeHandler() ends a connection without a login with code 3 after loginTimeout (limits/login)", async () => {
  await using server = new HttpServer({
    login: LOGIN,
    limits: { loginTimeout: 1 },
  });
  const peer = await connect(server.url).catch((error) => error);
  const error = peer instanceof Error ? peer : (await peer.closed).error;
  assertEquals(
    isProtocolError(error) && [error.code, error.side],
    [3, "remote"],
  );
});

/** Sends a handshake with header fields, and returns the status line. */
async function handshakeStatus(
  server: HttpServer,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const { hostname, port } = new URL(server.url);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const lines = Object.entries(fields).map((field) => field.join(": "));
  await conn.write(new TextEncoder().encode([
    "GET /x HTTP/1.1",
    ...lines,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ].join("\r\n")));
  const buffer = new Uint8Array(12);
  const length = await conn.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
}

Deno.test("upgradeHandler() refuses a page that has its name resolve to this machine (websocket/origin-checked)", async () => {
  const page = {
    "Host": "evil.example:8000",
    "Origin": "http://evil.example:8000",
  };
  for (
    const [options, fields, status] of [
      [{}, page, "403"],
      [{}, { ...page, "X-Forwarded-For": "192.0.2.1" }, "101"],
      [{ hosts: ["evil.example"] }, page, "101"],
      [{ hosts: ["a.example"] }, { Host: "evil.example" }, "403"],
    ] as const
  ) {
    await using server = new HttpServer(options);
    const line = await handshakeStatus(server, fields);
    assertEquals(line, `HTTP/1.1 ${status}`);
  }
});

Deno.test("upgradeHandler() knows clients behind a trusted proxy", async () => {
  const { promise: accepted, resolve } = Promise.withResolvers<Peer>();
  const urls: string[] = [];
  await using server = new HttpServer({
    trustedProxies: ["127.0.0.0/8"],
    authenticate: ({ url }) => urls.push(url),
    onPeer: resolve,
  });
  const status = await handshakeStatus(server, {
    "Host": "127.0.0.1:8000",
    "Origin": "https://a.example",
    "X-Forwarded-For": "6.6.6.6, 192.0.2.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "a.example",
  });
  assertEquals(status, "HTTP/1.1 101");
  const { info, closed } = await accepted;
  assertEquals([info.remote, info.secure], ["tcp://192.0.2.1", true]);
  assertEquals(
    [...urls, info.request?.url],
    Array(2).fill("https://a.example/x"),
  );
  await closed;
});

Deno.test("the drain of an upgrade handler refuses a time that is none, and drains nothing", async () => {
  await using handler = upgradeHandler(handlers);
  for (const timeout of [NaN, null, "5"] as unknown as number[]) {
    await assertRejects(
      () => handler.drain({ timeout }),
      TypeError,
      "Cannot set timeout",
    );
  }
  // It answers 426, not 503.
  assertEquals((await handler(new Request("http://localhost"))).status, 426);
});

Deno.test("upgradeHandler() and acceptUpgrade() refuse options that no request can match", () => {
  const request = new Request("http://a.example");
  for (
    const [name, value] of [
      ["trustedProxies", ["localhost"]],
      ["proxyHeaders", "x-real-ip"],
      ["hosts", "a.example"],
      ["origins", "https://a.example"],
      ["protocols", "a"],
    ] as const
  ) {
    const options = { [name]: value };
    for (
      const call of [
        () => void upgradeHandler(new Handlers(), options),
        () => void acceptUpgrade(request, options),
      ]
    ) {
      assertThrows(call, TypeError, `Cannot set ${name}`);
    }
  }
});

Deno.test("maxTotalHeldBytes: the connections of an upgrade handler share its budget", async () => {
  const served: Promise<unknown>[] = [];
  await using http = new HttpServer({
    maxTotalHeldBytes: 100_000,
    onPeer: ({ closed }) => void served.push(closed),
  });
  const started = Promise.withResolvers<unknown>();
  await using one = await connect(http.url, {
    handlers: new Handlers().onNotification("held", started.resolve),
  });
  await using two = await connect(http.url);
  const held = watch(one.request("hold", "x".repeat(80_000)));
  await started.promise;
  const refused = await two.request("who", "x".repeat(50_000), {
    retry: false,
  }).catch((error) => error);
  assert(isRetryError(refused), String(refused));
  one.abort();
  await one.closed;
  assertEquals(held.state, "rejected");
  await two.close();
  // Reading from the first one pauses, and looks from time to time.
  await Promise.all(served);
});

Deno.test("upgradeHandler() throws for options that make no sense, before the first request", () => {
  const senseless: [UpgradeHandlerOptions, string][] = [
    [{ limits: { handshakeTimeout: NaN } }, "handshakeTimeout"],
    [{ limits: { heartbeatInterval: 0 } }, "heartbeatInterval"],
    [{ retry: { maxWait: -1 } }, "maxWait"],
    [{ maxConnections: NaN }, "maxConnections"],
    [{ maxTotalHeldBytes: 0 }, "maxTotalHeldBytes"],
    [{ maxMessageBytes: 0 }, "maxMessageBytes"],
    [{ maxReceiveBufferBytes: NaN }, "maxReceiveBufferBytes"],
    [{ idleTimeout: -1 }, "idleTimeout"],
  ];
  for (const [options, name] of senseless) {
    assertThrows(
      () => upgradeHandler(handlers, options),
      RangeError,
      `Cannot set ${name}`,
    );
  }
});
