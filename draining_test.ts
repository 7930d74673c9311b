import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, reconnect } from "./connect.ts";
import {
  Handlers,
  isConnectionClosedError,
  isProtocolError,
  isRetryError,
  type Peer,
} from "./mod.ts";
import { watch, type Watched } from "./peer/testing/scripted_peer.ts";
import { settled, VirtualClock } from "./peer/testing/virtual_clock.ts";
import { serve, type ServeOptions } from "./serve.ts";
import {
  type UpgradeHandler,
  upgradeHandler,
  type UpgradeHandlerOptions,
} from "./upgrade_handler.ts";

/** A call that a test ends, and handlers for it. */
class Work {
  readonly #begun = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<string>();
  readonly handlers = new Handlers()
    .handle("work", async (_: unknown, { peer }) => {
      this.#begun.resolve();
      await this.#end.promise;
      return await peer.request("confirm");
    })
    .handle("greet", (name: string) => `Hello ${name}`);

  /** Resolves when the call is running. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  end(): void {
    this.#end.resolve("done");
  }
}

/** Returns why a call failed that was not sent. */
async function causeOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(() => undefined, (error) => error);
  if (!isConnectionClosedError(error)) throw error;
  assertEquals(error.outcome, "not-sent");
  return error.cause;
}

/** The handlers of clients. */
const clientHandlers = new Handlers().handle("confirm", () => "done");

/** An HTTP server with an upgrade handler. */
class HttpServer implements AsyncDisposable {
  readonly url: string;
  readonly handler: UpgradeHandler;
  readonly refusals: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(handlers: Handlers, options: UpgradeHandlerOptions = {}) {
    this.handler = upgradeHandler(handlers, {
      onRefused: (error) => this.refusals.push((error as Error).message),
      ...options,
    });
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      this.handler,
    );
    this.url = `ws://127.0.0.1:${this.#server.addr.port}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

/** A handshake, without a connection. */
function handshake(): Request {
  return new Request("http://localhost/", {
    headers: {
      "connection": "Upgrade",
      "upgrade": "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
  });
}

const SERVERS: Record<string, ServeOptions> = {
  tcp: { port: 0 },
  websocket: { port: 0, transport: "websocket" },
};

for (const [name, options] of Object.entries(SERVERS)) {
  Deno.test(`a server over ${name} that drains answers what runs and what arrives`, async () => {
    const work = new Work();
    await using server = await serve(options, work.handlers);
    await using peer = await connect(server.address, {
      handlers: clientHandlers,
      retry: false,
    });
    const running = peer.request("work");
    await work.begun;
    const drained = watch(server.drain());
    const refused = peer.request("greet", "Ali");
    assert(isRetryError(await refused.catch((error) => error)));
    work.end();
    assertEquals(await running, "done");
    // It leaves right after the last result.
    const late = peer.request("greet", "Ali");
    assertEquals(
      String(await causeOf(late)),
      'Error: the remote peer is draining: "shutting down"',
    );
    assertEquals(drained.state, "pending");
    assertEquals((await peer.closed).clean, true);
    await server.finished;
  });
}

Deno.test("upgradeHandler() that drains answers what runs and what arrives, and refuses connections", async () => {
  const work = new Work();
  await using server = new HttpServer(work.handlers);
  await using peer = await connect(server.url, {
    handlers: clientHandlers,
    retry: false,
  });
  assertEquals(server.handler.peers.size, 1);
  const running = peer.request("work");
  await work.begun;
  const drained = server.handler.drain();
  assert(
    isRetryError(await peer.request("greet", "Ali").catch((error) => error)),
  );
  await assertRejects(() => connect(server.url), Error, "503");
  assertEquals(server.refusals, [
    "Cannot accept a connection: the handler was closed",
  ]);
  work.end();
  assertEquals(await running, "done");
  await drained;
  assertEquals(server.handler.peers.size, 0);
  assertEquals((await peer.closed).clean, true);
});

for (const end of ["close", "dispose"] as const) {
  Deno.test(`upgradeHandler() ends its peers with ${end}, those that have not logged in too`, async () => {
    await using server = new HttpServer(new Handlers(), {
      login: { operation: "login", authenticate: (name) => name },
    });
    await using stranger = await connect(server.url);
    await using ali = await connect(server.url);
    await ali.request("login", "ali");
    assertEquals(
      Array.from(server.handler.peers, ({ auth }) => auth),
      ["ali"],
    );
    await (end === "close"
      ? server.handler.close()
      : server.handler[Symbol.asyncDispose]());
    for (const peer of [stranger, ali]) {
      assertEquals((await peer.closed).clean, true);
    }
    assertEquals(server.handler.peers.size, 0);
  });
}

Deno.test("upgradeHandler() that is closed refuses a connection that is being authenticated", async () => {
  const decision = Promise.withResolvers<string>();
  const handler = upgradeHandler(new Handlers(), {
    authenticate: () => decision.promise,
  });
  const response = handler(handshake());
  await handler.close();
  decision.resolve("ali");
  assertEquals((await response).status, 503);
});

Deno.test("upgradeHandler() that drains ends running calls at its timeout", async () => {
  const work = new Work();
  await using server = new HttpServer(work.handlers);
  await using peer = await connect(server.url);
  const running: Watched<unknown> = watch(peer.request("work"));
  await work.begun;
  await server.handler.drain({ timeout: 50 });
  await peer.closed;
  await settled();
  assertEquals(running.rejection(isConnectionClosedError).outcome, "unknown");
});

Deno.test("serve() closes its server when its signal aborts, and rejects if that was before", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const server = await serve({ signal }, new Work().handlers);
  await using peer = await connect(server.address);
  assertEquals(await peer.request("greet", "Ali"), "Hello Ali");
  controller.abort(new Error("enough"));
  await server.finished;
  assertEquals((await peer.closed).clean, true);
  await assertRejects(() => serve({ signal }), Error, "enough");

  const during = new AbortController();
  const listening = serve({ signal: during.signal });
  during.abort(new Error("too soon"));
  await assertRejects(() => listening, Error, "too soon");
});

Deno.test("serve() leaves no listener on its signal once its server was closed", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(...values: Parameters<typeof addEventListener>) {
      listeners++;
      addEventListener.apply(signal, values);
    },
    removeEventListener(...values: Parameters<typeof removeEventListener>) {
      listeners--;
      removeEventListener.apply(signal, values);
    },
  });
  const server = await serve({ signal });
  assertEquals(listeners, 1);
  await server.close();
  await settled();
  assertEquals(listeners, 0);
});

Deno.test("reconnect() ends at a server that refuses for good", async (t) => {
  for (const status of [401, 403, 404]) {
    await t.step(`status ${status}`, async () => {
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        () => new Response("no", { status }),
      );
      await using peer = reconnect(`ws://127.0.0.1:${server.addr.port}`);
      const { cause } = await causeOf(peer.request("greet")) as Error;
      assertEquals((cause as { status: number }).status, status);
      assertEquals(peer.state, "closed");
    });
  }
  await t.step("an HTTP server", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    // Some servers answer what is no HTTP at once, others when their time for a head of a request is over.
    const answered = listener.accept().then(async (conn) => {
      await conn.write(new TextEncoder().encode(
        "HTTP/1.1 400 Bad Request\r\n\r\n",
      ));
      return conn;
    });
    await using peer = reconnect(`tcp://127.0.0.1:${listener.addr.port}`);
    assert(isProtocolError(await causeOf(peer.request("greet"))));
    (await answered).close();
  });
  await t.step("a URL with an unknown scheme", () => {
    assertThrows(() => reconnect("gopher://127.0.0.1"), TypeError);
  });
});

