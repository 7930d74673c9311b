import { assertEquals, assertLessOrEqual } from "@std/assert";
import { requestId } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const { maxPartBytes } = DEFAULT_LIMITS;

/** How many parts of a stream wait before messages that are sent later, and how many are just being written. */
const AHEAD = 4 + 4 + 1;

const BULK = 64 * maxPartBytes;

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handleStream("bulk", () => [new Uint8Array(BULK)]);

Deno.test("a small answer waits for a few parts of a bulk stream, not for all of it", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  script.channel.stall();
  await script.say("s0001004bulk00000000p000100000000");
  await script.say("r0002004echo00000002hi");
  script.channel.resume();
  await settled();
  const kinds = script.channel.takeMessages().map(({ kind }) => kind);
  assertEquals(kinds.length, BULK / maxPartBytes + 1 + 1);
  assertLessOrEqual(kinds.indexOf("SingleResult"), AHEAD);
});

Deno.test("a small call waits for a few parts of a bulk upload, not for all of it", async () => {
  await using script = await ScriptedPeer.open();
  script.channel.stall();
  const { writable } = script.peer.stream("bulk");
  const writer = writable.getWriter();
  const written = watch(writer.write(new Uint8Array(BULK)));
  await settled();
  const call = watch(script.peer.requestText("echo", "hi"));
  script.channel.resume();
  await settled();
  assertEquals([written.state, call.state], ["resolved", "pending"]);
  const kinds = script.channel.takeMessages().map(({ kind }) => kind);
  assertEquals(kinds.length, BULK / maxPartBytes + 1);
  assertLessOrEqual(kinds.indexOf("SingleRequest"), AHEAD);
});

Deno.test("bulk streams take turns", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  script.channel.stall();
  const ids = ["0001", "0002", "0003"];
  for (const id of ids) {
    await script.say(`s${id}004bulk00000000p${id}00000000`);
  }
  script.channel.resume();
  await settled();
  const parts = script.channel.takeMessages()
    .flatMap((message) =>
      message.kind === "StreamResult" && message.payload.byteLength > 0
        ? [message.id]
        : []
    );
  assertEquals(parts.length, ids.length * BULK / maxPartBytes);
  for (const id of ids) {
    // At every moment none is far behind the others.
    const turns = parts.flatMap((part, at) =>
      part === requestId(id) ? [at] : []
    );
    for (const [turn, at] of turns.entries()) {
      assertLessOrEqual(at, (turn + AHEAD) * ids.length);
    }
  }
});
