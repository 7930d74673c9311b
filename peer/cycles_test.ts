import { assertEquals, assertLess } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import { memoryInUse } from "./testing/memory_in_use.ts";
import { VirtualClock } from "./testing/virtual_clock.ts";

const MIB = 1024 * 1024;

Deno.test("ten thousand connections, one after the other, leave no memory and no timers", async () => {
  const clock = new VirtualClock();
  const handlers = new Handlers().handle("double", (n: number) => n * 2);
  const cycles = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const [here, there] = memoryPair({ clock });
      const client = new Peer(here, { role: "initiator", clock });
      const server = new Peer(there, { role: "acceptor", clock, handlers });
      assertEquals(await client.request("double", n), n * 2);
      await client.close();
      await server.closed;
      assertEquals(clock.timers, 0);
    }
    return memoryInUse();
  };
  const before = await cycles(500);
  const after = await cycles(10_000);
  assertLess(after - before, 5 * MIB);
});
