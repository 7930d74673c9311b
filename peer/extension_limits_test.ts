import { assertEquals, assertGreater } from "@std/assert";
import { Handlers } from "./handlers.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

const KIB = 1024;

/** A notification. */
function notification(name: string, payload: string): string {
  const size = payload.length.toString(16).padStart(8, "0");
  return `n00${name.length.toString(16)}${name}${size}${payload}`;
}

/** Grants credit for an answer. */
function credit(id: string, offset: number): string {
  const digits = offset.toString(16).padStart(16, "0");
  return notification("gotalk:credit", `S${id}${digits}`);
}

/** Handlers that end only when they are aborted, and answers without an end. */
function slow(): Handlers {
  return new Handlers()
    .handleBytes("slow", (_, { signal }) =>
      new Promise((_, reject) => {
        signal.onabort = () => reject(signal.reason);
      }))
    .handleStream("down", function* () {
      for (;;) yield new Uint8Array(KIB);
    });
}

Deno.test("maxHeldBytes: credits, cancels and drains are followed while notifications are refused", async () => {
  await using script = await ScriptedPeer.open({
    handlers: slow(),
    role: "acceptor",
    limits: { maxHeldBytes: 100 * KIB, maxPartBytes: KIB },
  });
  await script.say(
    "r0001004slow00000000s0002004down00000000" + credit("0002", KIB),
  );
  const call = watch(
    script.peer.requestBytes("big", new Uint8Array(300 * KIB)),
  );
  await settled();
  script.heard();
  await script.say(credit("0002", 2 * KIB));
  assertGreater(script.heard().length, KIB);
  await script.say(notification("gotalk:cancel", "0001"));
  assertEquals(script.heard(), "E000100000009cancelled");
  assertEquals(script.peer.stats.running, 1);
  await script.say(notification("gotalk:drain", ""));
  assertEquals(
    script.events.map(({ type }) => type),
    ["cancel", "drain"],
  );
  // A large one is no such notification.
  await script.say(notification("gotalk:cancel", `0002${"x".repeat(2 * KIB)}`));
  const drop = {
    type: "drop",
    kind: "Notification",
    reason: "too-much-held",
  } as const;
  assertEquals(script.events.at(-1), drop);
  await script.say(notification("other", ""));
  assertEquals(script.events.slice(2), [drop, drop]);
  assertEquals(call.state, "pending");
});

Deno.test("maxHeldBytes: a handler that holds too much is stopped by a cancel behind the pause", async () => {
  await using script = await ScriptedPeer.open({
    handlers: slow(),
    limits: { maxHeldBytes: 100 * KIB },
  });
  const payload = "x".repeat(120 * KIB);
  const size = payload.length.toString(16).padStart(8, "0");
  await script.say(`r0001004slow${size}${payload}`);
  await script.say(notification("gotalk:cancel", "0001"));
  await script.clock.advance(1000);
  assertEquals(script.heard(), "E000100000009cancelled");
  assertEquals([script.peer.stats.running, script.memory.heldBytes], [0, 0]);
});