Deno.test("upgradeHandler() reports a peer in its peers before onPeer", async () => {
  const seen: boolean[] = [];
  const server: HttpServer = new HttpServer(new Handlers(), {
    onPeer: (peer: Peer) => void seen.push(server.handler.peers.has(peer)),
    clock: new VirtualClock(),
  });
  await using _ = server;
  await using peer = await connect(server.url);
  await peer.opened;
  assertEquals(seen, [true]);
});

for (const name of ["tcp", "websocket", "upgradeHandler"] as const) {
  Deno.test(`draining waits for the notifications of clients that have left: ${name}`, async () => {
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let handled = false;
    const handlers = new Handlers().onNotification("work", async () => {
      begun.resolve();
      await gate.promise;
      handled = true;
    });
    await using http = new HttpServer(handlers);
    const server = name === "upgradeHandler"
      ? undefined
      : await serve(SERVERS[name]!, handlers);
    const peer = await connect(server?.address ?? http.url);
    await peer.notify("work");
    await begun.promise;
    await peer.close();
    const { peers } = server ?? http.handler;
    while (peers.size > 0) await settled();
    const drain = (server ?? http.handler).drain({ timeout: 60_000 });
    const drained = watch(drain);
    await settled();
    assertEquals([drained.state, handled], ["pending", false]);
    gate.resolve();
    await drain;
    assertEquals(handled, true);
  });
}
