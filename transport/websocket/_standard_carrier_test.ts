import { assertEquals } from "@std/assert";
import type { Channel } from "../channel.ts";
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

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
