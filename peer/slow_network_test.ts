import { assertEquals } from "@std/assert";
import { memoryPair } from "../transport/memory.ts";
import { ConditionedChannel } from "./testing/conditioned_channel.ts";
import { watch } from "./testing/scripted_peer.ts";
import { VirtualClock } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";

const SIZE = 4 * 1024 * 1024;

Deno.test("a message passes a slow network in either direction, and closing delivers it (limits/unsent, limits/slow-message)", async () => {
  const clock = new VirtualClock();
  // 64 KiB every second: the whole message takes far longer than each timeout.
  const network = {
    maxReadBytes: 64 * 1024,
    delays: [1_000],
    stall: null,
    failure: null,
  };
  let noted = 0;
  const handlers = new Handlers()
    .handleBytes("give", () => new Uint8Array(SIZE))
    .onNotificationBytes("take", ({ byteLength }) => void (noted = byteLength));
  const options = {
    clock,
    handlers,
    limits: { handshakeTimeout: Infinity },
  };
  const [near, far] = memoryPair({ clock });
  const client = new Peer(
    new ConditionedChannel(near, clock, network),
    options,
  );
  const server = new Peer(new ConditionedChannel(far, clock, network), {
    ...options,
    role: "acceptor",
  });
  const given = watch(client.requestBytes("give", new Uint8Array()));
  await clock.advance(3_600_000);
  assertEquals(given.value?.byteLength, SIZE);
  void client.notifyBytes("take", new Uint8Array(SIZE));
  const closing = watch(client.close());
  await clock.advance(3_600_000);
  assertEquals([closing.state, noted], ["resolved", SIZE]);
  assertEquals((await client.closed).error, undefined);
  await server.closed;
  assertEquals(clock.timers, 0);
});
