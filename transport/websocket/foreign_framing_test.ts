// Our WebSocket against the `ws` package, over TCP on the loopback.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import {
  closePayload,
  maskInto,
  MaskKeys,
  MAX_FRAME_HEADER,
  OPCODE,
  type Opcode,
  writeFrameHeader,
} from "./_frame.ts";
import { type CloseEvent, FrameError, type PingEvent } from "./_frame_event.ts";
import { FrameReader } from "./_frame_reader.ts";
import { acceptKey, newKey } from "./_handshake.ts";
import { ResponseReader, writeUpgradeRequest } from "./_handshake_client.ts";
import {
  checkUpgrade,
  RequestReader,
  writeUpgradeResponse,
} from "./_handshake_server.ts";
import { writeResponse } from "./_http.ts";
import { UpgradeResponseError } from "./upgrade_response_error.ts";

type Received = string | Uint8Array | PingEvent | CloseEvent;

/** One end of a WebSocket over TCP, as plain as can be. */
class Wire implements Disposable {
  readonly protocol: string;
  readonly #conn: Deno.Conn;
  readonly #reader: FrameReader;
  readonly #keys: MaskKeys | undefined;
  readonly #buffer = new Uint8Array(16384);
  /** The message being read. */
  #parts: Uint8Array[] = [];

  private constructor(
    conn: Deno.Conn,
    role: "client" | "server",
    rest: Uint8Array,
    protocol: string,
  ) {
    this.#conn = conn;
    this.#reader = new FrameReader(role);
    this.#keys = role === "client" ? new MaskKeys() : undefined;
    this.#reader.push(rest.slice());
    this.protocol = protocol;
  }

  static async connect(port: number, protocols: string[] = []): Promise<Wire> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    try {
      const key = newKey(), url = `ws://127.0.0.1:${port}/path?a=1`;
      await writeAll(
        conn,
        writeUpgradeRequest({
          url,
          key,
          protocols,
          origin: "same",
        }),
      );
      const reader = new ResponseReader({
        accept: acceptKey(key),
        protocols,
      });
      const answer = await pump(conn, (chunk) => reader.push(chunk)) ??
        reader.end();
      return new Wire(conn, "client", answer.rest, answer.protocol);
    } catch (error) {
      conn.close();
      throw error;
    }
  }

  static async accept(
    listener: Deno.Listener,
    choose: (protocols: readonly string[]) => string = () => "",
  ): Promise<Wire> {
    const conn = await listener.accept();
    const reader = new RequestReader();
    const read = await pump(conn, (chunk) => reader.push(chunk));
    if (read === undefined) throw new Error("no request");
    const offer = checkUpgrade(read.request);
    if (offer instanceof Response) throw new Error(await offer.text());
    const protocol = choose(offer.protocols);
    const response = writeUpgradeResponse({ key: offer.key, protocol });
    await writeAll(conn, response);
    return new Wire(conn, "server", read.rest, protocol);
  }

  /** Sends a frame. */
  async send(opcode: Opcode, payload: string | Uint8Array, fin = true) {
    const bytes = typeof payload === "string"
      ? new TextEncoder().encode(payload)
      : payload;
    const buffer = new Uint8Array(MAX_FRAME_HEADER + bytes.length);
    const key = this.#keys?.next();
    let at = writeFrameHeader(buffer, 0, opcode, fin, bytes.length, key);
    if (key === undefined) buffer.set(bytes, at);
    else maskInto(buffer, at, bytes, key, 0);
    at += bytes.length;
    await writeAll(this.#conn, buffer.subarray(0, at));
  }

  /** The next whole message or control event; `undefined` at the end. */
  async next(): Promise<Received | undefined> {
    while (true) {
      for (let event; (event = this.#reader.read()) !== undefined;) {
        if (event.kind !== "data") return event;
        this.#parts.push(event.bytes.slice());
        if (!event.end) continue;
        const bytes = concat(this.#parts);
        this.#parts = [];
        return event.text ? new TextDecoder().decode(bytes) : bytes;
      }
      const read = await this.#conn.read(this.#buffer);
      if (read === null) return undefined;
      this.#reader.push(this.#buffer.subarray(0, read));
    }
  }

  /** Sends bytes as they are. */
  async sendRaw(...bytes: number[]): Promise<void> {
    await writeAll(this.#conn, Uint8Array.from(bytes));
  }

  /** Sends a close frame. */
  async close(code: number, reason?: string): Promise<void> {
    await this.send(OPCODE.close, closePayload(code, reason));
  }

  [Symbol.dispose]() {
    this.#conn.close();
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

/** Reads chunks into `push` until it gives something or the end is there. */
async function pump<T>(
  conn: Deno.Conn,
  push: (chunk: Uint8Array) => T | undefined,
): Promise<T | undefined> {
  const buffer = new Uint8Array(1024);
  while (true) {
    const read = await conn.read(buffer);
    if (read === null) return undefined;
    const result = push(buffer.subarray(0, read));
    if (result !== undefined) return result;
  }
}

/** A `ws` server on a free port, and the first socket that it gets. */
async function wsServer(options: Record<string, unknown> = {}) {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    ...options,
  });
  await once(server, "listening");
  return {
    server,
    port: (server.address() as AddressInfo).port,
    socket: once(server, "connection").then(([socket]): WebSocket => socket),
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** A `ws` client, and the listener that it connects to. */
function wsClient(protocols: string[] = []) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const socket = new WebSocket(
    `ws://127.0.0.1:${listener.addr.port}/path`,
    protocols,
  );
  return {
    listener,
    socket,
    async accept(choose?: (protocols: readonly string[]) => string) {
      const open = once(socket, "open");
      const wire = await Wire.accept(listener, choose);
      await open;
      return wire;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, "close");
      socket.terminate();
      await closed;
    },
  };
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8));
}

const TEXTS = [
  "",
  "hello",
  "héllo 日本 😀",
  "x".repeat(126),
  "é".repeat(40_000),
];
const CLOSES: [number, string][] = [[1000, ""], [1013, "later"], [4999, "né"]];
const LENGTHS = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20];

