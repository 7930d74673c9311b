import { assertEquals, assertLessOrEqual } from "@std/assert";
import { requestId } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const { maxPartBytes } = DEFAULT_LIMITS;

/** Number of parts of a stream that precede a message sent later: queued ones, those being written, and one more. */
const MAX_AHEAD = 4 + 4 + 1;

const BULK = 64 * maxPartBytes;

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handleStream("bulk", () => [new Uint8Array(BULK)]);

Deno.test("a small result waits for a few parts of a large answer, not for all of it", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  script.channel.stall();
  await script.say("s0001004bulk00000000p000100000000");
  await script.say("r0002004echo00000002hi");
  script.channel.resume();
  await settled();
  const kinds = script.channel.takeMessages().map(({ kind }) => kind);
  assertEquals(kinds.length, BULK / maxPartBytes + 1 + 1);
  assertLessOrEqual(kinds.indexOf("SingleResult"), MAX_AHEAD);
});

Deno.test("a small request waits for a few parts of a large upload, not for all of it", async () => {
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
  assertLessOrEqual(kinds.indexOf("SingleRequest"), MAX_AHEAD);
});

Deno.test("parts of large streams are interleaved fairly", async () => {
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
    // No stream is ever far behind the others.
    const positions = parts.flatMap((part, at) =>
      part === requestId(id) ? [at] : []
    );
    for (const [index, at] of positions.entries()) {
      assertLessOrEqual(at, (index + MAX_AHEAD) * ids.length);
    }
  }
});
