import { assertEquals } from "@std/assert";
import { memoryPair } from "../transport/memory.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import { ScriptedPeer } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

/** Waits for this number of turns of promises, as a caller does that has wrapped `request` many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}

/** Returns handlers that record what they handle. */
function recording(seen: string[]): Handlers {
  return new Handlers()
    .handleText("ask", () => {
      seen.push("request");
      return "";
    })
    .handleStream("feed", () => {
      seen.push("stream");
    })
    .onNotificationBytes("note", () => void seen.push("notification"));
}

const BEHIND = {
  notification: "n004note00000000",
  request: "r0001003ask00000000",
  stream: "s0001004feed00000000",
} as const;

for (const [kind, message] of Object.entries(BEHIND)) {
  for (const answer of ["R", "E"]) {
    for (const chunks of [1, 2]) {
      Deno.test(`a caller sees its answer ${answer} before a ${kind} behind it is handled, in ${chunks} chunks`, async () => {
        const seen: string[] = [];
        await using script = await ScriptedPeer.open({
          handlers: recording(seen),
        });
        const call = script.peer.requestText("subscribe", "");
        const caller = call.catch(() => {}).then(async () => {
          await turns(100);
          seen.push("answer");
        });
        await settled();
        if (chunks === 1) {
          script.channel.send(`${answer}000000000000${message}`);
        } else {
          script.channel.send(`${answer}000000000000`);
          script.channel.send(message);
        }
        while (seen.length < 2) await settled();
        await caller;
        assertEquals(seen, ["answer", kind]);
      });
    }
  }
}

Deno.test("messages without an answer in front of them are handled in one turn", async () => {
  const seen: string[] = [];
  await using script = await ScriptedPeer.open({ handlers: recording(seen) });
  script.channel.send(BEHIND.notification.repeat(3) + BEHIND.request);
  await settled();
  assertEquals(seen.length, 4);
});

Deno.test("a subscription whose identifier is in the answer misses no notification", async () => {
  for (let turn = 0; turn < 20; turn++) {
    const [left, right] = memoryPair();
    await using _server = new Peer(right, {
      role: "acceptor",
      handlers: new Handlers().handle("subscribe", (id: number, { peer }) => {
        void turns(turn).then(() => peer.notify("event", id));
        return id;
      }),
    });
    const listeners = new Set<number>();
    let missed = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    await using client = new Peer(left, {
      handlers: new Handlers().onNotification("event", (id: number) => {
        if (!listeners.has(id)) missed++;
        if (id === 10) resolve();
      }),
    });
    for (let id = 1; id <= 10; id++) {
      listeners.add(await client.request("subscribe", id) as number);
    }
    await promise;
    assertEquals(missed, 0);
  }
});
