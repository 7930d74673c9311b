import {
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertLess,
  assertThrows,
} from "@std/assert";
import {
  encodeVersion,
  LimitError,
  type Message,
  ProtocolError,
  text,
} from "../../codec/mod.ts";
import { ScriptedChannel } from "../testing/scripted_channel.ts";
import { watch } from "../testing/scripted_peer.ts";
import { openAccount } from "../testing/memory_account.ts";
import { settled, VirtualClock } from "../testing/virtual_clock.ts";
import { Writer } from "./writer.ts";

/** A writer on a channel, its clock, and the failures it reported. */
function open(writeTimeout = Infinity): {
  writer: Writer;
  channel: ScriptedChannel;
  clock: VirtualClock;
  failures: unknown[];
} {
  const channel = new ScriptedChannel();
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const writer = new Writer(
    channel,
    clock,
    writeTimeout,
    (error) => failures.push(error),
    openAccount({ clock }),
  );
  return { writer, channel, clock, failures };
}

/** Returns a message of 12 bytes plus its name and payload. */
function note(name: string, payload = ""): Message {
  return { kind: "Notification", name, payload: text.encode(payload) };
}

Deno.test("messages sent in one turn leave in one write", async () => {
  const { writer, channel } = open();
  writer.sendBytes(encodeVersion("01"));
  writer.send(note("a", "hi"));
  writer.send(note("b"));
  assertEquals(writer.queuedBytes, 2 + 15 + 12 + 1);
  assertEquals([writer.bytesOut, writer.batch], [0, 0]);
  await settled();
  assertEquals(channel.take(), "01n001a00000002hin001b00000000");
  assertEquals([writer.bytesOut, writer.queuedBytes, writer.batch], [30, 0, 1]);
});

Deno.test("the first write after a chunk of input begins at once, those of one round after it leave together", async () => {
  const { writer, channel } = open();
  writer.sendBytes(encodeVersion("01"));
  await settled();
  for (let chunk = 0; chunk < 2; chunk++) {
    writer.cork();
    writer.uncork();
    const before = writer.startedBatches;
    writer.send(note("a"));
    await Promise.resolve();
    assertEquals(writer.startedBatches, before + 1);
    // As timers of one round do, between which promises settle.
    for (let timer = 0; timer < 5; timer++) {
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      writer.send(note("b"));
    }
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    assertEquals(writer.startedBatches, before + 1);
    await settled();
    assertEquals(writer.startedBatches, before + 2);
  }
  assertEquals(channel.take().length, 2 + 2 * 6 * 13);
});

Deno.test("the next batch fills while one is being written", async () => {
  const { writer, channel } = open();
  channel.stall();
  writer.send(note("a"));
  await settled();
  writer.send(note("b"));
  writer.send(note("c"));
  await settled();
  assertEquals([writer.batch, writer.queuedBytes], [1, 26]);
  channel.resume();
  await settled();
  assertEquals(channel.take(), "n001a00000000n001b00000000n001c00000000");
  assertEquals([writer.bytesOut, writer.startedBatches], [39, 2]);
});

Deno.test("a long queue has several batches with consecutive numbers", async () => {
  const { writer, channel } = open();
  channel.stall();
  writer.send(note("a"));
  await settled();
  const numbers: number[] = [];
  for (let sent = 0; sent < 5; sent++) {
    numbers.push(writer.batch);
    writer.send(note("b", "x".repeat(30_000)));
  }
  assertEquals(numbers, [1, 1, 1, 2, 2]);
  assertEquals([writer.batch, writer.startedBatches], [2, 1]);
  assertEquals(writer.queuedBytes, 5 * 30_013);
  channel.resume();
  await settled();
  assertEquals(channel.take().length, 13 + 5 * 30_013);
  assertEquals(writer.bytesOut, 13 + 5 * 30_013);
  assertEquals([writer.batch, writer.startedBatches, writer.queuedBytes], [
    3,
    3,
    0,
  ]);
});

