import { assert, assertEquals } from "@std/assert";
import { connect } from "./connect.ts";
import { Handlers } from "./mod.ts";
import { serve } from "./serve.ts";
import { DelayingRelay } from "./transport/testing/delaying_relay.ts";

const MIB = 1024 * 1024;

/** A stream of 64 MiB whose window stays at 256 KiB has a credit for each half of it: 512. */
const MOST_CREDITS = 448;

Deno.test("the windows of streams in both directions grow over a line of 50 ms (extension/credit-more)", async () => {
  const chunk = new Uint8Array(64 * 1024);
  const handlers = new Handlers()
    .handleStream("sink", async (parts) => {
      let bytes = 0;
      for await (const part of parts) bytes += part.byteLength;
      return [new TextEncoder().encode(String(bytes))];
    })
    .handleStream("source", async function* () {
      for (let sent = 0; sent < 64 * MIB; sent += chunk.byteLength) {
        yield chunk;
        await Promise.resolve();
      }
    });
  await using server = await serve({ port: 0 }, handlers);
  const port = Number(new URL(server.address).port);
  await using relay = new DelayingRelay(port, 25);
  await using peer = await connect(`tcp://127.0.0.1:${relay.port}`);
  const up = peer.stream("sink");
  const writer = up.writable.getWriter();
  for (let sent = 0; sent < 64 * MIB; sent += chunk.byteLength) {
    await writer.write(chunk);
  }
  await writer.close();
  assertEquals(await new Response(up.readable).text(), String(64 * MIB));
  assert(peer.stats.creditsIn < MOST_CREDITS);

  const down = peer.stream("source");
  await down.writable.close();
  let bytes = 0;
  for await (const part of down.readable) bytes += part.byteLength;
  assertEquals(bytes, 64 * MIB);
  assert(peer.stats.creditsOut < MOST_CREDITS);
});