/** Everything that a `ws` socket echoes comes back as it was. */
async function assertEchoed(wire: Wire, socket: WebSocket): Promise<void> {
  socket.on("message", (data: Uint8Array, binary: boolean) => {
    socket.send(data, { binary });
  });
  for (const text of TEXTS) {
    await wire.send(OPCODE.text, text);
    assertEquals(await wire.next(), text);
  }
  for (const length of LENGTHS) {
    const bytes = pattern(length);
    await wire.send(OPCODE.binary, bytes);
    assertEquals(await wire.next(), bytes);
  }
  // In fragments, with a ping between them and a cut character.
  await wire.send(OPCODE.text, Uint8Array.of(0x61, 0xc3), false);
  await wire.send(OPCODE.ping, "here?");
  await wire.send(OPCODE.continuation, Uint8Array.of(0xa9), false);
  await wire.send(OPCODE.continuation, "b");
  assertEquals(await wire.next(), {
    kind: "pong",
    bytes: new TextEncoder().encode("here?"),
  });
  assertEquals(await wire.next(), "aéb");
}

/** What a `ws` socket sends of itself arrives. */
async function assertReceived(wire: Wire, socket: WebSocket): Promise<void> {
  socket.send("a", { fin: false });
  socket.ping("there?");
  socket.send("é", { fin: false });
  socket.send("", { fin: true });
  const ping = await wire.next();
  assertEquals(ping, {
    kind: "ping",
    bytes: new TextEncoder().encode("there?"),
  });
  const pong = once(socket, "pong");
  await wire.send(OPCODE.pong, "there?");
  assertEquals(String((await pong)[0]), "there?");
  assertEquals(await wire.next(), "aé");
}

Deno.test("the own client and a ws server exchange messages", async () => {
  await using server = await wsServer();
  using wire = await Wire.connect(server.port);
  const socket = await server.socket;
  await assertEchoed(wire, socket);
  await assertReceived(wire, socket);
});

Deno.test("a ws client and the own server exchange messages", async () => {
  await using client = await wsClient();
  using wire = await client.accept();
  assertEquals(client.socket.extensions, "");
  await assertEchoed(wire, client.socket);
  await assertReceived(wire, client.socket);
});

Deno.test("the own client closes a ws server with code and reason", async () => {
  await using server = await wsServer();
  const wire = await Wire.connect(server.port);
  const closed = once(await server.socket, "close");
  {
    using _ = wire;
    await wire.close(4002, "né");
    assertEquals(await wire.next(), {
      kind: "close",
      code: 4002,
      reason: "né",
    });
    assertEquals(await wire.next(), undefined);
  }
  const [code, reason] = await closed;
  assertEquals([code, String(reason)], [4002, "né"]);
});

Deno.test("the own server closes a ws client with code and reason", async () => {
  await using client = await wsClient();
  const closed = once(client.socket, "close");
  {
    using wire = await client.accept();
    await wire.close(1001, "né");
    assertEquals(await wire.next(), {
      kind: "close",
      code: 1001,
      reason: "né",
    });
  }
  const [code, reason] = await closed;
  assertEquals([code, String(reason)], [1001, "né"]);
});

Deno.test("a ws server closes the own client", async () => {
  for (const [code, reason] of CLOSES) {
    await using server = await wsServer();
    const wire = await Wire.connect(server.port);
    const socket = await server.socket;
    const closed = once(socket, "close");
    {
      using _ = wire;
      socket.close(code, reason);
      assertEquals(await wire.next(), { kind: "close", code, reason });
      await wire.close(code);
      assertEquals(await wire.next(), undefined);
    }
    assertEquals((await closed)[0], code);
  }
});

