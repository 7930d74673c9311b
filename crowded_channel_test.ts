import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { text } from "./codec/mod.ts";
import { FakeSocket } from "./transport/testing/fake_socket.ts";
import {
  socketChannel,
  type SocketChannelOptions,
} from "./transport/websocket/standard_socket.ts";
import { type Clock, systemClock } from "./peer/clock.ts";
import { Handlers } from "./peer/handlers.ts";
import { Peer } from "./peer/peer.ts";
import { settled } from "./peer/testing/virtual_clock.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A clock by which all work takes long, so that every check of it ends a slice of time. */
function slowClock(): Clock {
  let now = 0;
  return { ...systemClock, now: () => now += 20, schedule: () => undefined };
}

/** A peer on the WebSocket of a runtime. Its messages arrive without a round of the event loop in between. */
class Flooded implements AsyncDisposable {
  readonly socket = new FakeSocket();
  readonly peer: Peer;
  /** The messages that were sent, as units. */
  readonly sent: string[] = [];
  /** Why the stream of the handler "hold" ended. */
  readonly errors: unknown[] = [];
  /** Bytes that the handler "read" has received. */
  bytes = 0;

  constructor(options: SocketChannelOptions = {}) {
    this.socket.send = (data) => void this.sent.push(text.decode(data));
    const handlers = new Handlers()
      .handleText("echo", (value) => value)
      .handleStream("hold", async (input, { signal }) => {
        await new Promise((resolve) => signal.onabort = resolve);
        await input.getReader().read().catch((error) =>
          this.errors.push(error)
        );
      })
      .handleStream("read", async (input) => {
        for await (const { byteLength } of input) this.bytes += byteLength;
      });
    this.peer = new Peer(socketChannel(this.socket, options), {
      handlers,
      role: "acceptor",
      clock: slowClock(),
    });
    this.socket.receive("01");
  }

  /** Everything that was sent. */
  get heard(): string {
    return this.sent.join("");
  }

  /** Lets messages arrive, and nothing but one microtask run after each. */
  async receive(
    ...messages: (string | Uint8Array<ArrayBuffer>)[]
  ): Promise<void> {
    for (const message of messages) {
      if (this.socket.readyState !== this.socket.OPEN) return;
      this.socket.receive(message);
      await undefined;
    }
  }

  /** Lets `bytes` bytes of a stream arrive, header and data as messages of their own. */
  async flood(
    id: string,
    bytes: number,
    between: string[] = [],
  ): Promise<void> {
    const data = new Uint8Array(16 * KIB);
    for (let sent = 0; sent < bytes; sent += data.byteLength) {
      await this.receive(`p${id}00004000`, data, ...between);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer.abort();
    await this.peer.closed;
  }
}

Deno.test("a flood of stream data that arrives without a round of the event loop ends the stream alone (extension/credit-exceeded)", async () => {
  await using it = new Flooded();
  await settled();
  await it.receive("s0001004hold00000000", "s0002004read00000003", "abc");
  await it.flood("0001", 40 * MIB);
  await it.receive(
    "r0003004echo00000002hi",
    "p000200000002",
    "de",
    "p000200000000",
  );
  await settled();
  assertEquals(it.socket.closedWith, undefined);
  assertEquals(it.peer.state, "open");
  assertStringIncludes(it.heard, "E000100000014too much unread data");
  assertStringIncludes(it.heard, "S000200000000");
  assertStringIncludes(it.heard, "R000300000002hi");
  assertEquals(it.bytes, 5);
  assertEquals(it.errors.length, 1);
});

Deno.test("calls among a flood of stream data are answered (extension/credit-exceeded)", async () => {
  await using it = new Flooded();
  await settled();
  await it.receive("s0001004hold00000000");
  for (let call = 0; call < 10; call++) {
    await it.flood("0001", 4 * MIB);
    await it.receive(`r100${call}004echo00000002hi`);
  }
  await settled();
  assertEquals(it.peer.state, "open");
  for (let call = 0; call < 10; call++) {
    assertStringIncludes(it.heard, `R100${call}00000002hi`);
  }
});

Deno.test("a flood of requests waits for its turn, and ends the connection (limits/unread)", async () => {
  await using it = new Flooded({ maxReceiveBufferBytes: 64 * KIB });
  await settled();
  for (let call = 0; call < 10_000; call++) {
    await it.receive("r0001004echo00000002hi");
  }
  assertEquals(it.socket.closedWith?.[0], 1013);
  const answers = it.heard.match(/R0001/g)?.length ?? 0;
  assert(answers < 1000, `${answers} answers`);
});

Deno.test("stream data without an end waits for a turn before long, for the sake of other connections (error/isolation, limits/unread)", async () => {
  await using it = new Flooded();
  await settled();
  await it.receive("s0001004read00000000");
  await it.flood("0001", 200 * MIB);
  assertEquals(it.socket.closedWith?.[0], 1013);
  const { bytesIn } = it.peer.stats;
  assert(bytesIn > 40 * MIB && bytesIn < 80 * MIB, `${bytesIn} bytes`);
});

Deno.test("floods on several connections wait for turns as early as one does (error/isolation)", async () => {
  await using one = new Flooded();
  await using other = new Flooded();
  await settled();
  await one.receive("s0001004read00000000");
  await other.receive("s0001004read00000000");
  await one.flood("0001", 48 * MIB);
  await other.flood("0001", 48 * MIB);
  assertEquals(one.socket.closedWith, undefined);
  assertEquals(other.socket.closedWith?.[0], 1013);
  // Once there was a turn, there may be as much again.
  await settled();
  await one.flood("0001", 32 * MIB);
  assertEquals(one.peer.state, "open");
});
