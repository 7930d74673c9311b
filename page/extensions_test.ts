/**
 * Tests the peer of a page against a server that sends what a test says,
 * byte for byte: what a page does with extensions, and writes of them.
 *
 * @module
 */

import {
  connect,
  type PageConnectOptions,
  type PagePeer,
} from "@gotalk/gotalk/browser";
import { assertEquals } from "@std/assert";

/** Connects a page to a server of which a test has the WebSocket. */
async function withServer(
  options: PageConnectOptions,
  test: (
    page: PagePeer,
    server: { send(bytes: string): void; next(): Promise<string> },
  ) => Promise<void>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<WebSocket>();
  const messages = new TransformStream<string, string>(
    {},
    { highWaterMark: Infinity },
  );
  const writer = messages.writable.getWriter();
  const reader = messages.readable.getReader();
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        socket.send("01");
        resolve(socket);
      };
      socket.onmessage = ({ data }) => {
        void writer.write(new TextDecoder().decode(data));
      };
      return response;
    },
  );
  const limits = { heartbeatInterval: Infinity, ...options.limits };
  const url = `http://127.0.0.1:${http.addr.port}/`;
  const page = await connect(url, { ...options, limits });
  const socket = await promise;
  const next = async () => (await reader.read()).value ?? "";
  try {
    const first = [await next(), await next(), await next()];
    // heartbeat/first
    assertEquals(first.slice(0, 2), ["01", "n00cgotalk:bytes00000000"]);
    assertEquals(first[2]!.slice(0, 5), "h0000");
    await test(page, { send: (bytes) => socket.send(bytes), next });
  } finally {
    page.abort();
    await http.shutdown();
  }
}

Deno.test("a page that reads a malformed gotalk:bytes merges nothing (extension/any-time, extension/bytes-before)", async () => {
  await withServer({}, async (page, { send, next }) => {
    send("n00cgotalk:bytes00000001x");
    // An answer shows that what precedes the request has been read.
    send("r0001001x00000000");
    const answer = [await next(), await next()];
    assertEquals(answer, ["E000100000015", 'unknown operation "x"']);
    const sent = [page.notify("a", 1), page.notify("b", 2)];
    for (const unit of ["n001a00000001", "1", "n001b00000001", "2"]) {
      assertEquals(await next(), unit);
    }
    await Promise.all(sent);
    send("n00cgotalk:bytes00000000r0002001x00000000");
    assertEquals(await next(), 'E000200000015unknown operation "x"');
  });
});

Deno.test("a page without a limit of unread data grants more than can be sent (extension/credit)", async () => {
  const limits = { maxUnreadBytesPerStream: Infinity };
  await withServer({ limits }, async (page, { send, next }) => {
    const reader = page.stream("download").readable.getReader();
    const read = reader.read();
    const request = await next();
    assertEquals(request, "s0000008download00000000");
    send(`S000000010000${"x".repeat(0x10000)}`);
    assertEquals((await read).value?.byteLength, 0x10000);
    const credit = [await next(), await next()];
    assertEquals(credit, [
      "n00dgotalk:credit00000015",
      "S000000038d7ea4c78000",
    ]);
  });
});
