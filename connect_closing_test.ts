import { assert, assertEquals, assertRejects } from "@std/assert";
import { quoteName } from "./codec/mod.ts";
import {
  connect,
  Handlers,
  OperationError,
  type PeerEvent,
  reconnect,
  serve,
} from "./mod.ts";
import type { ConnectionEvent } from "./peer/mod.ts";
import {
  UpgradeResponseError,
  WebSocketCloseError,
} from "./transport/websocket/client.ts";

/** What must not reach a terminal: controls, format characters, odd spaces. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** A terminal command, an 8-bit one, and a reversal of the writing direction. */
const EVIL = "\x1b[2J\x9b2J\u202eevil\u2028";

/** Fails if the message of the error or of a cause has an unprintable character. */
function assertPrintable(error: unknown): void {
  for (let each = error; each instanceof Error; each = each.cause) {
    const odd = UNPRINTABLE.exec(each.message.replaceAll(" ", ""));
    assertEquals(odd, null, Deno.inspect(error));
  }
}

/** Serves connections with a function, until they end; bytes are Latin-1 text. */
function rawServer(
  serve: (read: () => Promise<string>, write: Write) => Promise<void>,
): AsyncDisposable & { readonly url: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns = new Set<Deno.Conn>();
  const serveOne = async (conn: Deno.Conn) => {
    const buffer = new Uint8Array(4096);
    const read = async () =>
      latin1.decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
    await serve(read, async (bytes) => {
      const data = typeof bytes === "string"
        ? Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))
        : bytes;
      for (let at = 0; at < data.length;) {
        at += await conn.write(data.subarray(at));
      }
    });
    while (await conn.read(buffer) !== null);
  };
  const running = (async () => {
    for await (const conn of listener) {
      conns.add(conn);
      serveOne(conn).catch(() => {});
    }
  })();
  return {
    url: `ws://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of conns) conn.close();
      await running;
    },
  };
}

type Write = (bytes: string | Uint8Array) => Promise<void>;

const latin1 = new TextDecoder("latin1");

/** Reads a request to upgrade; returns the answer that accepts it. */
async function accepted(read: () => Promise<string>): Promise<string> {
  let head = "";
  while (!head.includes("\r\n\r\n")) head += await read();
  const key = /Sec-WebSocket-Key: (.*)\r/.exec(head)![1]!;
  const digest = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
  );
  const accept = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** A frame that is no longer than 125 bytes, as a string of bytes. */
function frame(opcode: number, bytes: Uint8Array): string {
  return String.fromCharCode(0x80 | opcode, bytes.length, ...bytes);
}

function closeFrame(code: number | undefined, reason: string): string {
  if (code === undefined) return frame(8, new Uint8Array());
  const text = new TextEncoder().encode(reason);
  return frame(8, Uint8Array.of(code >> 8, code & 0xff, ...text));
}

/** The close that an error is about: itself or its cause. */
function closeOf(error: unknown): { code: number; reason: string } | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof WebSocketCloseError) {
      return { code: each.closeCode, reason: each.reason };
    }
  }
  return undefined;
}

/** The refusal that is the cause of an error. */
function refusalOf({ cause }: Error): UpgradeResponseError {
  if (cause instanceof UpgradeResponseError) return cause;
  throw new Error("The cause is no UpgradeResponseError", { cause });
}

const CLOSES: readonly [code: number | undefined, reason: string][] = [
  [4401, "unauthorized"],
  [1000, ""],
  [1000, "bye"],
  [1001, "going away"],
  [undefined, ""],
  [1008, "policy"],
  [1013, "later"],
  [3000, EVIL],
];

/** When the server closes. */
const MOMENTS = {
  "with its answer": async (read, write, close) =>
    await write(await accepted(read) + close),
  "after its answer": async (read, write, close) => {
    await write(await accepted(read));
    await write(close);
  },
  "once it has read the version": async (read, write, close) => {
    await write(await accepted(read));
    await read();
    await write(close);
  },
} as const satisfies Record<
  string,
  (read: () => Promise<string>, write: Write, close: string) => Promise<void>
>;

for (const [moment, serve] of Object.entries(MOMENTS)) {
  Deno.test(`connect() reports the close code and reason of a server that closes ${moment}`, async () => {
    for (const [code, reason] of CLOSES) {
      await using server = rawServer((read, write) =>
        serve(read, write, closeFrame(code, reason))
      );
      const error = await assertRejects(() => connect(server.url));
      assertEquals(closeOf(error), { code: code ?? 1005, reason });
      assertPrintable(error);
    }
  });
}

Deno.test("connect() reports the ProtocolError of a server that refuses and closes at once", async () => {
  for (let round = 0; round < 10; round++) {
    const refusal = frame(2, new TextEncoder().encode("01")) +
      frame(2, new TextEncoder().encode("f00000002")) + closeFrame(4002, "");
    await using server = rawServer(async (read, write) =>
      await write(await accepted(read) + refusal)
    );
    const error = await assertRejects(() => connect(server.url)) as Error;
    assertEquals(error.name, "ProtocolError");
  }
});

Deno.test("calls and events of a reconnecting peer carry the close code and reason", async () => {
  const version = frame(2, new TextEncoder().encode("01"));
  await using server = rawServer(async (read, write) => {
    await write(await accepted(read) + version);
    // The frame of the version has 8 bytes, so a request is among these.
    for (let length = 0; length < 20;) length += (await read()).length;
    await write(closeFrame(4401, "unauthorized"));
  });
  const events: ConnectionEvent[] = [];
  const { promise: waits, resolve } = Promise.withResolvers<void>();
  await using peer = reconnect(server.url, {
    onConnectionEvent: (event) => {
      events.push(event);
      if (event.type === "waiting") resolve();
    },
  });
  const error = await assertRejects(() => peer.request("any")) as Error;
  const close = { code: 4401, reason: "unauthorized" };
  assertEquals(closeOf(error), close);
  await waits;
  const waiting = events.find((event) => event.type === "waiting");
  assertEquals(closeOf(waiting?.error), close);
});

Deno.test("a call that times out without a connection has the last failure as its cause", async () => {
  await using server = rawServer(async (_, write) =>
    await write("HTTP/1.1 503 Unavailable\r\n\r\n")
  );
  const { promise: waits, resolve } = Promise.withResolvers<void>();
  await using peer = reconnect(server.url, {
    initialDelay: 1_000_000,
    maxDelay: 1_000_000,
    random: () => 1,
    onConnectionEvent: ({ type }) => type === "waiting" && resolve(),
  });
  await waits;
  const error = await assertRejects(
    () => peer.request("any", {}, { timeout: 20.25 }),
    DOMException,
    "no connection within 20 ms",
  ) as Error;
  assertEquals(refusalOf(error.cause as Error).status, 503);
});

Deno.test("connect() reports the status of every refusal", async () => {
  const refusals: [answer: string, status: number, message: string][] = [
    [
      "HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8, 7\r\n\r\n",
      400,
      'responded with 400 "Bad Request"',
    ],
    ["HTTP/1.1 503 No\r\n\r\n", 503, 'responded with 503 "No"'],
    ["HTTP/1.1 403 \r\nBad field\r\n\r\n", 403, 'header line "Bad field"'],
    ["HTTP/1.1 429 No\r\nX: \x00\r\n\r\n", 429, "0x00 at byte"],
    [
      `HTTP/1.1 502 No\r\nX: ${"y".repeat(20_000)}\r\n\r\n`,
      502,
      "head of over 16384 bytes",
    ],
    [
      `HTTP/1.1 502 No\r\n${"X: yyyy\r\n".repeat(101)}\r\n`,
      502,
      "head of over 100 header fields",
    ],
    [
      "HTTP/1.1 100 Continue\r\n\r\n".repeat(2_000),
      0,
      "head of over 16384 bytes",
    ],
    [
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 \x9b2J\r\n\r\n",
      404,
      'responded with 404 "\\u{9b}2J"',
    ],
  ];
  for (const [answer, status, message] of refusals) {
    // The connection stays open.
    await using server = rawServer((_, write) => write(answer));
    const error = await assertRejects(
      () => connect(server.url),
      Error,
      message,
    ) as Error;
    assert(error.message.startsWith(`Cannot connect to ${server.url}/: `));
    assertEquals(refusalOf(error).status, status);
    assertPrintable(error);
  }
});

Deno.test("connect() reports what had arrived of an answer when its timeout expires", async () => {
  const answers: [answer: string, status: number, cause: string][] = [
    ["", 0, "after 0 bytes"],
    ["HTTP/1.1 503 No\r\nX: 1\r\n", 503, 'its first line is "HTTP/1.1 503 No"'],
  ];
  for (const [answer, status, message] of answers) {
    await using server = rawServer((_, write) => write(answer));
    const error = await assertRejects(
      () => connect(server.url, { connectTimeout: 100 }),
      Error,
      `Cannot connect to ${server.url}/: not connected within 100 ms`,
    ) as Error;
    const cause = refusalOf(error);
    assertEquals(cause.status, status);
    assert(cause.message.includes(message), cause.message);
  }
});

Deno.test("connect() names the address that was given", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  for (const scheme of ["tcp", "tls", "ws", "wss"]) {
    const path = scheme.startsWith("ws") ? "/gotalk" : "";
    const url = `${scheme}://${host}${path}`;
    await assertRejects(
      () => connect(url),
      Error,
      `Cannot connect to ${url}: `,
    );
  }
});

Deno.test("errors and events escape what the remote peer chose", async () => {
  const events: PeerEvent[] = [];
  const fail = () => {
    throw new Error("the failure of the handler");
  };
  const schema = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) => ({ issues: [{ message: `no ${value}` }] }),
    },
  };
  const handlers = new Handlers()
    .handleOther(fail)
    .handleBytes("junk", () => new TextEncoder().encode(`{${EVIL}`))
    .handle("checked", () => 1, { input: schema })
    .handleBytes("refused", () => {
      throw new OperationError(EVIL);
    });
  await using server = await serve({
    onEvent: (event) => events.push(event),
  }, handlers);
  await using peer = await connect(server.address);
  for (
    const [operation, input] of [
      [EVIL, 1],
      ["junk", 1],
      ["checked", EVIL],
      ["refused", 1],
    ] as const
  ) {
    assertPrintable(await assertRejects(() => peer.request(operation, input)));
  }
  const failure = events.find((event) => event.type === "handler-error");
  assertEquals(failure?.operation, quoteName(EVIL).slice(1, -1));
});
