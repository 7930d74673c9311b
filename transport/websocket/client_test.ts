import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { testChannel } from "../testing/channel_suite.ts";
import { FakeSocket } from "../testing/fake_socket.ts";
import { UpgradeResponseError } from "./upgrade_response_error.ts";
import { connectWithOwnFraming } from "./_own_client.ts";
import { connectStandardSocket } from "./_standard_client.ts";
import type { ChannelClock } from "../clock.ts";
import type { Channel, CloseOptions } from "../channel.ts";
import { connectWebSocket, type ConnectWebSocketOptions } from "./client.ts";
import { listenWebSocket } from "./listener.ts";
import { WriteUnits } from "../write_units.ts";

const cert = await readTestdata("localhost.crt");
const key = await readTestdata("localhost.key");

function readTestdata(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`../testing/${name}`, import.meta.url));
}

async function open(
  options: ConnectWebSocketOptions = {},
  secure = false,
  clock?: ChannelClock,
): Promise<{ a: Channel; b: Channel }> {
  await using listener = listenWebSocket(secure ? { cert, key } : {});
  const url = listener.address;
  const [a, b] = await Promise.all([
    clock === undefined
      ? connectWebSocket(url, options)
      : connectWithOwnFraming(new URL(url), options, clock),
    listener.accept(),
  ]);
  return { a, b: b! };
}

testChannel(
  "websocket channel",
  "websocket",
  (clock) => open({}, false, clock),
);

testChannel(
  "websocket channel over TLS",
  "websocket",
  (clock) => open({ caCerts: [cert] }, true, clock),
);

Deno.test("a websocket channel over TLS is secure and has a wss: address", async () => {
  const { a, b } = await open({ caCerts: [cert], origin: "same" }, true);
  assert(a.info.secure && b.info.secure);
  assertEquals(new URL(a.info.remote!).protocol, "wss:");
  assertEquals(new URL(b.info.request!.url).protocol, "https:");
  assertEquals(
    b.info.request!.headers.get("origin"),
    new URL(b.info.request!.url).origin,
  );
  await Promise.all([a.close(), b.close()]);
});

Deno.test("a websocket channel closes with 4000 plus the code of the ProtocolError (websocket/close-code)", async () => {
  const closes: [CloseOptions | undefined, code: number, reason: string][] = [
    [undefined, 1000, ""],
    [{}, 1000, ""],
    [{ code: 0 }, 4000, ""],
    [{ code: 2, reason: "bad message" }, 4002, "bad message"],
    [{ code: 999 }, 4999, ""],
    [{ code: 1000 }, 4000, ""],
    [{ code: 0xffff_ffff }, 4000, ""],
    [{ code: 3, reason: "é".repeat(100) }, 4003, "é".repeat(61)],
  ];
  for (const [options, code, reason] of closes) {
    for (const closing of ["a", "b"] as const) {
      const pair = await open();
      const closer = pair[closing];
      const other = pair[closing === "a" ? "b" : "a"];
      const closed = closer.close(options);
      assertStrictEquals(await other.read(), null);
      assertEquals(await other.closed, {
        clean: true,
        code,
        reason,
        error: undefined,
      });
      await closed;
      const end = await closer.closed;
      assertEquals([end.clean, end.code], [true, code]);
      await other.close();
    }
  }
});

Deno.test("a websocket channel that the remote side has closed rejects writes (websocket/close-frame)", async () => {
  const { a, b } = await open();
  const closed = b.close();
  assertStrictEquals(await a.read(), null);
  await closed;
  const units = new WriteUnits();
  units.add(Uint8Array.of(1));
  await assertRejects(() => a.write(units), Error, "Cannot write");
  await a.closed;
});

Deno.test("connectWebSocket accepts an http: URL", async () => {
  await using listener = listenWebSocket();
  const url = `${listener.address.replace("ws:", "http:")}/a?b=c#d`;
  const [a, b] = await Promise.all([connectWebSocket(url), listener.accept()]);
  assertEquals(a.info.remote, `${listener.address}/a`);
  assertEquals(b!.info.request!.url, url.replace("#d", ""));
  await Promise.all([a.close(), b!.close()]);
});

