import { assert, assertEquals, assertRejects } from "@std/assert";
import { testChannel } from "../testing/channel_suite.ts";
import { FakeSocket } from "../testing/fake_socket.ts";
import { TestClock } from "../testing/test_clock.ts";
import type { Channel } from "../channel.ts";
import type { ChannelClock } from "../clock.ts";
import { WebSocketChannel } from "./_channel.ts";
import { StandardCarrier } from "./_standard_carrier.ts";
import { listenWebSocket } from "./listener.ts";
import { socketChannel, type SocketChannelOptions } from "./standard_socket.ts";
import { WriteUnits } from "../write_units.ts";

/** A channel on the runtime's WebSocket, and the channel of the listener. */
async function open(options: SocketChannelOptions = {}, clock?: ChannelClock) {
  await using listener = listenWebSocket();
  const socket = new WebSocket(listener.address);
  const opened = event(socket, "open");
  const closed = event(socket, "close");
  const channel = clock === undefined
    ? socketChannel(socket, options)
    : new WebSocketChannel(
      new StandardCarrier(socket, options),
      { transport: "websocket", secure: false },
      clock,
    );
  const [other] = await Promise.all([listener.accept(), opened]);
  return {
    channel,
    other: other!,
    // The runtime can close the socket after the channel has ended.
    release: async () => void await closed,
  };
}

function event(target: EventTarget, type: string): Promise<Event> {
  return new Promise((resolve) => target.addEventListener(type, resolve));
}

testChannel("socket channel", "websocket", async (clock) => {
  const { channel: a, other: b, release } = await open({}, clock);
  return { a, b, release };
}, { abortSeen: false });

testChannel("channel to a socket channel", "websocket", async () => {
  const { channel: b, other: a, release } = await open();
  return { a, b, release };
}, { backpressure: false });

async function send(channel: Channel, ...sizes: number[]): Promise<void> {
  const units = new WriteUnits();
  for (const size of sizes) units.add(new Uint8Array(size));
  await channel.write(units);
}

Deno.test("a socket channel knows its remote address", async () => {
  const { channel, other, release } = await open({ info: { local: "here" } });
  const { remote, local, secure, transport } = channel.info;
  const { host } = new URL(other.info.request!.url);
  assertEquals(
    [transport, remote, local, secure],
    ["websocket", `ws://${host}/`, "here", false],
  );
  await Promise.all([channel.close(), other.close()]);
  await release();
});

Deno.test("a socket channel closes with 4000 where the runtime reserves a code (websocket/too-big)", async () => {
  const { channel, other, release } = await open({ maxMessageBytes: 10 });
  await send(other, 11);
  await assertRejects(() => channel.read(), Error, "message of 11 bytes");
  assertEquals((await channel.closed).code, 1009);
  assertEquals(await other.read(), null);
  const { code, reason } = await other.closed;
  assertEquals(
    [code, reason],
    [4000, "message of 11 bytes, wanted at most 10"],
  );
  await release();
});

Deno.test("a socket channel merges units into one message on request (websocket/units)", async () => {
  const socket = new FakeSocket();
  const merged = socketChannel(socket, { units: "merged" });
  await send(merged, 2, 13, 0, 40_000);
  assertEquals(socket.sent, [40_015]);
  await merged.close();

  const other = new FakeSocket();
  const separate = socketChannel(other);
  await send(separate, 2, 13, 0, 40_000);
  assertEquals(other.sent, [2, 13, 40_000]);
  await separate.close();
});

Deno.test("a socket channel applies backpressure until the socket has sent enough", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket);
  await send(channel, 1_048_576);
  socket.bufferedAmount = 1_048_577;
  let settled = false;
  const writing = send(channel, 1, 1).finally(() => settled = true);
  // It looks again and again.
  await socket.asked(5);
  assertEquals([settled, socket.sent.length], [false, 2]);
  socket.bufferedAmount = 1_048_576;
  await writing;
  assertEquals(socket.sent.length, 3);
  await channel.close();
});

Deno.test("aborting a socket channel rejects a write that waits", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket);
  socket.bufferedAmount = Infinity;
  const writing = assertRejects(() => send(channel, 1), Error, "enough");
  await socket.asked(2);
  channel.abort(new Error("enough"));
  await writing;
  assertEquals(socket.closedWith, [4000, "aborted"]);
});

Deno.test("a socket channel breaks on a message that is neither text nor bytes", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket);
  socket.dispatchEvent(new MessageEvent("message", { data: new Blob() }));
  await assertRejects(() => channel.read(), Error, "neither text nor bytes");
  assertEquals((await channel.closed).code, 1003);
});

Deno.test("a socket channel ignores empty messages and reads text as UTF-8 (websocket/byte-stream, websocket/text)", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket);
  for (const data of ["", new ArrayBuffer(0), "é"]) {
    socket.dispatchEvent(new MessageEvent("message", { data }));
  }
  assertEquals(await channel.read(), Uint8Array.of(0xc3, 0xa9));
  await channel.close();
});

Deno.test("a socket channel sends binary messages (websocket/binary)", async () => {
  const socket = new FakeSocket();
  const sent: unknown[] = [];
  socket.send = (data) => void sent.push(data);
  const channel = socketChannel(socket);
  await send(channel, 3);
  assertEquals(sent, [new Uint8Array(3)]);
  await channel.close();
});

