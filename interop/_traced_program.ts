/**
 * A server, or a client that calls it, with OpenTelemetry. The server prints its
 * address, and ends with its input.
 *
 * @module
 */

import * as telemetry from "@opentelemetry/api";
import { connect, Handlers, serve } from "@gotalk/gotalk";

const [address] = Deno.args;

if (address === undefined) {
  const handlers = new Handlers()
    .handle("greet", async (name: string) => {
      await Promise.resolve();
      const span = telemetry.trace.getTracer("program").startSpan("look up");
      span.end();
      return `Hello ${name}`;
    })
    .handleStream("upper", (parts) => parts);
  await using server = await serve({ port: 0, telemetry }, handlers);
  console.log(server.address);
  for await (const _ of Deno.stdin.readable);
  await server.drain();
} else {
  await using peer = await connect(address, { telemetry });
  const tracer = telemetry.trace.getTracer("program");
  await tracer.startActiveSpan("root", async (span) => {
    await peer.request("greet", "Rasmus");
    const { readable, writable } = peer.stream("upper");
    await new Blob(["x"]).stream().pipeTo(writable);
    await Array.fromAsync(readable);
    await peer.notify("none");
    span.end();
  });
}