Deno.test("connectWebSocket uses TLS for an https: URL", async () => {
  await using listener = listenWebSocket({ cert, key });
  const url = listener.address.replace("wss:", "https:");
  const [a, b] = await Promise.all([
    connectWebSocket(url, { caCerts: [cert] }),
    listener.accept(),
  ]);
  assertEquals(a.info.secure, true);
  await Promise.all([a.close(), b!.close()]);
});

Deno.test("connectWebSocket uses the standard socket where the runtime has no others", async () => {
  await using listener = listenWebSocket();
  const { connect } = Deno;
  Object.assign(Deno, { connect: undefined });
  try {
    const [a, b] = await Promise.all([
      connectWebSocket(listener.address),
      listener.accept(),
    ]);
    // A standard socket does not know its local address.
    assertEquals(a.info.local, undefined);
    await Promise.all([a.close(), b!.close()]);
  } finally {
    Object.assign(Deno, { connect });
  }
});

Deno.test("connectWebSocket rejects invalid input", async () => {
  const invalid: [url: string, ConnectWebSocketOptions, text: string][] = [
    ["tcp://127.0.0.1:1", {}, "wanted a URL with ws:"],
    ["ws://user:secret@127.0.0.1:1", {}, "user name or a password"],
    ["ws://127.0.0.1:1", { protocols: ["a", "a"] }, "tokens that differ"],
    ["ws://127.0.0.1:1", { headers: { upgrade: "h2c" } }, "header upgrade"],
  ];
  for (const [url, options, text] of invalid) {
    await assertRejects(() => connectWebSocket(url, options), TypeError, text);
  }
});

/** What both ways of opening have to do. */
const OPENERS = {
  "connectWebSocket": (url: string, options: ConnectWebSocketOptions) =>
    connectWebSocket(url, options),
  "connectWebSocket without Deno sockets": (
    url: string,
    options: ConnectWebSocketOptions,
  ) => connectStandardSocket(new URL(url), options),
};

for (const [name, connect] of Object.entries(OPENERS)) {
  Deno.test(`${name} negotiates a subprotocol`, async () => {
    await using listener = listenWebSocket({ protocols: ["b"] });
    const [a, b] = await Promise.all([
      connect(listener.address, { protocols: ["a", "b"] }),
      listener.accept(),
    ]);
    const units = new WriteUnits();
    units.add(Uint8Array.of(1, 2));
    await a.write(units);
    assertEquals(await b!.read(), Uint8Array.of(1, 2));
    await Promise.all([a.close(), b!.close()]);
  });

  Deno.test(`${name} rejects if the server refuses`, async () => {
    await using listener = listenWebSocket({ path: "/here" });
    const accepted = listener.accept();
    const url = listener.address.replace("here", "there");
    await assertRejects(
      () => connect(url, {}),
      Error,
      `Cannot connect to ${url}: `,
    );
    listener.close();
    await accepted;
  });

  Deno.test(`${name} rejects if nobody listens`, async () => {
    const listener = listenWebSocket();
    listener.close();
    await assertRejects(
      () => connect(listener.address, {}),
      Error,
      "Cannot connect to",
    );
  });

  Deno.test(`${name} rejects after its connectTimeout`, async () => {
    await using listener = listenWebSocket({
      onRequest: () => new Promise(() => {}),
    });
    const accepted = listener.accept();
    await assertRejects(
      () => connect(listener.address, { connectTimeout: 100 }),
      Error,
      "not connected within",
    );
    listener.close();
    await accepted;
  });

  Deno.test(`${name} rejects with the reason of its signal`, async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    await using listener = listenWebSocket({
      onRequest: () => {
        resolve();
        return new Promise(() => {});
      },
    });
    const accepted = listener.accept();
    const controller = new AbortController();
    const reason = new Error("given up by the test");
    const { signal } = controller;
    const connecting = assertRejects(() =>
      connect(listener.address, { signal })
    );
    await asked;
    controller.abort(reason);
    assertStrictEquals(await connecting, reason);
    assertStrictEquals(
      await assertRejects(() => connect(listener.address, { signal })),
      reason,
    );
    listener.close();
    await accepted;
  });
}