Deno.test("a socket channel counts the memory that unread messages take (limits/unread)", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket, { maxReceiveBufferBytes: 20_000 });
  // Each takes its bytes and an overhead.
  for (let count = 0; count < 14; count++) socket.receive(new Uint8Array(1000));
  assertEquals(socket.closedWith, undefined);
  socket.receive(new Uint8Array(1));
  assertEquals(socket.closedWith?.[0], 1013);
  await channel.closed;
});

Deno.test("small unread messages of a socket channel share memory (limits/unread)", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket, { maxReceiveBufferBytes: 20_000 });
  for (let count = 0; count < 10_000; count++) socket.receive("x");
  assertEquals(socket.closedWith, undefined);
  let length = 0;
  while (length < 10_000) length += (await channel.read())!.byteLength;
  await channel.close();
});

Deno.test("a socket channel reports the memory of unread messages, also while nobody reads", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket);
  socket.receive(new Uint8Array(1000));
  let bytes = 0;
  channel.observeBuffers!({ bufferChanged: (change) => bytes += change });
  assertEquals(bytes, 1000 + 512);
  socket.receive(new Uint8Array(2000));
  assertEquals(bytes, 3000 + 2 * 512);
  await channel.read();
  assertEquals(bytes, 2000 + 512);
  channel.abort();
  assertEquals(bytes, 0);
  await channel.closed;
});

Deno.test("a socket channel reports that more than half of its memory for unread messages is taken, which can be read at once", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket, { maxReceiveBufferBytes: 20_000 });
  let reports = 0;
  channel.observeBuffers!({ bufferChanged() {}, crowded: () => reports++ });
  for (let count = 0; count < 6; count++) socket.receive(new Uint8Array(1000));
  assertEquals(reports, 0);
  socket.receive(Uint8Array.of(7));
  socket.receive(new Uint8Array(1000));
  assertEquals(reports, 2);
  for (let count = 0; count < 6; count++) {
    assertEquals(channel.readQueued!()?.byteLength, 1000);
  }
  assertEquals(channel.readQueued!(), Uint8Array.of(7));
  assertEquals(channel.readQueued!()?.byteLength, 1000);
  assertEquals(channel.readQueued!(), undefined);
  socket.receive(Uint8Array.of(8));
  assertEquals(reports, 2);
  // A read that is pending comes first.
  const reading = channel.read();
  socket.receive(Uint8Array.of(9));
  assertEquals(channel.readQueued!(), undefined);
  assertEquals(await reading, Uint8Array.of(8));
  channel.abort();
  assertEquals(channel.readQueued!(), undefined);
  await channel.closed;
});

/** Whether a promise settles without a round of the event loop. */
async function settlesAtOnce(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  void promise.then(() => isSettled = true);
  for (let count = 0; count < 50; count++) await undefined;
  return isSettled;
}

Deno.test("a read of a crowded socket channel does not wait for other channels", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket, { maxReceiveBufferBytes: 500_000 });
  const data = new Uint8Array(100_000);
  let read: Promise<unknown>;
  do {
    socket.receive(data);
    read = channel.read();
  } while (await settlesAtOnce(read));
  // It waits for a turn, since the channel always had more to read.
  socket.receive(data);
  assert(!await settlesAtOnce(read));
  socket.receive(data);
  assert(await settlesAtOnce(read));
  channel.abort();
  await channel.closed;
});

Deno.test("a socket channel reports what is buffered during and after a write until the socket has sent it", async () => {
  const clock = new TestClock();
  const socket = new FakeSocket();
  const channel = new WebSocketChannel(
    new StandardCarrier(socket, {}, clock),
    { transport: "websocket", secure: false },
  );
  let bytes = 0;
  channel.observeBuffers({ bufferChanged: (change) => bytes += change });
  socket.bufferedAmount = 64 * 1024;
  await send(channel, 1000);
  assertEquals(bytes, 0);
  socket.bufferedAmount = 1024 * 1024;
  await send(channel, 1000);
  assertEquals(bytes, 1024 * 1024);
  for (const buffered of [1024 * 1024, 500_000, 100]) {
    socket.bufferedAmount = buffered;
    clock.advance(1000);
    assertEquals(bytes, buffered === 100 ? 0 : buffered);
  }
  socket.bufferedAmount = 3_000_000;
  const writing = assertRejects(() => send(channel, 1000));
  await socket.asked(2);
  assertEquals(bytes, 3_000_000);
  channel.abort();
  await writing;
  assertEquals([bytes, clock.pending], [0, 0]);
  await channel.closed;
});

Deno.test("a socket channel on a closed socket has ended", async () => {
  const socket = new FakeSocket();
  socket.close(1000);
  const channel = socketChannel(socket);
  await assertRejects(() => channel.read(), Error, "without a close");
  await assertRejects(() => send(channel, 1));
  assert(!(await channel.closed).clean);
});

Deno.test("timers run while a socket channel always has more to read", async () => {
  const socket = new FakeSocket();
  const channel = socketChannel(socket);
  const data = new ArrayBuffer(64 * 1024);
  let fired = false;
  setTimeout(() => fired = true, 0);
  for (let messages = 0; !fired; messages++) {
    assert(messages < 10_000, "the timer never fires");
    socket.dispatchEvent(new MessageEvent("message", { data }));
    await channel.read();
    const until = performance.now() + 0.1;
    while (performance.now() < until);
  }
  channel.abort();
});
