import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeVersion,
  LimitError,
  type Message,
  text,
} from "../../codec/mod.ts";
import { Outbox } from "./writer.ts";
import { ScriptedChannel } from "../testing/scripted_channel.ts";
import { watch } from "../testing/scripted_peer.ts";
import { settled } from "../testing/virtual_clock.ts";

/** An outbox on a channel, and what it tells. */
function open(): {
  outbox: Outbox;
  channel: ScriptedChannel;
  notes: unknown[];
} {
  const channel = new ScriptedChannel();
  const notes: unknown[] = [];
  const outbox = new Outbox(channel, {
    writing: (bytes) => notes.push(bytes),
    written: () => notes.push("written"),
    writeFailed: (error) => notes.push(error),
  }, "01");
  return { outbox, channel, notes };
}

/** A message of 13 bytes and its name and payload. */
function note(name: string, payload = ""): Message {
  return { kind: "Notification", name, payload: text.encode(payload) };
}

Deno.test("all that is sent in one turn leaves in one write", async () => {
  const { outbox, channel, notes } = open();
  outbox.sendBytes(encodeVersion("01"));
  outbox.send(note("a", "hi"));
  outbox.send(note("b"));
  assertEquals(outbox.byteLength, 2 + 15 + 12 + 1);
  assertEquals([outbox.idle, outbox.batch], [false, 0]);
  await settled();
  assertEquals(channel.take(), "01n001a00000002hin001b00000000");
  assertEquals(notes, [30, "written"]);
  assertEquals([outbox.idle, outbox.batch], [true, 1]);
});

Deno.test("while one batch is being written the next one fills", async () => {
  const { outbox, channel, notes } = open();
  channel.stall();
  outbox.send(note("a"));
  await settled();
  outbox.send(note("b"));
  outbox.send(note("c"));
  await settled();
  assertEquals([outbox.batch, outbox.byteLength], [1, 26]);
  channel.resume();
  await settled();
  assertEquals(channel.take(), "n001a00000000n001b00000000n001c00000000");
  assertEquals(notes, [13, "written", 26, "written"]);
});

Deno.test("much that waits is in several batches, each with its number", async () => {
  const { outbox, channel, notes } = open();
  channel.stall();
  outbox.send(note("a"));
  await settled();
  const numbers: number[] = [];
  for (let sent = 0; sent < 5; sent++) {
    numbers.push(outbox.batch);
    outbox.send(note("b", "x".repeat(30_000)));
  }
  assertEquals(numbers, [1, 1, 1, 2, 2]);
  assertEquals([outbox.batch, outbox.begun], [2, 1]);
  assertEquals(outbox.byteLength, 5 * 30_013);
  channel.resume();
  await settled();
  assertEquals(channel.take().length, 13 + 5 * 30_013);
  assertEquals(notes, [
    13,
    "written",
    3 * 30_013,
    "written",
    2 * 30_013,
    "written",
  ]);
  assertEquals([outbox.batch, outbox.begun, outbox.byteLength], [3, 3, 0]);
});

Deno.test("what was sent is waited for, and nothing that was sent later", async () => {
  const { outbox, channel } = open();
  await outbox.flushed();
  channel.stall();
  outbox.send(note("a"));
  await settled();
  outbox.send(note("b"));
  const flushed = watch(outbox.flushed());
  await settled();
  assertEquals(flushed.state, "pending");
  channel.resume();
  await settled();
  assertEquals(flushed.state, "resolved");
  channel.stall();
  outbox.send(note("c"));
  const never = watch(outbox.flushed());
  await settled();
  outbox.close();
  await settled();
  assertEquals(never.state, "resolved");
  channel.resume();
});

Deno.test("much does not wait for the end of the turn", async () => {
  const { outbox, notes } = open();
  outbox.send(note("a", "x".repeat(16_384)));
  assertEquals(notes, [16_397]);
  await settled();
});

Deno.test("a cork holds writes back until it is drawn", async () => {
  const { outbox, channel } = open();
  outbox.cork();
  outbox.send(note("a", "x".repeat(20_000)));
  await settled();
  assertEquals(channel.take(), "");
  outbox.send(note("b"));
  outbox.uncork();
  assertEquals(outbox.byteLength, 0);
  await settled();
  assertEquals(channel.take().length, 20_026);
});

Deno.test("a message that cannot be written leaves nothing behind", async () => {
  const { outbox, channel } = open();
  outbox.send(note("a"));
  assertThrows(() => outbox.send(note("x".repeat(4096))), LimitError);
  assertThrows(() => outbox.send(note("\ud800")), LimitError);
  outbox.send(note("b"));
  await settled();
  assertEquals(channel.take(), "n001a00000000n001b00000000");
});

Deno.test("names of any characters fit", async () => {
  const { outbox, channel } = open();
  for (const name of ["\u{10ffff}".repeat(1023), "€".repeat(1365), "é"]) {
    outbox.send(note(name));
    await settled();
    assertEquals(
      channel.take().length,
      12 + new TextEncoder().encode(name).byteLength,
    );
  }
});

Deno.test("room comes when less waits than was asked for", async () => {
  const { outbox, channel } = open();
  await outbox.room(1);
  channel.stall();
  outbox.send(note("a"));
  await settled();
  outbox.send(note("b"));
  await outbox.room(14);
  const room = watch(outbox.room(13));
  await settled();
  assertEquals(room.state, "pending");
  channel.resume();
  await settled();
  assertEquals(room.state, "resolved");
});

Deno.test("drained is when everything was written", async () => {
  const { outbox, channel } = open();
  channel.stall();
  outbox.send(note("a"));
  const drained = watch(outbox.drained());
  outbox.send(note("b"));
  await settled();
  assertEquals(drained.state, "pending");
  channel.resume();
  await settled();
  assertEquals(drained.state, "resolved");
  assertEquals(channel.take(), "n001a00000000n001b00000000");
  await outbox.drained();
});

Deno.test("once it is closed it takes nothing, and nobody waits", async () => {
  const { outbox, channel } = open();
  channel.stall();
  outbox.send(note("a"));
  await settled();
  outbox.send(note("b"));
  const waits = [watch(outbox.room(1)), watch(outbox.drained())];
  outbox.close();
  outbox.send(note("c"));
  outbox.sendBytes(text.encode("d"));
  await settled();
  assertEquals(waits.map(({ state }) => state), ["resolved", "resolved"]);
  assertEquals(outbox.byteLength, 0);
  channel.resume();
  await settled();
  assertEquals(channel.take(), "n001a00000000");
});

Deno.test("a write that fails closes it and is told", async () => {
  const { outbox, channel, notes } = open();
  const error = new Error("Broken pipe");
  channel.breakWriting(error);
  outbox.send(note("a"));
  await settled();
  assertEquals(notes, [13, error]);
  outbox.send(note("b"));
  await settled();
  assertEquals(notes.length, 2);
});

Deno.test("a buffer that was handed over is not written into before the write is done", async () => {
  const { outbox, channel } = open();
  const written: string[] = [];
  for (let round = 0; round < 20; round++) {
    channel.stall();
    outbox.send(note("a", `${round}`));
    await settled();
    outbox.send(note("b", `${round}`));
    outbox.send(note("c", `${round}`));
    channel.resume();
    await settled();
    written.push(channel.take());
  }
  assertEquals(
    written.slice(0, 10),
    Array.from(
      { length: 10 },
      (_, round) =>
        ["a", "b", "c"].map((name) => `n001${name}00000001${round}`).join(""),
    ),
  );
});