Deno.test("connectWebSocket reports the status of a refusal", async () => {
  await using listener = listenWebSocket({
    onRequest: () => new Response("not you", { status: 403 }),
  });
  const accepted = listener.accept();
  const { cause } = await assertRejects(
    () => connectWebSocket(listener.address),
    Error,
    'the server responded with 403 "", wanted 101',
  ) as Error;
  assertEquals(cause instanceof UpgradeResponseError && cause.status, 403);
  listener.close();
  await accepted;
});

Deno.test("connectWebSocket without Deno sockets rejects options that have no effect", async () => {
  const url = new URL("ws://127.0.0.1:1");
  for (
    const options of [{ origin: "same" }, { headers: {} }, { caCerts: [] }]
  ) {
    await assertRejects(
      () => connectStandardSocket(url, options),
      TypeError,
      "this runtime's WebSocket does not support them",
    );
  }
});

Deno.test("units become a message each, or one together (websocket/units)", async () => {
  for (
    const [units, expected] of [
      ["separate", [2, 13, 70_000, 1]],
      ["merged", [70_016]],
      [undefined, [2, 13, 70_000, 1]],
    ] as const
  ) {
    const lengths: number[] = [];
    const { promise: done, resolve } = Promise.withResolvers<void>();
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => lengths.push(data.byteLength);
        socket.onclose = () => resolve();
        return response;
      },
    );
    const channel = await connectWebSocket(
      `ws://127.0.0.1:${server.addr.port}`,
      { units },
    );
    const batch = new WriteUnits();
    for (const size of [2, 13, 0, 70_000, 1]) batch.add(new Uint8Array(size));
    await channel.write(batch);
    await channel.close();
    await done;
    assertEquals(lengths, expected);
  }
});

Deno.test("connectWebSocket rejects if the server ends the connection within its response", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (const sent of ["", "HTTP/1.1 101 Switching Protocols\r\nUpgr"]) {
    const serving = listener.accept().then(async (conn) => {
      await conn.read(new Uint8Array(4096));
      await conn.write(new TextEncoder().encode(sent));
      conn.close();
    });
    await assertRejects(
      () => connectWebSocket(`ws://127.0.0.1:${listener.addr.port}`),
      Error,
      "ended",
    );
    await serving;
  }
});

for (const [scheme, port] of [["ws", 80], ["wss", 443]] as const) {
  Deno.test({
    name: `connectWebSocket uses port ${port} for ${scheme}: without a port`,
    permissions: { net: [`127.0.0.1:${port}`] },
    async fn() {
      // Nobody listens there, or something that is no WebSocket server of ours.
      const { cause } = await assertRejects(
        () =>
          connectWebSocket(`${scheme}://127.0.0.1/none`, {
            connectTimeout: 1_000,
          }),
        Error,
      ) as Error;
      assert(!(cause instanceof Deno.errors.NotCapable), String(cause));
    },
  });
}

Deno.test("the standard socket rejects without details where the runtime gives none", async () => {
  const { WebSocket } = globalThis;
  try {
    for (const kind of ["error", "close"]) {
      globalThis.WebSocket = class extends FakeSocket {
        constructor() {
          super();
          queueMicrotask(() => {
            if (kind === "error") {
              (this.onerror as unknown as (event: Event) => void)(
                new Event("error"),
              );
            } else {
              (this.onclose as unknown as (event: CloseEvent) => void)(
                new CloseEvent("close", { code: 1005 }),
              );
            }
          });
        }
      } as never;
      const { cause } = await assertRejects(
        () => connectStandardSocket(new URL("ws://127.0.0.1:1"), {}),
        Error,
        "Cannot connect to ws://127.0.0.1:1/: the WebSocket did not open",
      ) as Error;
      assertEquals(
        (cause as Error).message,
        kind === "error"
          ? "the WebSocket did not open"
          : "the WebSocket did not open: the remote side closed it without a code and with no reason",
      );
    }
  } finally {
    globalThis.WebSocket = WebSocket;
  }
});