Deno.test("flushed() waits for messages queued before the call, not for later ones", async () => {
  const { writer, channel } = open();
  await writer.flushed();
  channel.stall();
  writer.send(note("a"));
  await settled();
  writer.send(note("b"));
  const flushed = watch(writer.flushed());
  await settled();
  assertEquals(flushed.state, "pending");
  channel.resume();
  await settled();
  assertEquals(flushed.state, "resolved");
  channel.stall();
  writer.send(note("c"));
  const never = watch(writer.flushed());
  await settled();
  writer.close();
  await settled();
  assertEquals(never.state, "resolved");
  channel.resume();
});

Deno.test("flushed() waits for every batch of a long queue", async () => {
  const { writer, channel } = open();
  channel.stall();
  for (let sent = 0; sent < 5; sent++) {
    writer.send(note("a", "x".repeat(30_000)));
  }
  const flushed = watch(writer.flushed());
  channel.resume(2);
  await settled();
  assertEquals(flushed.state, "pending");
  channel.resume();
  await settled();
  assertEquals(flushed.state, "resolved");
  assertEquals([writer.queuedBytes, writer.startedBatches], [0, 3]);
});

Deno.test("a long queue is written before the turn ends", async () => {
  const { writer } = open();
  writer.send(note("a", "x".repeat(16_384)));
  assertEquals(writer.bytesOut, 16_397);
  await settled();
});

Deno.test("a corked writer writes nothing until it is uncorked", async () => {
  const { writer, channel } = open();
  writer.cork();
  writer.send(note("a", "x".repeat(20_000)));
  await settled();
  assertEquals(channel.take(), "");
  writer.send(note("b"));
  writer.uncork();
  assertEquals(writer.queuedBytes, 0);
  await settled();
  assertEquals(channel.take().length, 20_026);
});

Deno.test("a message that cannot be encoded leaves the queue unchanged (wire/range)", async () => {
  const { writer, channel } = open();
  writer.send(note("a"));
  assertThrows(() => writer.send(note("x".repeat(4096))), LimitError);
  assertThrows(() => writer.send(note("\ud800")), LimitError);
  writer.send(note("b"));
  await settled();
  assertThrows(() => writer.send(note("x".repeat(4096))), LimitError);
  await writer.flushed();
  assertEquals(channel.take(), "n001a00000000n001b00000000");
});

Deno.test("names with characters of any length fit into the buffer", async () => {
  const { writer, channel } = open();
  for (const name of ["\u{10ffff}".repeat(1023), "€".repeat(1365), "é"]) {
    writer.send(note(name));
    await settled();
    assertEquals(
      channel.take().length,
      12 + new TextEncoder().encode(name).byteLength,
    );
  }
});

Deno.test("available() resolves when fewer bytes are queued", async () => {
  const { writer, channel } = open();
  await writer.available(1);
  channel.stall();
  writer.send(note("a"));
  await settled();
  writer.send(note("b"));
  await writer.available(14);
  const room = watch(writer.available(13));
  await settled();
  assertEquals(room.state, "pending");
  channel.resume();
  await settled();
  assertEquals(room.state, "resolved");
});

Deno.test("drained() resolves when everything is written", async () => {
  const { writer, channel } = open();
  channel.stall();
  writer.send(note("a"));
  const drained = watch(writer.drained());
  writer.send(note("b"));
  await settled();
  assertEquals(drained.state, "pending");
  channel.resume();
  await settled();
  assertEquals(drained.state, "resolved");
  assertEquals(channel.take(), "n001a00000000n001b00000000");
  await writer.drained();
});

