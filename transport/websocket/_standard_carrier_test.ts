import { assertEquals } from "@std/assert";
import type { Channel } from "../channel.ts";
import { FakeSocket } from "../testing/fake_socket.ts";
import { WriteUnits } from "../write_units.ts";
import { StandardCarrier } from "./_standard_carrier.ts";
import { acceptUpgrade } from "./upgrade.ts";

const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n" +
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** A close frame with 1000, as a server sends it and as a client does. */
const CLOSE = {
  server: "\x88\x02\x03\xe8",
  client: "\x88\x82\0\0\0\0\x03\xe8",
};

/** A message, as a client sends it. */
const MESSAGE = "\x82\x82\0\0\0\0hi";

// Deno 2.9.6 reports such an end as if the connection had been lost.
Deno.test("a standard socket closes cleanly although a message was in transit", async () => {
  const { promise: accepted, resolve } = Promise.withResolvers<Channel>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { response, channel } = acceptUpgrade(request);
      if (channel !== undefined) resolve(channel);
      return response;
    },
  );
  const client = await Deno.connect({ ...server.addr, transport: "tcp" });
  await client.write(bytesOf(REQUEST));
  const channel = await accepted;
  const closed = channel.close();
  let received = "";
  const buffer = new Uint8Array(1024);
  while (!received.endsWith(CLOSE.server)) {
    const length = await client.read(buffer);
    received += String.fromCharCode(...buffer.subarray(0, length ?? 0));
  }
  await client.write(bytesOf(MESSAGE + CLOSE.client));
  await closed;
  const { clean, code, error } = await channel.closed;
  assertEquals({ clean, code, error }, {
    clean: true,
    code: 1000,
    error: undefined,
  });
  client.close();
  await server.shutdown();
});

const MIB = 1024 * 1024;

/** Lets a message arrive, and returns its memory. */
function receive(socket: FakeSocket): ArrayBuffer {
  const { buffer } = new Uint8Array(MIB);
  socket.dispatchEvent(new MessageEvent("message", { data: buffer }));
  return buffer;
}

Deno.test("a standard socket frees messages that were copied, and those that nothing awaits", async () => {
  const socket = new FakeSocket();
  const carrier = new StandardCarrier(socket, {
    maxMessageBytes: MIB,
    maxReceiveBufferBytes: 1.5 * MIB,
  });
  carrier.ended.catch(() => {});
  const used = receive(socket);
  const chunk = await carrier.read();
  assertEquals(used.detached, false);
  carrier.recycle(chunk!);
  assertEquals(used.detached, true);
  const unread = [receive(socket), receive(socket)];
  // One more than may wait.
  assertEquals(receive(socket).detached, true);
  assertEquals(unread.map(({ detached }) => detached), [false, false]);
  carrier.release(undefined);
  assertEquals(unread.map(({ detached }) => detached), [true, true]);
  // The remote side does not answer the close, and continues to send.
  assertEquals(receive(socket).detached, true);
});

Deno.test("what a standard socket has sent may change at once", async () => {
  const { promise: accepted, resolve } = Promise.withResolvers<Channel>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { response, channel } = acceptUpgrade(request);
      if (channel !== undefined) resolve(channel);
      return response;
    },
  );
  const client = new WebSocket(`ws://127.0.0.1:${server.addr.port}`);
  client.binaryType = "arraybuffer";
  const received = new Promise<MessageEvent<ArrayBuffer>>((resolve) =>
    client.onmessage = resolve
  );
  const channel = await accepted;
  const units = new WriteUnits();
  const bytes = new Uint8Array(MIB).fill(1);
  units.add(bytes);
  await channel.write(units);
  bytes.fill(2);
  const { data } = await received;
  assertEquals(new Uint8Array(data), new Uint8Array(MIB).fill(1));
  client.close();
  await channel.close();
  await server.shutdown();
});

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