Deno.test("a ws client closes the own server, without a code", async () => {
  await using client = await wsClient();
  const closed = once(client.socket, "close");
  {
    using wire = await client.accept();
    client.socket.close();
    assertEquals(await wire.next(), { kind: "close", code: 1005, reason: "" });
    await wire.send(OPCODE.close, "");
  }
  assertEquals((await closed)[0], 1005);
});

Deno.test("FrameReader and ws reject the same frames with the same codes", async () => {
  const key = [1, 2, 3, 4];
  const masked = (...bytes: number[]) =>
    bytes.map((byte, i) => byte ^ key[i % 4]!);
  const cases: number[][] = [
    [0xc1, 0x80, ...key],
    [0x83, 0x80, ...key],
    [0x80, 0x80, ...key],
    [0x09, 0x80, ...key],
    [0x89, 0xfe, 0, 126, ...key],
    [0x81, 0x00],
    [0x01, 0x80, ...key, 0x81, 0x80, ...key],
    [0x88, 0x81, ...key, 0],
    [0x88, 0x82, ...key, ...masked(0x03, 0xed)],
    [0x88, 0x82, ...key, ...masked(0x07, 0xd0)],
    [0x88, 0x83, ...key, ...masked(0x03, 0xe8, 0xff)],
    [0x81, 0x82, ...key, ...masked(0xc3, 0x28)],
    [0x01, 0x81, ...key, ...masked(0xc3), 0x80, 0x80, ...key],
  ];
  for (const bytes of cases) {
    await using server = await wsServer();
    using wire = await Wire.connect(server.port);
    const socket = await server.socket;
    const failed = once(socket, "error");
    await wire.sendRaw(...bytes);
    await failed;
    const theirs = await wire.next();
    const reader = new FrameReader("server");
    reader.push(Uint8Array.from(bytes));
    const ours = assertThrows(() => {
      while (reader.read() !== undefined);
    }, FrameError) as FrameError;
    assertEquals(
      theirs,
      { kind: "close", code: ours.closeCode, reason: "" },
      ours.message,
    );
  }
});

Deno.test("subprotocols are negotiated with ws, as client and server", async () => {
  {
    await using server = await wsServer({ handleProtocols: () => "b" });
    using wire = await Wire.connect(server.port, ["a", "b"]);
    assertEquals(wire.protocol, "b");
    assertEquals((await server.socket).protocol, "b");
  }
  await using client = await wsClient(["a", "b"]);
  using wire = await client.accept((protocols) => {
    assertEquals(protocols, ["a", "b"]);
    return "b";
  });
  assertEquals(wire.protocol, "b");
  assertEquals(client.socket.protocol, "b");
});

Deno.test("a ws server receives path, host and origin (websocket/origin-sent)", async () => {
  await using server = await wsServer();
  const seen = once(server.server, "connection");
  using _wire = await Wire.connect(server.port);
  const { url, headers } = (await seen)[1];
  assertEquals(url, "/path?a=1");
  assertEquals(headers.host, `127.0.0.1:${server.port}`);
  assertEquals(headers.origin, `http://127.0.0.1:${server.port}`);
});

Deno.test("the refusal of a ws server is reported with its status", async () => {
  await using server = await wsServer({
    verifyClient: (
      _info: unknown,
      decide: (accepted: boolean, status: number, reason: string) => void,
    ) => decide(false, 403, "not you"),
  });
  const error = await assertRejects(
    () => Wire.connect(server.port),
    UpgradeResponseError,
    'the server responded with 403 "Forbidden", wanted 101',
  ) as UpgradeResponseError;
  assertEquals(error.status, 403);
});

Deno.test("a ws client and fetch receive a refusal with its status", async () => {
  const refuse = async () => {
    using conn = await listener.accept();
    const reader = new RequestReader();
    await pump(conn, (chunk) => reader.push(chunk));
    const response = new Response("not you", { status: 403 });
    await writeAll(conn, await writeResponse(response));
  };
  await using client = await wsClient();
  const { listener, socket } = client;
  const failed = once(socket, "error");
  // once() would not wait for it, but reject with the error.
  const closed = new Promise((closed) => socket.on("close", closed));
  await refuse();
  assertEquals((await failed)[0].message, "Unexpected server response: 403");
  await closed;

  const { hostname, port } = listener.addr;
  const [response] = await Promise.all([
    fetch(`http://${hostname}:${port}/`),
    refuse(),
  ]);
  assertEquals(response.status, 403);
  assertEquals(await response.text(), "not you");
});
