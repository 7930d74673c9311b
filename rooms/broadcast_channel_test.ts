import { assertEquals } from "@std/assert";
import { broadcastChannelBackPlane } from "./broadcast_channel.ts";
import { backPlaneSuite } from "./testing/back_plane_suite.ts";
import { Rooms } from "./mod.ts";

const suite = backPlaneSuite(() => {
  const name = crypto.randomUUID();
  const planes = [
    broadcastChannelBackPlane({ name }),
    broadcastChannelBackPlane({ name }),
  ] as const;
  return Promise.resolve({
    planes,
    async [Symbol.asyncDispose]() {
      for (const plane of planes) await plane.close();
    },
  });
});

for (const [name, fn] of Object.entries(suite)) {
  Deno.test(`a back-plane over a BroadcastChannel ${name}`, fn);
}

Deno.test("what else is posted on the channel is ignored", async () => {
  const name = crypto.randomUUID();
  await using rooms = new Rooms({
    backPlane: broadcastChannelBackPlane({ name }),
  });
  const said = rooms.room("lobby").notificationsBytes("said");
  await said.ready;
  const channel = new BroadcastChannel(name);
  for (const data of ["text", [], ["1.room:lobby", "text"], null, { 1: 2 }]) {
    channel.postMessage(data);
  }
  const head = `{"from":"x","kind":"notify","name":"said"}\nhello`;
  channel.postMessage(["1.room:lobby", new TextEncoder().encode(head)]);
  for await (const payload of said) {
    assertEquals(new TextDecoder().decode(payload), "hello");
    break;
  }
  channel.close();
  assertEquals(rooms.stats.malformed, 0);
});
