import { assertEquals, assertRejects } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import type { PeerEvent } from "./events.ts";
import { Handlers } from "./handlers.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import type { Telemetry } from "./telemetry.ts";
import { RecordingTelemetry } from "./testing/recording_telemetry.ts";

const handlers = new Handlers()
  .handle("double", (n: number) => n * 2)
  .handle("fail", () => {
    throw new OperationError("no luck");
  })
  .handleStream("echo", (parts) => parts);

Deno.test("telemetry without a tracer, or whose tracer comes in a promise, changes no outcome and still measures", async (t) => {
  const ways: Record<string, () => unknown> = {
    throws: () => {
      throw new Error("no tracer");
    },
    none: () => undefined,
    promise: () => Promise.reject(new Error("later")),
  };
  for (const [name, getTracer] of Object.entries(ways)) {
    await t.step(name, async () => {
      const recording = new RecordingTelemetry("c");
      const telemetry = {
        context: recording.context,
        metrics: recording.metrics,
        trace: { ...recording.trace, getTracer },
      } as unknown as Telemetry;
      const events: PeerEvent[] = [];
      const onEvent = (event: PeerEvent) => void events.push(event);
      const [left, right] = memoryPair();
      await using _server = new Peer(right, {
        handlers,
        telemetry,
        role: "acceptor",
        onEvent,
      });
      await using client = new Peer(left, { telemetry, onEvent });
      assertEquals(await client.request("double", 21), 42);
      await assertRejects(() => client.request("fail"), OperationError);
      const { readable, writable } = client.stream("echo");
      await writable.close();
      assertEquals(await Array.fromAsync(readable), []);
      const failures = events.filter(({ type }) => type === "hook-error");
      assertEquals(failures.length, name === "none" ? 0 : 1);
      assertEquals(recording.spans, []);
      assertEquals(recording.records.length > 0, true);
    });
  }
});

Deno.test("spans name the address of the remote peer, where it is one", async () => {
  const addresses: [remote: string | undefined, attributes: unknown[]][] = [
    ["tcp://[::1]:1234", ["::1", 1234]],
    ["ws://a.example/x", ["a.example", undefined]],
    ["unix:/run/x", [undefined, undefined]],
    ["not an address", [undefined, undefined]],
    [undefined, [undefined, undefined]],
  ];
  for (const [remote, expected] of addresses) {
    const telemetry = new RecordingTelemetry("c");
    const [left, right] = memoryPair();
    Object.assign(left.info, { remote });
    await using _server = new Peer(right, { handlers, role: "acceptor" });
    await using client = new Peer(left, { telemetry });
    await client.request("double", 1);
    const { attributes } = telemetry.spans[0]!;
    assertEquals(
      [attributes["network.peer.address"], attributes["network.peer.port"]],
      expected,
    );
  }
});
