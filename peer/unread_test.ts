import { assert, assertEquals } from "@std/assert";
import { isLimitError } from "../codec/mod.ts";
import { Handlers } from "./handlers.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

/** A channel that nothing holds back, and handlers that do not read. */
function open(): Promise<ScriptedPeer> {
  return ScriptedPeer.open({
    wholeUnits: true,
    extensions: false,
    handlers: new Handlers()
      .handleText("echo", (value) => value)
      .handleStream("hold", () => new Promise(() => {})),
    limits: { maxUnreadBytesPerStream: 4096, maxUnreadBytes: 8192 },
  });
}

function part(head: string, size: number): string {
  return head + size.toString(16).padStart(8, "0") + "x".repeat(size);
}

Deno.test("where no pause holds the sender back, the stream with the most unread data is ended alone (extension/credit-exceeded)", async () => {
  await using script = await open();
  await script.say("s0001004hold00000000s0002004hold00000000");
  await script.say(part("p0001", 1000) + part("p0002", 5000));
  assertEquals(script.heard(), "");
  await script.say(part("p0001", 3000) + "r0003004echo00000002hi");
  assertEquals(
    script.heard(),
    "E000200000014too much unread dataR000300000002hi",
  );
  // What was under way is dropped, and harms nobody.
  await script.say(part("p0002", 5000) + "r0004004echo00000002hi");
  assertEquals(script.heard(), "R000400000002hi");
  assertEquals(script.peer.state, "open");
});

Deno.test("an answer of which too much is unread fails alone, also if it is the fullest of several streams (extension/credit-exceeded)", async () => {
  await using script = await open();
  await script.say("s0001004hold00000000" + part("p0001", 1000));
  const { readable } = script.peer.stream("any");
  const reader = readable.getReader();
  const first = watch(reader.read());
  await script.opened();
  await script.say(part("S0000", 5000));
  assertEquals(first.value?.value?.byteLength, 5000);
  await script.say(part("S0000", 5000) + part("S0000", 5000));
  const next = watch(reader.read());
  await script.say("r0003004echo00000002hi");
  assert(isLimitError(next.error), `${next.error}`);
  assertEquals(script.peer.state, "open");
  assert(script.heard().endsWith("R000300000002hi"));
});

Deno.test("an initiator whose channel can merge units says so directly after its version (extension/bytes)", async () => {
  let merged = 0;
  await using script = await ScriptedPeer.open({
    handshake: false,
    role: "initiator",
    mergeUnits: () => void merged++,
  });
  await settled();
  assertEquals(script.heard(), "01n00cgotalk:bytes00000000");
  await script.say("01n00cgotalk:bytes00000000");
  assertEquals([merged, script.heard()], [1, ""]);
});
