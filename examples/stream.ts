/**
 * Streams of bytes and of values, in both directions.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/stream.ts`.
 *
 * @module
 */

import { connect, Handlers, serve } from "@gotalk/gotalk";

const handlers = new Handlers()
  .handleStream("upper", (readable) =>
    readable
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(
        new TransformStream<string, string>({
          transform: (chunk, controller) =>
            controller.enqueue(chunk.toUpperCase()),
        }),
      )
      .pipeThrough(new TextEncoderStream()))
  .handleValues("count", async function* (to: number) {
    for (let value = 1; value <= to; value++) yield value;
  });

await using server = await serve({}, handlers);
await using peer = await connect(server.address);

const { readable, writable } = peer.stream("upper");
const sent = new Blob(["hello ", "world"]).stream().pipeTo(writable);
console.log(await new Response(readable).text());
await sent;

for await (const value of peer.values("count", 1_000_000)) {
  console.log(value);
  // Leaving the loop ends the generator at the server.
  if (value === 3) break;
}
