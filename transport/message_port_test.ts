import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { concat } from "@std/bytes";
import { testChannel } from "./testing/channel_suite.ts";
import { portChannel } from "./message_port.ts";
import { WriteUnits } from "./write_units.ts";

testChannel("port channel", "port", () => {
  const { port1, port2 } = new MessageChannel();
  return Promise.resolve({ a: portChannel(port1), b: portChannel(port2) });
});

function unitsOf(bytes: Uint8Array): WriteUnits {
  const units = new WriteUnits();
  units.add(bytes);
  return units;
}

Deno.test("portChannel() connects to a worker", async () => {
  const worker = new Worker(
    new URL("./testing/echo_worker.ts", import.meta.url),
    { type: "module" },
  );
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  const channel = portChannel(port1);
  const sent = new Uint8Array(1024 * 1024).map((_, index) => index * 31);
  const [chunks] = await Promise.all([
    Array.fromAsync(channel.readable),
    channel.write(unitsOf(sent)).then(() => channel.closeWrite()),
  ]);
  assertEquals(concat(chunks).join(), sent.join());
  assert((await channel.closed).clean);
  worker.terminate();
});

Deno.test("a port channel breaks on foreign messages", async () => {
  for (
    const message of [
      "hello",
      null,
      7,
      {},
      { bytes: "text" },
      { bytes: new Uint16Array(4) },
      { credit: "1" },
      { credit: -1 },
      { credit: NaN },
      { end: false },
      { gone: 1 },
    ]
  ) {
    const { port1, port2 } = new MessageChannel();
    const channel = portChannel(port1);
    port2.postMessage(message);
    await assertRejects(
      () => channel.read(),
      Error,
      "got a message that does not belong to a channel",
    );
    assertFalse((await channel.closed).clean);
    port2.close();
  }
});

Deno.test("a port channel breaks when the remote side exceeds its credit", async () => {
  const { port1, port2 } = new MessageChannel();
  const channel = portChannel(port1);
  port2.postMessage({ bytes: new Uint8Array(256 * 1024 + 1) });
  await assertRejects(
    () => channel.read(),
    Error,
    "262145 bytes are unread, wanted at most 262144",
  );
  port2.close();
});

Deno.test("a port channel queues nothing after it broke or ended, although nobody reads", async () => {
  for (const last of [{ end: true }, { bytes: new Uint8Array(300 * 1024) }]) {
    const { port1, port2 } = new MessageChannel();
    const channel = portChannel(port1);
    let waiting = 0;
    channel.observeBuffers!({
      bufferChanged: (change) => waiting += change,
    });
    const arrive = (data: unknown) =>
      port1.dispatchEvent(new MessageEvent("message", { data }));
    arrive({ bytes: new Uint8Array(1000) });
    assert(waiting >= 1000);
    arrive(last);
    for (let count = 0; count < 10; count++) {
      arrive({ bytes: new Uint8Array(100 * 1024) });
    }
    assert(waiting < 2000, `${waiting}`);
    channel.abort();
    assertEquals(waiting, 0);
    await channel.closed;
    port2.close();
  }
});

Deno.test("a port channel does not transfer the memory of a unit", async () => {
  const { port1, port2 } = new MessageChannel();
  const [a, b] = [portChannel(port1), portChannel(port2)];
  const large = new Uint8Array(40 * 1024).fill(5);
  await a.write(unitsOf(large));
  assertStrictEquals(large.byteLength, 40 * 1024);
  await Promise.all([a.close(), b.close()]);
});

Deno.test("a port channel breaks when the runtime reports that the remote side is gone", async () => {
  const { port1, port2 } = new MessageChannel();
  const channel = portChannel(port1);
  port1.dispatchEvent(new Event("close"));
  await assertRejects(() => channel.read(), Error, "the remote side is gone");
  port2.close();
});

Deno.test("a port channel breaks on a message that cannot be deserialized", async () => {
  const { port1, port2 } = new MessageChannel();
  const channel = portChannel(port1);
  port1.dispatchEvent(new Event("messageerror"));
  await assertRejects(
    () => channel.read(),
    Error,
    "a message could not be deserialized",
  );
  port2.close();
});

Deno.test("a port channel frees the memory of a chunk that is recycled", async () => {
  const { port1, port2 } = new MessageChannel();
  const [a, b] = [portChannel(port1), portChannel(port2)];
  await a.write(unitsOf(new Uint8Array(64 * 1024).fill(7)));
  const chunk = (await b.read())!;
  assertEquals([chunk.byteLength, chunk[0]], [64 * 1024, 7]);
  b.recycle!(chunk);
  assertEquals(chunk.byteLength, 0);
  // The next message has memory of its own.
  await a.write(unitsOf(new Uint8Array(64 * 1024).fill(8)));
  assertEquals((await b.read())![0], 8);
  await Promise.all([a.close(), b.close()]);
});
