import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import type { Channel } from "../channel.ts";
import { memoryPair } from "../memory.ts";
import { TestClock } from "../testing/test_clock.ts";
import { WriteUnits } from "../write_units.ts";
import { WebSocketChannel } from "./_channel.ts";
import { OPCODE, writeFrame } from "./_frame.ts";
import { OwnCarrier } from "./_own_carrier.ts";

const NOTHING = new Uint8Array();
const MIB = 1024 * 1024;

/** A server's channel with own framing, and the raw bytes below it. */
function open(clock: TestClock): { channel: Channel; remote: Channel } {
  const [below, remote] = memoryPair();
  const carrier = new OwnCarrier(below, "server", NOTHING, {}, clock);
  const info = { transport: "websocket", secure: true } as const;
  return { channel: new WebSocketChannel(carrier, info, clock), remote };
}

async function send(channel: Channel, bytes: Uint8Array): Promise<void> {
  const units = new WriteUnits();
  units.add(bytes);
  await channel.write(units);
}

/** A binary frame of a client. */
function frame(length: number): Uint8Array {
  const buffer = new Uint8Array(length + 14);
  const payload = new Uint8Array(length);
  return buffer.subarray(
    0,
    writeFrame(buffer, 0, OPCODE.binary, payload, 0x01020304),
  );
}

/** Runs the event loop and all microtasks. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("closing reads at most 4 MiB in search of the remote close frame", async () => {
  const clock = new TestClock();
  const { channel, remote } = open(clock);
  const closing = channel.close();
  const bytes = frame(64 * 1024);
  let sent = 0;
  let ended = false;
  void channel.closed.then(() => ended = true);
  while (!ended && sent < 8 * MIB) {
    await send(remote, bytes).catch(() => {});
    sent += bytes.byteLength;
  }
  assert(ended, `Still open after ${sent} bytes`);
  assertLess(4 * MIB - 1, sent);
  assertLess(sent, 5 * MIB);
  await closing;
  assertEquals((await channel.closed).clean, false);
  remote.abort();
});

Deno.test("a close frame that cannot leave within 1 s is abandoned", async () => {
  const clock = new TestClock();
  const { channel, remote } = open(clock);
  // Fills the pipe below, so that nothing else can leave.
  const writing = send(channel, new Uint8Array(MIB)).catch(() => {});
  // A reserved opcode breaks the channel, which then answers with 1002.
  const buffer = new Uint8Array([0x83, 0x80, 1, 2, 3, 4]);
  await send(remote, buffer);
  const error = await channel.read().catch((error) => error);
  assert(error instanceof Error);
  let ended = false;
  const closed = channel.closed.then(() => ended = true);
  await settle();
  clock.advance(999);
  await settle();
  assertEquals(ended, false);
  clock.advance(1);
  await Promise.all([closed, writing]);
  assertEquals((await channel.closed).code, 1002);
  assertEquals(clock.pending, 0);
  remote.abort();
});

Deno.test("a chunk returns to the channel below once its last piece has been used", async () => {
  const [below, remote] = memoryPair();
  const recycled: Uint8Array[] = [];
  below.recycle = (chunk) => void recycled.push(chunk);
  const carrier = new OwnCarrier(below, "server", NOTHING, {});
  const bytes = new Uint8Array(2 * frame(2000).byteLength);
  bytes.set(frame(2000));
  bytes.set(frame(2000), bytes.byteLength / 2);
  await send(remote, bytes);
  const pieces = [(await carrier.read())!, (await carrier.read())!];
  assertEquals(pieces.map(({ byteLength }) => byteLength), [2000, 2000]);
  // The first one is a copy.
  carrier.recycle(pieces[0]!);
  assertEquals(recycled.length, 0);
  carrier.recycle(pieces[1]!);
  assertEquals(recycled.map(({ byteLength }) => byteLength), [
    bytes.byteLength,
  ]);
  carrier.recycle(pieces[1]!);
  assertEquals(recycled.length, 1);
  below.abort();
  remote.abort();
});

Deno.test("a piece that is used longer than the next one does not return a chunk", async () => {
  const [below, remote] = memoryPair();
  const recycled: Uint8Array[] = [];
  below.recycle = (chunk) => void recycled.push(chunk);
  const carrier = new OwnCarrier(below, "server", NOTHING, {});
  await send(remote, frame(100));
  const first = (await carrier.read())!;
  await send(remote, frame(200));
  const second = (await carrier.read())!;
  carrier.recycle(first);
  assertEquals(recycled.length, 0);
  carrier.recycle(second);
  assertEquals(recycled.length, 1);
  below.abort();
  remote.abort();
});

Deno.test("a user that only writes receives the frame error of the remote side", async () => {
  const { channel, remote } = open(new TestClock());
  await send(remote, new Uint8Array([0x83, 0x80, 1, 2, 3, 4]));
  await assertRejects(
    async () => {
      for (let count = 0; count < 100; count++) {
        await send(channel, new Uint8Array(1));
        await settle();
      }
    },
    Error,
    "unknown opcode 3",
  );
  channel.abort();
  remote.abort();
});
