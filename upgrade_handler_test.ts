import { assert, assertEquals, assertRejects } from "@std/assert";
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
  const refusals: Record<string, readonly [() => unknown, number]> = {
    "with a response": [() => new Response("Who?", { status: 401 }), 401],
    "by throwing": [() => {
      throw new Error("no such user");
    }, 403],
    "by rejecting": [() => Promise.reject(new Error("no such user")), 403],
    "with undefined": [() => undefined, 403],
    "with null": [() => Promise.resolve(null), 403],
    "with false": [() => false, 403],
  };
  for (const [how, [authenticate, status]] of Object.entries(refusals)) {
    await t.step(how, async () => {
      const peers: Peer[] = [];
      await using server = new HttpServer({
        authenticate,
        onPeer: (peer) => void peers.push(peer),
      });
      assertEquals(await server.status(), status);
      await assertRejects(() => connect(server.url));
      assertEquals(peers, []);
    });
  }
});

Deno.test("upgradeHandler() answers status 403 when authenticate decides nothing within handshakeTimeout", async (t) => {
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
      const response = watch(handler(new Request("http://localhost/")));
      await clock.advance(699);
      assertEquals(response.state, "pending");
      await clock.advance(1);
      assertEquals(response.value?.status, 403);
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
    authenticate: () => Promise.resolve("rasmus"),
  });
  const { status } = await handler(new Request("http://localhost/"));
  assertEquals([status, clock.timers], [426, 0]);
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

Deno.test("maxTotalHeldBytes: the connections of an upgrade handler share its budget", async () => {
  await using http = new HttpServer({ maxTotalHeldBytes: 100_000 });
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
});
