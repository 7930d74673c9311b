import { assertEquals } from "@std/assert";
import { RawWebSocketWire } from "./raw_websocket_wire.ts";
import { connectTcpWire } from "./tcp_wire.ts";
import type { Arrival } from "./wire.ts";

/** A response to an upgrade request, a close frame with 4002, and a ping behind it. */
const CLOSED =
  "HTTP/1.1 101 Switching Protocols\r\n\r\n\x88\x02\x0f\xa2\x89\x00";

/** Returns what has arrived when the head was read, when the byte stream has ended, and what was written. */
async function closedWith(ignoresClose: boolean) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const stream = await connectTcpWire({ hostname: "127.0.0.1", port });
  using other = await listener.accept();
  const wire = new RawWebSocketWire("client", stream, ignoresClose);
  const arrivals: Arrival[] = [];
  const ended = Promise.withResolvers<void>();
  wire.start((arrival) => {
    arrivals.push(arrival);
    if (arrival.type === "end") ended.resolve();
  });
  await other.write(Uint8Array.from(CLOSED, (char) => char.charCodeAt(0)));
  await wire.head;
  const early = [...arrivals];
  await other.closeWrite();
  await ended.promise;
  await wire.destroy();
  const written = await new Response(other.readable).bytes();
  return { early, arrivals, written: written.length };
}

const END: Arrival = { type: "end", how: "close", code: 4002 };

Deno.test("a close frame is answered, and is the end", async () => {
  const { early, arrivals, written } = await closedWith(false);
  assertEquals(early, [END]);
  assertEquals(arrivals, [END]);
  // The answer has a mask.
  assertEquals(written, 8);
});

Deno.test("a close frame that is ignored is reported at the end of the byte stream", async () => {
  const { early, arrivals, written } = await closedWith(true);
  assertEquals(early, []);
  assertEquals(arrivals, [END]);
  assertEquals(written, 0);
});