Deno.test("a closed writer accepts nothing, and all waits end", async () => {
  const { writer, channel } = open();
  channel.stall();
  writer.send(note("a"));
  await settled();
  writer.send(note("b"));
  const waits = [watch(writer.available(1)), watch(writer.drained())];
  writer.close();
  writer.send(note("c"));
  writer.sendBytes(text.encode("d"));
  await settled();
  assertEquals(waits.map(({ state }) => state), ["resolved", "resolved"]);
  assertEquals(writer.queuedBytes, 0);
  channel.resume();
  await settled();
  assertEquals(channel.take(), "n001a00000000");
});

Deno.test("a failed write closes the writer and is reported once", async () => {
  const { writer, channel, failures } = open();
  const error = new Error("Broken pipe");
  channel.breakWriting(error);
  writer.send(note("a"));
  await settled();
  assertEquals(failures, [error]);
  writer.send(note("b"));
  await settled();
  assertEquals(failures.length, 1);
});

Deno.test("the buffer of a write in progress is not reused", async () => {
  const { writer, channel } = open();
  const written: string[] = [];
  for (let round = 0; round < 20; round++) {
    channel.stall();
    writer.send(note("a", `${round}`));
    await settled();
    writer.send(note("b", `${round}`));
    writer.send(note("c", `${round}`));
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

Deno.test("a write of which no byte is taken is reported and aborted, and a fast one is not (limits/unsent)", async () => {
  const { writer, channel, clock, failures } = open(1000);
  writer.send(note("a"));
  await settled();
  await clock.advance(5000);
  assertEquals(failures, []);
  channel.stall();
  writer.send(note("b"));
  await settled();
  await clock.advance(999);
  assertEquals(failures, []);
  await clock.advance(1);
  const [failure] = failures;
  assertInstanceOf(failure, ProtocolError);
  assertEquals(
    (failure as ProtocolError).message,
    "Cannot continue the conversation: no byte of a write was taken for 1000 ms",
  );
  assertEquals(channel.abortedWith, { reason: failure });
  writer.stop();
  assertEquals(clock.timers, 0);
});

Deno.test("a write may take any time while bytes of it are taken (limits/unsent)", async () => {
  const { writer, channel, clock, failures } = open(1000);
  channel.stall();
  writer.send(note("a", "x".repeat(100)));
  await settled();
  for (let step = 0; step < 100; step++) {
    await clock.advance(999);
    channel.bytesTaken++;
  }
  assertEquals(failures, []);
  assertEquals([writer.unwrittenBytes, writer.writtenBatches], [113, 0]);
  // The last byte may have been taken right after the last look.
  await clock.advance(1999);
  assertEquals(failures.length, 1);
  writer.stop();
});

Deno.test("a unit that the channel takes as a whole has the time that it needs at 32 KiB/s in addition (limits/unsent)", async () => {
  const { writer, channel, clock, failures } = open(1000);
  channel.wholeUnits = true;
  channel.stall();
  writer.send(note("a", "x".repeat(16 * 1024 * 1024)));
  await settled();
  await clock.advance(1000 + 512_000 - 1);
  assertEquals(failures, []);
  channel.bytesTaken++;
  await clock.advance(1000 + 512_000);
  assertEquals(failures, []);
  await clock.advance(1000 + 512_000);
  assertEquals(failures.length, 1);
  writer.stop();
  assertEquals(clock.timers, 0);
});

Deno.test("a writer that is closed no longer holds its queue, however many batches that is, but still the write in progress", async () => {
  const channel = new ScriptedChannel();
  const clock = new VirtualClock();
  const account = openAccount({ clock });
  const writer = new Writer(channel, clock, Infinity, () => {}, account);
  channel.stall();
  for (let message = 0; message < 8; message++) {
    writer.send(note("a", "x".repeat(40_000)));
  }
  await settled();
  const { heldBytes } = account;
  assertGreater(heldBytes, 8 * 40_000);
  writer.close();
  assertGreater(account.heldBytes, 40_000);
  assertLess(account.heldBytes, 3 * 40_000);
  channel.resume();
  await settled();
  assertEquals(account.heldBytes, 0);
});
